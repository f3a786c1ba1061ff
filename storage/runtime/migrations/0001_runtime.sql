-- What the runtime keeps in every domain's database: lanes and shards (who may write), the outbox (what leaves), the
-- intake (what came in), reminders and idempotency keys. Applied to each domain before the domain's own migrations.

-- One row a live writer. `batch_no` counts its transactions, so that a writer that lost its connection can tell whether its
-- last one was committed. `node` names the data folder: a restarted process fences its own predecessors at once.
CREATE TABLE lane (
  lane_id    uuid PRIMARY KEY,
  node       text NOT NULL,
  fenced     boolean NOT NULL DEFAULT false,
  expires_at timestamptz NOT NULL,
  batch_no   bigint NOT NULL DEFAULT 0
);

CREATE TABLE shard (
  shard   integer PRIMARY KEY,
  lane_id uuid NOT NULL REFERENCES lane,
  epoch   bigint NOT NULL
);
CREATE INDEX shard_lane ON shard (lane_id);

-- (shard, seq) is an event's identity: gapless and ordered, because one writer counts.
CREATE TABLE outbox (
  shard     integer NOT NULL,
  seq       bigint NOT NULL,
  type      integer NOT NULL,
  key       text NOT NULL,
  payload   bytea NOT NULL,
  at        timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shard, seq)
);

-- How far this domain's reader of one source shard has come: every target has confirmed all up to `seq`.
CREATE TABLE intake_offset (
  source       text NOT NULL,
  source_shard integer NOT NULL,
  seq          bigint NOT NULL,
  PRIMARY KEY (source, source_shard)
);

-- The highest event of a source shard that took effect in one of this domain's shards; written with the effect.
CREATE TABLE intake_mark (
  shard        integer NOT NULL,
  source       text NOT NULL,
  source_shard integer NOT NULL,
  seq          bigint NOT NULL,
  PRIMARY KEY (shard, source, source_shard)
);

-- Events that could not be processed (`dead`), and those of the same key that wait behind them (`waiting`).
CREATE TABLE dead_letter (
  source       text NOT NULL,
  source_shard integer NOT NULL,
  seq          bigint NOT NULL,
  type         integer NOT NULL,
  key          text NOT NULL,
  payload      bytea NOT NULL,
  status       text NOT NULL CHECK (status IN ('dead', 'waiting')),
  reason       text NOT NULL,
  attempts     integer NOT NULL,
  at           timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (source, source_shard, seq)
);
CREATE INDEX dead_letter_key ON dead_letter (source, source_shard, key);

CREATE TABLE reminder (
  shard integer NOT NULL,
  kind  text NOT NULL,
  key   text NOT NULL,
  name  text NOT NULL,
  due   timestamptz NOT NULL,
  PRIMARY KEY (kind, key, name)
);
CREATE INDEX reminder_due ON reminder (shard, due);

-- The first answer to a request with an Idempotency-Key. `reply` is sealed with a key made from the request's body, so
-- that tokens do not lie readable in the database.
CREATE TABLE idempotency (
  scope     text NOT NULL,
  key       text NOT NULL,
  method    integer NOT NULL,
  body_hash bytea NOT NULL,
  reply     bytea NOT NULL,
  at        timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_at ON idempotency (at);
