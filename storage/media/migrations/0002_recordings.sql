-- A recording is made of a live stream's segments. Its row is written when the stream ends, with an empty `blob` until its bytes are
-- kept.
ALTER TABLE media ADD COLUMN stream_id uuid;
