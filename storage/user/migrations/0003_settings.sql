-- What an account allows others, and what it wants to be told. Absent: the defaults.

-- `notify`: a bit each for follow, mention, comment, reaction, share, message, from the lowest.
CREATE TABLE settings (
  account_id   uuid PRIMARY KEY,
  message_from text NOT NULL,
  mention_from text NOT NULL,
  presence_to  text NOT NULL,
  discoverable boolean NOT NULL,
  locale       text NOT NULL,
  time_zone    text NOT NULL,
  notify       bigint NOT NULL
);

-- Requests of one account that have no answer.
CREATE INDEX follow_requested ON follow (account_id) WHERE requested;

CREATE INDEX mute_until ON mute (until) WHERE until IS NOT NULL;
