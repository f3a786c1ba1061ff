-- Pictures, links and private accounts; who follows and mutes whom.

-- `links` is a Links message.
ALTER TABLE profile
  ADD COLUMN links           bytea NOT NULL DEFAULT '',
  ADD COLUMN avatar_media_id uuid,
  ADD COLUMN cover_media_id  uuid,
  ADD COLUMN private         boolean NOT NULL DEFAULT false;

-- Whom an account follows, or asks to follow: written by the account that follows.
CREATE TABLE follow (
  account_id uuid NOT NULL,
  target_id  uuid NOT NULL,
  requested  boolean NOT NULL,
  at         timestamptz NOT NULL,
  PRIMARY KEY (account_id, target_id)
);
CREATE INDEX follow_newest ON follow (account_id, at DESC, target_id DESC) WHERE NOT requested;

-- The other direction, kept from the events of those who follow.
CREATE TABLE follower (
  account_id  uuid NOT NULL,
  follower_id uuid NOT NULL,
  requested   boolean NOT NULL,
  at          timestamptz NOT NULL,
  PRIMARY KEY (account_id, follower_id)
);
CREATE INDEX follower_newest ON follower (account_id, requested, at DESC, follower_id DESC);

-- Absent: nobody follows, nobody is followed.
CREATE TABLE tally (
  account_id uuid PRIMARY KEY,
  followers  bigint NOT NULL,
  following  bigint NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE mute (
  account_id uuid NOT NULL,
  muted_id   uuid NOT NULL,
  until      timestamptz,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, muted_id)
);
CREATE INDEX mute_newest ON mute (account_id, created_at DESC, muted_id DESC);
CREATE INDEX block_newest ON block (account_id, created_at DESC, blocked_id DESC);
