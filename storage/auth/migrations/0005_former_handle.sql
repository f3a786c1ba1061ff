-- Handles that an account gave up: its names until then, so no other account takes them. The row in identifier stays.
CREATE TABLE former_handle (
  name       text PRIMARY KEY REFERENCES identifier ON DELETE CASCADE,
  account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
  kept_until timestamptz NOT NULL
);
CREATE INDEX former_handle_end ON former_handle (kept_until);

-- When an account last changed its handle. Absent: never.
CREATE TABLE handle_change (
  account_id uuid PRIMARY KEY REFERENCES account ON DELETE CASCADE,
  changed_at timestamptz NOT NULL
);

-- The events that name a person: HandleChanged is one more.
DROP INDEX IF EXISTS outbox_personal;
CREATE INDEX outbox_personal ON outbox (key) WHERE type IN (1001, 1020);
