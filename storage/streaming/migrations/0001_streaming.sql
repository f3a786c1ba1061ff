-- Streams with the window of their segments, and what user told streaming (person, follow, block).

CREATE TABLE stream (
  stream_id       uuid PRIMARY KEY,
  owner_id        uuid NOT NULL,
  conversation_id uuid NOT NULL,
  title           text NOT NULL,
  visibility      smallint NOT NULL,  -- 1 public, 2 followers
  state           smallint NOT NULL,  -- 1 waiting, 2 live, 3 interrupted, 4 ended
  record          boolean NOT NULL,
  created_at      timestamptz NOT NULL,
  scheduled_at    timestamptz,
  started_at      timestamptz,
  ended_at        timestamptz,
  peak            bigint NOT NULL DEFAULT 0,
  viewers         bigint NOT NULL DEFAULT 0,  -- as told last; a list shows it
  key_hash        bytea NOT NULL,             -- BLAKE2b of the key
  recording_id    uuid,
  -- The encoder that publishes, or did last. A new run begins when one comes back or another one comes.
  run             bigint NOT NULL DEFAULT 0,
  publisher       text NOT NULL DEFAULT '',
  last_at         timestamptz,                -- when its last file came
  sequence        bigint NOT NULL DEFAULT -1, -- its last segment, as its playlist counts
  next_number     bigint NOT NULL DEFAULT 0,  -- of the next segment, over all runs
  discontinuities bigint NOT NULL DEFAULT 0   -- before the window
) WITH (fillfactor = 50);
CREATE INDEX stream_state ON stream (state, created_at DESC, stream_id DESC);
CREATE INDEX stream_owner ON stream (owner_id, created_at DESC, stream_id DESC);

-- Files that the encoder of the current run has put; a playlist makes segments of them.
CREATE TABLE upload (
  stream_id uuid NOT NULL,
  file      text NOT NULL,
  blob      text NOT NULL,
  size      bigint NOT NULL,
  at        timestamptz NOT NULL,
  PRIMARY KEY (stream_id, file)
);
CREATE INDEX upload_blob ON upload (blob);

-- What players may fetch: the newest ones.
CREATE TABLE segment (
  stream_id     uuid NOT NULL,
  number        bigint NOT NULL,
  blob          text NOT NULL,
  size          bigint NOT NULL,
  duration_ms   bigint NOT NULL,
  at            timestamptz NOT NULL,
  discontinuous boolean NOT NULL,
  init_blob     text NOT NULL,  -- empty: none
  init_size     bigint NOT NULL,
  extension     text NOT NULL,
  PRIMARY KEY (stream_id, number)
);
CREATE INDEX segment_blob ON segment (blob);
CREATE INDEX segment_init ON segment (init_blob) WHERE init_blob <> '';

-- What user and auth told of people.
CREATE TABLE person (
  account_id uuid PRIMARY KEY,
  private    boolean NOT NULL DEFAULT false,
  closed     boolean NOT NULL DEFAULT false
);
CREATE TABLE follow (
  account_id  uuid NOT NULL,
  followed_id uuid NOT NULL,
  PRIMARY KEY (account_id, followed_id)
);
CREATE INDEX follow_followed ON follow (followed_id);
CREATE TABLE block (
  account_id uuid NOT NULL,
  blocked_id uuid NOT NULL,
  PRIMARY KEY (account_id, blocked_id)
);
CREATE INDEX block_blocked ON block (blocked_id);

-- What was erased of an account, until auth has asked for it.
CREATE TABLE erased_account (
  account_id uuid PRIMARY KEY,
  erased     bigint NOT NULL
);
