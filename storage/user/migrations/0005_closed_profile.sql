-- A closed account's profile is set aside, whole: nothing finds it, and it comes back as it was.
CREATE TABLE closed_profile (
  account_id uuid PRIMARY KEY,
  profile    jsonb NOT NULL
);
ALTER TABLE block DROP CONSTRAINT block_account_id_fkey;
-- The events that name a person.
CREATE INDEX outbox_personal ON outbox (key) WHERE type = 2001;
