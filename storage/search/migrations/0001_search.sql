-- Documents of search, and the facts of other domains that decide which account may see them.
--
-- `revision` is the owner's: of two events about one row the older one changes nothing, so events may come again. What is over
-- stays as a tombstone until `gone_at` is old.

CREATE TABLE post (
  post_id    uuid PRIMARY KEY,
  revision   bigint NOT NULL,
  author_id  uuid NOT NULL,
  at         timestamptz NOT NULL,
  visibility smallint NOT NULL,  -- 1 public, 2 followers, 3 mentioned
  mentions   uuid[] NOT NULL,    -- of visibility 3
  language   text,               -- in lower case
  text       text,               -- null: a tombstone
  length     integer NOT NULL,   -- in terms
  terms      tsvector,
  gone_at    timestamptz
);
CREATE INDEX post_terms ON post USING gin (terms) WITH (fastupdate = off);
CREATE INDEX post_newest ON post (at DESC, post_id DESC) WHERE terms IS NOT NULL;
CREATE INDEX post_author ON post (author_id, at DESC, post_id DESC);
CREATE INDEX post_mentions ON post USING gin (mentions) WHERE visibility = 3;
CREATE INDEX post_gone ON post (gone_at) WHERE gone_at IS NOT NULL;

CREATE TABLE message (
  conversation_id uuid NOT NULL,
  seq             bigint NOT NULL,
  revision        bigint NOT NULL,
  message_id      uuid NOT NULL,
  sender_id       uuid NOT NULL,
  at              timestamptz NOT NULL,
  text            text,  -- null: a tombstone
  terms           tsvector,
  gone_at         timestamptz,
  PRIMARY KEY (conversation_id, seq)
);
CREATE INDEX message_terms ON message USING gin (terms) WITH (fastupdate = off);
CREATE INDEX message_newest ON message (at DESC, message_id DESC) WHERE terms IS NOT NULL;
CREATE INDEX message_sender ON message (sender_id);
CREATE INDEX message_gone ON message (gone_at) WHERE gone_at IS NOT NULL;

-- With default statistics the planner takes rare terms for common ones and walks through all rows, the newest first.
ALTER TABLE post ALTER COLUMN terms SET STATISTICS 1000;
ALTER TABLE message ALTER COLUMN terms SET STATISTICS 1000;

CREATE TABLE person (
  account_id   uuid PRIMARY KEY,
  revision     bigint NOT NULL,
  at           timestamptz NOT NULL,  -- of the registration
  handle       text NOT NULL,
  handle_name  text NOT NULL,         -- in lower case
  display_name text NOT NULL,
  private      boolean NOT NULL,
  discoverable boolean NOT NULL,
  terms        tsvector NOT NULL
);
CREATE INDEX person_terms ON person USING gin (terms);
CREATE INDEX person_handle ON person (handle_name);

-- An account whose owner has asked for its end: all that it made is answered like what is absent.
CREATE TABLE closing (
  account_id uuid PRIMARY KEY,
  revision   bigint NOT NULL,
  closed     boolean NOT NULL
);

-- A member may read messages from `from_seq` on.
CREATE TABLE member (
  account_id      uuid NOT NULL,
  conversation_id uuid NOT NULL,
  revision        bigint NOT NULL,
  from_seq        bigint NOT NULL,
  gone_at         timestamptz,
  PRIMARY KEY (account_id, conversation_id)
);
CREATE INDEX member_gone ON member (gone_at) WHERE gone_at IS NOT NULL;

CREATE TABLE follow (
  account_id  uuid NOT NULL,
  followed_id uuid NOT NULL,
  revision    bigint NOT NULL,
  gone_at     timestamptz,
  PRIMARY KEY (account_id, followed_id)
);
CREATE INDEX follow_followed ON follow (followed_id);
CREATE INDEX follow_gone ON follow (gone_at) WHERE gone_at IS NOT NULL;

CREATE TABLE block (
  account_id uuid NOT NULL,
  blocked_id uuid NOT NULL,
  revision   bigint NOT NULL,
  gone_at    timestamptz,
  PRIMARY KEY (account_id, blocked_id)
);
CREATE INDEX block_blocked ON block (blocked_id);
CREATE INDEX block_gone ON block (gone_at) WHERE gone_at IS NOT NULL;
