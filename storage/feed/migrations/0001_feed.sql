-- Home timelines, and what feed keeps of posts and people.
--
-- Times: `at` orders a feed (of the post, or of the share); `added_at` is when feed knew of the entry and of the follow, so that
-- a page behind a cursor shows nothing that came after the first page.

-- What feed knows of an account. Absent: nobody follows it, and its feed is as by default.
CREATE TABLE home (
  account_id  uuid PRIMARY KEY,
  followers   bigint NOT NULL DEFAULT 0,
  big         boolean NOT NULL DEFAULT false,  -- its entries are merged at reading
  preferences bytea  -- a Preferences; null: default
) WITH (fillfactor = 70);

-- From user's Followed and Unfollowed. `shard` is the account's; `big` the author's; what the author has from
-- (`floor_at`, `floor_id`) on belongs to the feed.
CREATE TABLE follow (
  account_id uuid NOT NULL,
  author_id  uuid NOT NULL,
  shard      smallint NOT NULL,
  big        boolean NOT NULL,
  floor_at   timestamptz NOT NULL,
  floor_id   uuid NOT NULL,
  added_at   timestamptz NOT NULL,
  PRIMARY KEY (account_id, author_id)
);
CREATE UNIQUE INDEX follow_author ON follow (author_id, shard, account_id);
CREATE INDEX follow_big ON follow (account_id) WHERE big;

-- The newest posts of each author. `words`: the folded words of the text, each between spaces.
CREATE TABLE post (
  post_id    uuid PRIMARY KEY,
  author_id  uuid NOT NULL,
  at         timestamptz NOT NULL,
  visibility smallint NOT NULL,  -- 1 public, 2 followers, 3 mentioned
  mentions   uuid[] NOT NULL,
  quote      boolean NOT NULL,
  words      text NOT NULL,
  reactions  bigint NOT NULL DEFAULT 0,
  comments   bigint NOT NULL DEFAULT 0,
  added_at   timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX post_newest ON post (author_id, at DESC, post_id DESC);

-- The newest shares of each account.
CREATE TABLE share (
  sharer_id uuid NOT NULL,
  post_id   uuid NOT NULL,
  author_id uuid NOT NULL,
  at        timestamptz NOT NULL,
  added_at  timestamptz NOT NULL,
  PRIMARY KEY (post_id, sharer_id)
);
CREATE INDEX share_newest ON share (sharer_id, at DESC, post_id DESC);

-- Posts that are deleted or not public any more: their shares are in no feed.
CREATE TABLE withheld (
  post_id uuid PRIMARY KEY,
  at      timestamptz NOT NULL
);
CREATE INDEX withheld_age ON withheld (at);

-- The newest public posts of each hashtag.
CREATE TABLE tagged (
  tag       text NOT NULL,
  at        timestamptz NOT NULL,
  post_id   uuid NOT NULL,
  author_id uuid NOT NULL,
  quote     boolean NOT NULL,
  added_at  timestamptz NOT NULL,
  PRIMARY KEY (post_id, tag)
);
CREATE INDEX tagged_newest ON tagged (tag, at DESC, post_id DESC);

CREATE TABLE tag_follow (
  account_id uuid NOT NULL,
  tag        text NOT NULL,
  floor_at   timestamptz NOT NULL,
  added_at   timestamptz NOT NULL,
  PRIMARY KEY (account_id, tag)
);

-- Whom an account does not see: 1 it blocks, 2 it is blocked by, 3 it mutes.
CREATE TABLE hidden (
  account_id uuid NOT NULL,
  other_id   uuid NOT NULL,
  kind       smallint NOT NULL,
  until      timestamptz,
  PRIMARY KEY (account_id, other_id, kind)
);
CREATE INDEX hidden_other ON hidden (other_id);

-- The timelines. A post may be here several times for one account: followed (1; `via_id` is its author) or shared (2; `via_id` is
-- who shares it). A page shows the first of them.
CREATE TABLE timeline (
  account_id uuid NOT NULL,
  post_id    uuid NOT NULL,
  via_id     uuid NOT NULL,
  author_id  uuid NOT NULL,
  at         timestamptz NOT NULL,
  added_at   timestamptz NOT NULL,
  shard      smallint NOT NULL,  -- the account's
  reason     smallint NOT NULL,
  quote      boolean NOT NULL,
  PRIMARY KEY (post_id, shard, account_id, via_id)
);
CREATE INDEX timeline_newest ON timeline (account_id, at DESC, post_id DESC);

-- How much an account has to do with an author: halves in 30 days.
CREATE TABLE affinity (
  account_id uuid NOT NULL,
  author_id  uuid NOT NULL,
  strength   double precision NOT NULL,
  at         timestamptz NOT NULL,
  PRIMARY KEY (account_id, author_id)
) WITH (fillfactor = 70);

-- The order of a ranked page, for the pages behind it.
CREATE TABLE ranking (
  account_id uuid NOT NULL,
  made_at    timestamptz NOT NULL,
  post_ids   uuid[] NOT NULL,
  scores     bigint[] NOT NULL,  -- millionths
  PRIMARY KEY (account_id, made_at)
);
CREATE INDEX ranking_age ON ranking (made_at);
