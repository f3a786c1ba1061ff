-- Notifications, what content tells of an account's posts, and the words by which people search finds a name.

ALTER TABLE tally ADD COLUMN posts bigint NOT NULL DEFAULT 0;
-- A Pins message.
ALTER TABLE profile ADD COLUMN pinned bytea NOT NULL DEFAULT '';

-- The ids of one account grow with time. `told_at` is of the act; acts that are told once only have the epoch.
CREATE TABLE notification (
  account_id      uuid NOT NULL,
  notification_id uuid NOT NULL,
  kind            text NOT NULL,
  actor_id        uuid NOT NULL,
  post_id         uuid,
  told_at         timestamptz NOT NULL,
  created_at      timestamptz NOT NULL,
  PRIMARY KEY (account_id, notification_id)
);
CREATE UNIQUE INDEX notification_once ON notification
  (account_id, actor_id, kind, coalesce(post_id, '00000000-0000-0000-0000-000000000000'), told_at);

-- All up to this one is read.
CREATE TABLE notification_mark (
  account_id uuid PRIMARY KEY,
  read_up_to uuid NOT NULL
);

-- Folded words of display names; of a run of ideographs also each rest of it.
CREATE TABLE name_word (
  account_id uuid NOT NULL,
  word       text COLLATE "C" NOT NULL,
  PRIMARY KEY (account_id, word)
);
CREATE INDEX name_word_prefix ON name_word (word, account_id);
CREATE INDEX profile_handle_prefix ON profile (handle_name COLLATE "C");

INSERT INTO name_word (account_id, word)
SELECT DISTINCT p.account_id, w.word FROM profile p, regexp_split_to_table(lower(p.display_name), '[^[:alnum:]]+') AS w(word)
WHERE w.word <> '';
