-- The end of an account: what it made is found by its id, and so are the events with its words.
CREATE INDEX post_gone ON post (author_id) WHERE deleted_at IS NOT NULL;
CREATE INDEX comment_author ON comment (author_id);
CREATE INDEX reaction_account ON reaction (account_id);
CREATE INDEX vote_account ON vote (account_id);
CREATE INDEX follow_followed ON follow (followed_id);
CREATE INDEX block_blocked ON block (blocked_id);
CREATE INDEX outbox_texts ON outbox (key) WHERE type IN (4001, 4002, 4003, 4005);
CREATE INDEX outbox_of_account ON outbox (key) WHERE type IN (4014, 4015, 4016);
