-- The way in which a worker made the variants (`current_making`); those of an earlier way are made anew. 0: before ways were counted.
ALTER TABLE media ADD COLUMN making bigint NOT NULL DEFAULT 0;
CREATE INDEX media_making ON media (making, media_id) WHERE state = 1 AND kind = 'image';
