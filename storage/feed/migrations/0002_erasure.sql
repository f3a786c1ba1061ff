-- The end of an account: what others keep of it is found by its id.
CREATE INDEX tagged_author ON tagged (author_id);
CREATE INDEX affinity_author ON affinity (author_id);
CREATE INDEX share_author ON share (author_id);
