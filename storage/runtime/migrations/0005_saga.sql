-- Sagas that entities of this domain run: what they do in several domains, step by step. A row outlives its entity: it is the
-- record of the outcome, and `entity` is then empty. `detail` is a message of the definition's own.
CREATE TABLE saga (
  saga_id    text PRIMARY KEY,
  definition text NOT NULL,
  entity     text NOT NULL,
  phase      text NOT NULL CHECK (phase IN ('waiting', 'running', 'compensating', 'stuck', 'done', 'undone')),
  step       bigint NOT NULL,
  detail     bytea NOT NULL,
  started_at timestamptz NOT NULL,
  step_at    timestamptz NOT NULL
);
CREATE INDEX saga_entity ON saga (definition, entity) WHERE entity <> '';

-- What this domain did about an account that was erased, until it has told auth.
CREATE TABLE erasure (
  account_id uuid PRIMARY KEY,
  erased     bigint NOT NULL,
  anonymised bigint NOT NULL
);
