-- Uploads and media of accounts, and the things that show a medium. The bytes are blobs and parts beside the database.

-- Kept instead of being counted: a load costs the same with any number of media.
CREATE TABLE library (
  account_id uuid PRIMARY KEY,
  used       bigint NOT NULL,
  closed     boolean NOT NULL DEFAULT false  -- the account's end was asked for: all of it is out of sight
);

-- `media_id`: the upload is finished and became a medium. `done`: a part of a later concatenation is complete.
CREATE TABLE upload (
  upload_id    uuid PRIMARY KEY,
  account_id   uuid NOT NULL,
  length       bigint NOT NULL,
  written      bigint NOT NULL,  -- bytes that are on disk
  expires_at   timestamptz NOT NULL,
  metadata     text NOT NULL,    -- Upload-Metadata as it came
  file_name    text NOT NULL,
  content_type text NOT NULL,    -- as declared
  purpose      text NOT NULL,
  at_once      boolean NOT NULL,
  partial      boolean NOT NULL,
  done         boolean NOT NULL,
  parts        uuid[] NOT NULL,
  media_id     uuid
);
CREATE INDEX upload_open ON upload (account_id) WHERE media_id IS NULL;
CREATE INDEX upload_expiry ON upload (expires_at);

CREATE TABLE media (
  media_id     uuid PRIMARY KEY,
  account_id   uuid NOT NULL,
  state        smallint NOT NULL,  -- 0 processing, 1 ready, 2 failed
  kind         text NOT NULL,
  content_type text NOT NULL,
  size         bigint NOT NULL,
  file_name    text NOT NULL,
  purpose      text NOT NULL,
  blob         text NOT NULL,
  shown_blob   text,               -- the content without hidden data, where it had to be rewritten
  shown_size   bigint,
  width        bigint,
  height       bigint,
  duration_ms  bigint,
  blurhash     text,
  alt          text,
  created_at   timestamptz NOT NULL,
  idle         boolean NOT NULL    -- nothing showed it at the last look
);
CREATE INDEX media_account ON media (account_id);
CREATE INDEX media_blob ON media (blob);
CREATE INDEX media_shown_blob ON media (shown_blob) WHERE shown_blob IS NOT NULL;
CREATE INDEX media_waiting ON media (created_at) WHERE state = 0;

CREATE TABLE variant (
  media_id     uuid NOT NULL,
  name         text NOT NULL,
  blob         text NOT NULL,
  content_type text NOT NULL,
  width        bigint NOT NULL,
  height       bigint NOT NULL,
  size         bigint NOT NULL,
  PRIMARY KEY (media_id, name)
);
CREATE INDEX variant_blob ON variant (blob);

-- A thing that shows a medium. `item` tells several things of one place apart (a comment of a post, a message of a
-- conversation). Not `active`: it is deleted, and may come back.
CREATE TABLE reference (
  media_id uuid NOT NULL,
  kind     text NOT NULL,  -- post, conversation, profile
  place    uuid NOT NULL,
  item     text NOT NULL,
  active   boolean NOT NULL,
  PRIMARY KEY (media_id, kind, place, item)
);
CREATE INDEX reference_place ON reference (place, item);
