-- Profiles and who blocks whom. A profile is made from auth's event; auth alone decides about handles.

-- `handle_name` is the handle in lower case. Not unique: auth sees to that, and events of two accounts that pass a handle
-- on may arrive in either order. The youngest profile wins.
CREATE TABLE profile (
  account_id   uuid PRIMARY KEY,
  handle       text NOT NULL,
  handle_name  text NOT NULL,
  display_name text NOT NULL,
  bio          text NOT NULL,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL
);
CREATE INDEX profile_handle ON profile (handle_name, created_at DESC);

CREATE TABLE block (
  account_id uuid NOT NULL REFERENCES profile,
  blocked_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, blocked_id)
);
