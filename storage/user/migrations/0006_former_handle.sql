-- Handles that an account gave up; the account is found by them until then.
CREATE TABLE former_handle (
  handle_name text PRIMARY KEY,
  account_id  uuid NOT NULL,
  kept_until  timestamptz NOT NULL
);
CREATE INDEX former_handle_end ON former_handle (kept_until);
