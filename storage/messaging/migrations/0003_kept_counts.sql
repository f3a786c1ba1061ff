-- Counts and places that are kept with the rows they count: no list, page or call counts again.

ALTER TABLE conversation ADD COLUMN member_count bigint NOT NULL DEFAULT 0;
UPDATE conversation c SET member_count = m.n
FROM (SELECT conversation_id, count(*) AS n FROM member GROUP BY conversation_id) m
WHERE m.conversation_id = c.conversation_id;

-- The conversation's place in the account's list: at most `list_slack_ms` before its last activity. NULL: it has more members
-- than are told, and is looked at when a list is read.
ALTER TABLE member ADD COLUMN active_at timestamptz;
UPDATE member m SET active_at = coalesce(
  (SELECT x.sent_at FROM message x WHERE x.conversation_id = c.conversation_id ORDER BY x.seq DESC LIMIT 1), c.created_at)
FROM conversation c WHERE c.conversation_id = m.conversation_id AND c.member_count <= 32;
DROP INDEX member_account;
CREATE INDEX member_listed ON member (account_id, active_at, conversation_id);

-- How many messages an account sent up to `seq`, for each block of 32 in which it sent one.
CREATE TABLE sent (
  conversation_id uuid NOT NULL,
  account_id      uuid NOT NULL,
  seq             bigint NOT NULL,  -- the last of a block: a multiple of 32
  n               bigint NOT NULL,
  PRIMARY KEY (conversation_id, account_id, seq)
);
INSERT INTO sent
SELECT b.conversation_id, b.sender_id, b.last,
       (sum(b.n) OVER (PARTITION BY b.conversation_id, b.sender_id ORDER BY b.last))::bigint
FROM (SELECT conversation_id, sender_id, (seq + 31) / 32 * 32 AS last, count(*) AS n
      FROM message GROUP BY 1, 2, 3) b
JOIN (SELECT conversation_id, max(seq) AS seq FROM message GROUP BY 1) t USING (conversation_id)
WHERE b.last <= t.seq;

CREATE TABLE reaction_count (
  conversation_id uuid NOT NULL,
  seq             bigint NOT NULL,
  emoji           text NOT NULL,
  n               bigint NOT NULL,
  first_at        timestamptz NOT NULL,  -- since when it is not 0
  PRIMARY KEY (conversation_id, seq, emoji)
);
INSERT INTO reaction_count
SELECT conversation_id, seq, emoji, count(*), min(at) FROM reaction GROUP BY 1, 2, 3;

-- Recalled messages whose reactions have not been deleted yet: many of them are deleted in steps.
CREATE TABLE taken_back (
  conversation_id uuid NOT NULL,
  seq             bigint NOT NULL,
  at              timestamptz NOT NULL,
  PRIMARY KEY (conversation_id, seq)
);

CREATE INDEX message_recalled ON message (conversation_id, seq) INCLUDE (sender_id) WHERE recalled;

-- Only edits are looked for by message: of the other changes a message may have very many.
DROP INDEX change_message;
CREATE INDEX change_edit ON change (conversation_id, seq)
  WHERE substring(body FROM 1 FOR 8) = '\x0a06656469746564'::bytea;

ALTER TABLE message ALTER COLUMN conversation_id SET STATISTICS 100;
ALTER TABLE member ALTER COLUMN conversation_id SET STATISTICS 100;
ALTER TABLE member ALTER COLUMN account_id SET STATISTICS 100;
