-- Accounts, the names that lead to them, sessions and failed sign-ins. auth is the only writer of an account.

CREATE TABLE account (
  account_id    uuid PRIMARY KEY,
  email         text NOT NULL,
  handle        text NOT NULL,
  password_hash text NOT NULL,
  created_at    timestamptz NOT NULL
);

-- Lower-cased e-mail addresses and handles (the former have an @, the latter cannot). The primary key is what makes a
-- name unique, across shards and nodes.
CREATE TABLE identifier (
  name       text PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES account
);

-- A refresh token is made from the server's key, `salt` and `generation`: no token and no hash of one is stored.
-- `revoked_until` is when the last access token of a revoked session has died; the row goes after that.
CREATE TABLE session (
  session_id    uuid PRIMARY KEY,
  account_id    uuid NOT NULL REFERENCES account,
  generation    bigint NOT NULL,
  salt          bytea NOT NULL,
  user_agent    text NOT NULL,
  created_at    timestamptz NOT NULL,
  last_seen_at  timestamptz NOT NULL,
  rotated_at    timestamptz NOT NULL,
  revoked_until timestamptz
);
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_revoked ON session (revoked_until) WHERE revoked_until IS NOT NULL;

-- Failed sign-ins by account. Names that nobody has are counted as well, under an id made from the name: so there is no
-- reference to account here.
CREATE TABLE login_guard (
  account_id      uuid PRIMARY KEY,
  failures        bigint NOT NULL,
  last_failure_at timestamptz NOT NULL,
  locked_until    timestamptz NOT NULL
);
CREATE INDEX login_guard_quiet ON login_guard (last_failure_at);
