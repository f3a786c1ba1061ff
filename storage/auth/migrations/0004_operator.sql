-- The accounts with the operator role. `handle` is the name by which the role was given, in lower case.
CREATE TABLE operator (
  account_id uuid PRIMARY KEY,
  handle     text NOT NULL,
  since      timestamptz NOT NULL,
  added_by   text NOT NULL
);
