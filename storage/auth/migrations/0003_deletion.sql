-- The end of an account. Of an erased account its sessions' ids stay, until their access tokens have died: gateways refuse them.
ALTER TABLE session DROP CONSTRAINT session_account_id_fkey;
-- The events that name a person.
CREATE INDEX outbox_personal ON outbox (key) WHERE type = 1001;
