-- 0: the reminder comes once. Else it is set again, so much later, in the transaction of its effect.
ALTER TABLE reminder ADD COLUMN every_ms bigint NOT NULL DEFAULT 0;
