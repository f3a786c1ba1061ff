-- Handles that an account gave up; the account is found by them until then.
CREATE TABLE former_handle (
  handle_name text PRIMARY KEY,
  account_id  uuid NOT NULL,
  kept_until  timestamptz NOT NULL
);
CREATE INDEX former_handle_end ON former_handle (kept_until);
CREATE INDEX former_handle_account ON former_handle (account_id);

-- The events that name a person: CardChanged is one more.
DROP INDEX IF EXISTS outbox_personal;
CREATE INDEX outbox_personal ON outbox (key) WHERE type IN (2001, 2013);
