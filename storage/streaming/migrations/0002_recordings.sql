-- The segments of a stream that is recorded stay until media has made the recording.
ALTER TABLE stream ADD COLUMN recorded boolean NOT NULL DEFAULT false;
