-- Conversations, their members and messages; what other domains told messaging (person, block).

CREATE TABLE conversation (
  conversation_id uuid PRIMARY KEY,
  kind            smallint NOT NULL,  -- 1 direct, 2 group, 3 channel
  title           text,
  created_by      uuid NOT NULL,
  created_at      timestamptz NOT NULL,
  rev             bigint NOT NULL
);

-- One direct conversation a pair, whoever asks first.
CREATE TABLE direct_pair (
  low             uuid NOT NULL,
  high            uuid NOT NULL,
  conversation_id uuid NOT NULL UNIQUE,
  PRIMARY KEY (low, high)
);

CREATE TABLE member (
  conversation_id uuid NOT NULL,
  account_id      uuid NOT NULL,
  role            smallint NOT NULL,  -- 1 member, 2 admin, 3 owner
  joined_at       timestamptz NOT NULL,
  read_seq        bigint NOT NULL,
  delivered_seq   bigint NOT NULL,
  PRIMARY KEY (conversation_id, account_id)
) WITH (fillfactor = 70);
CREATE INDEX member_account ON member (account_id);

-- `body_hash` is of the message as first sent: what a repeated client_id is compared with. `extras` is a MessageExtras.
CREATE TABLE message (
  conversation_id uuid NOT NULL,
  seq             bigint NOT NULL,
  message_id      uuid NOT NULL,
  sender_id       uuid NOT NULL,
  client_id       text NOT NULL,
  body_hash       bigint NOT NULL,
  rev             bigint NOT NULL,
  text            text NOT NULL,
  extras          bytea NOT NULL,
  reply_to        bigint,
  sent_at         timestamptz NOT NULL,
  edited_at       timestamptz,
  recalled        boolean NOT NULL DEFAULT false,
  reacted         boolean NOT NULL DEFAULT false,
  PRIMARY KEY (conversation_id, seq)
);
-- Holds for ever: a client_id is good for one message.
CREATE UNIQUE INDEX message_client ON message (conversation_id, sender_id, client_id);

CREATE TABLE reaction (
  conversation_id uuid NOT NULL,
  seq             bigint NOT NULL,
  account_id      uuid NOT NULL,
  emoji           text NOT NULL,
  at              timestamptz NOT NULL,
  PRIMARY KEY (conversation_id, seq, emoji, account_id)
);

-- Every change after the fact, by rev: what a resuming client is told. `body` is a Change.
CREATE TABLE change (
  conversation_id uuid NOT NULL,
  rev             bigint NOT NULL,
  seq             bigint,
  body            bytea NOT NULL,
  at              timestamptz NOT NULL,
  PRIMARY KEY (conversation_id, rev)
);

-- How far one device (session) has confirmed each conversation.
CREATE TABLE device_mark (
  session_id      uuid NOT NULL,
  conversation_id uuid NOT NULL,
  seq             bigint NOT NULL,
  PRIMARY KEY (session_id, conversation_id)
);

-- From user's ProfileChanged.
CREATE TABLE person (
  account_id   uuid PRIMARY KEY,
  handle       text NOT NULL,
  display_name text NOT NULL
);
CREATE INDEX person_handle ON person (lower(handle));

-- From user's Blocked and Unblocked.
CREATE TABLE block (
  blocker uuid NOT NULL,
  blocked uuid NOT NULL,
  PRIMARY KEY (blocker, blocked)
);
