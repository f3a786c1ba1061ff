-- Acts of operators on this domain: written in the transaction of their effect, or before it. `actor` is an account, or a user of
-- the operating system at the operators' socket.
CREATE TABLE operator_act (
  act_id uuid PRIMARY KEY,
  at     timestamptz NOT NULL,
  actor  text NOT NULL,
  act    text NOT NULL,
  target text NOT NULL,
  reason text NOT NULL
);
CREATE INDEX operator_act_at ON operator_act (at);
