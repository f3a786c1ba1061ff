-- Chats of live streams: conversations of the kind 4, which clients see as channels. Who may see the stream may join and write.

CREATE TABLE chat (
  conversation_id uuid PRIMARY KEY,
  host_id         uuid NOT NULL,               -- whose stream it is
  followers_only  boolean NOT NULL,
  slow_mode_s     bigint NOT NULL DEFAULT 0,   -- between two messages of a member; 0: none
  pinned_seq      bigint
);

-- Members who may not write until then, and accounts that may not join. A ban without an end is at the end of time.
CREATE TABLE chat_ban (
  conversation_id uuid NOT NULL,
  account_id      uuid NOT NULL,
  until           timestamptz NOT NULL,
  PRIMARY KEY (conversation_id, account_id)
);
CREATE INDEX chat_ban_account ON chat_ban (account_id);
