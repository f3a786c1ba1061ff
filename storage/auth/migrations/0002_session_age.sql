-- Sessions of accounts that nobody uses any more are found by their age.
CREATE INDEX session_seen ON session (last_seen_at);
