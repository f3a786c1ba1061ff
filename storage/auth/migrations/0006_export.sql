-- Exports that were asked for. Nothing of the account is copied: the archive is made while it is fetched.
CREATE TABLE export (
  export_id  uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
  made_at    timestamptz NOT NULL
);
CREATE INDEX export_age ON export (made_at);
CREATE INDEX export_account ON export (account_id);
