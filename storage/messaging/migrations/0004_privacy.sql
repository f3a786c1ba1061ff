-- When the account's own marks moved last: a resume tells them when a device was away.
ALTER TABLE member ADD COLUMN marked_at timestamptz;

-- When an account was last online, kept coarsely.
CREATE TABLE last_seen (
  account_id uuid PRIMARY KEY,
  at         timestamptz NOT NULL
);

-- From user's PrivacyChanged. 1 everyone; 2 the accounts that one follows may write, those with a common conversation see the
-- presence; 3 no account. No row: 1 and 2.
CREATE TABLE privacy (
  account_id   uuid PRIMARY KEY,
  message_from smallint NOT NULL,
  presence_to  smallint NOT NULL
);

-- From user's Followed and Unfollowed.
CREATE TABLE follow (
  account_id  uuid NOT NULL,
  followed_id uuid NOT NULL,
  PRIMARY KEY (account_id, followed_id)
);
