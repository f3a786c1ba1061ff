-- Notes of accounts. `notebook` keeps what would otherwise be counted: a load costs the same with any number of notes.

CREATE TABLE notebook (
  account_id uuid PRIMARY KEY,
  notes      bigint NOT NULL
);

-- Ids are UUIDv7: their order is that of writing, and a page is one walk along the primary key.
CREATE TABLE note (
  account_id uuid NOT NULL,
  note_id    uuid NOT NULL,
  text       text NOT NULL,
  created_at timestamptz NOT NULL,
  remind_at  timestamptz,
  PRIMARY KEY (account_id, note_id)
);
