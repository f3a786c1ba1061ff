-- Which shards have the effect of a dead letter already: an event may take effect in several shards, and one that was refused
-- in some of them is tried again in those only. The rows leave with their letter.
CREATE TABLE dead_letter_part (
  source       text NOT NULL,
  source_shard integer NOT NULL,
  seq          bigint NOT NULL,
  shard        integer NOT NULL,
  PRIMARY KEY (source, source_shard, seq, shard),
  FOREIGN KEY (source, source_shard, seq) REFERENCES dead_letter ON DELETE CASCADE
);
