-- When a device's mark last moved, to the day: marks outlive their sessions, and leave when no session can be so old.
ALTER TABLE device_mark ADD COLUMN at timestamptz NOT NULL DEFAULT now();
CREATE INDEX device_mark_at ON device_mark (at);
