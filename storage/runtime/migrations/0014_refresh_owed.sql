-- Events whose effect in a read model is committed, and entities in memory of other nodes may not have loaded it yet. A row is
-- written with the effect and goes when all of them have answered. The next reader tells what its predecessor left.
-- kinds and keys: the entities that the event's route named by reads; the rest is found by the event itself.
CREATE TABLE refresh_owed (
  source       text NOT NULL,
  source_shard integer NOT NULL,
  seq          bigint NOT NULL,
  type         integer NOT NULL,
  key          text NOT NULL,
  payload      bytea NOT NULL,
  kinds        text[] NOT NULL,
  keys         text[] NOT NULL,
  PRIMARY KEY (source, source_shard, seq)
);
