-- Posts with all that is counted on them, what accounts keep, and what user told content (person, follow, block).

-- A scheduled post has its row already; created_at is then the time at which it is to be published. Counters are changed in
-- the transaction of the rows that they count. `body` is a TextBody.
CREATE TABLE post (
  post_id         uuid PRIMARY KEY,
  author_id       uuid NOT NULL,
  created_at      timestamptz NOT NULL,
  edited_at       timestamptz,
  deleted_at      timestamptz,
  scheduled       boolean NOT NULL,
  visibility      smallint NOT NULL,  -- 1 public, 2 followers, 3 mentioned
  text            text NOT NULL,
  content_warning text,
  language        text,
  body            bytea NOT NULL,
  has_media       boolean NOT NULL,
  mentions        uuid[] NOT NULL,
  quote_id        uuid,
  poll_ends_at    timestamptz,
  comments        bigint NOT NULL DEFAULT 0,  -- of all levels, not deleted
  shares          bigint NOT NULL DEFAULT 0,
  quotes          bigint NOT NULL DEFAULT 0   -- posts that quote it, not deleted
) WITH (fillfactor = 80);
CREATE INDEX post_author ON post (author_id, created_at DESC, post_id DESC) WHERE NOT scheduled AND deleted_at IS NULL;
CREATE INDEX post_media ON post (author_id, created_at DESC, post_id DESC)
  WHERE has_media AND NOT scheduled AND deleted_at IS NULL;
CREATE INDEX post_scheduled ON post (author_id, created_at DESC, post_id DESC) WHERE scheduled;

-- Earlier texts.
CREATE TABLE revision (
  post_id         uuid NOT NULL,
  written_at      timestamptz NOT NULL,
  text            text NOT NULL,
  content_warning text,
  PRIMARY KEY (post_id, written_at)
);

-- The hashtags of published public posts.
CREATE TABLE post_tag (
  tag        text NOT NULL,
  created_at timestamptz NOT NULL,
  post_id    uuid NOT NULL,
  PRIMARY KEY (tag, created_at, post_id)
);
CREATE INDEX post_tag_post ON post_tag (post_id);

-- A comment that answers the post has the post as its parent. `replies` counts the answers that lists show.
CREATE TABLE comment (
  comment_id uuid PRIMARY KEY,
  post_id    uuid NOT NULL,
  parent_id  uuid NOT NULL,
  author_id  uuid NOT NULL,
  created_at timestamptz NOT NULL,
  edited_at  timestamptz,
  deleted    boolean NOT NULL DEFAULT false,
  text       text NOT NULL,
  body       bytea NOT NULL,
  replies    bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 80);
CREATE INDEX comment_level ON comment (parent_id, created_at, comment_id);
CREATE INDEX comment_post ON comment (post_id);

-- Of posts and comments: the subject is either's id.
CREATE TABLE reaction (
  subject_id uuid NOT NULL,
  account_id uuid NOT NULL,
  emoji      text NOT NULL,
  at         timestamptz NOT NULL,
  PRIMARY KEY (subject_id, account_id)
);
CREATE TABLE reaction_count (
  subject_id uuid NOT NULL,
  emoji      text NOT NULL,
  n          bigint NOT NULL,
  PRIMARY KEY (subject_id, emoji)
) WITH (fillfactor = 70);

CREATE TABLE share (
  post_id    uuid NOT NULL,
  account_id uuid NOT NULL,
  at         timestamptz NOT NULL,
  PRIMARY KEY (post_id, account_id)
);
CREATE INDEX share_account ON share (account_id, at DESC, post_id DESC);

CREATE TABLE vote (
  post_id    uuid NOT NULL,
  account_id uuid NOT NULL,
  choices    bigint[] NOT NULL,
  PRIMARY KEY (post_id, account_id)
);
-- Votes of each option; of option −1: how many accounts have voted.
CREATE TABLE vote_count (
  post_id uuid NOT NULL,
  option  smallint NOT NULL,
  n       bigint NOT NULL,
  PRIMARY KEY (post_id, option)
) WITH (fillfactor = 70);

CREATE TABLE bookmark (
  account_id uuid NOT NULL,
  post_id    uuid NOT NULL,
  at         timestamptz NOT NULL,
  PRIMARY KEY (account_id, post_id)
);
CREATE INDEX bookmark_time ON bookmark (account_id, at DESC, post_id DESC);
CREATE INDEX bookmark_post ON bookmark (post_id);

CREATE TABLE pin (
  account_id uuid NOT NULL,
  post_id    uuid NOT NULL,
  at         timestamptz NOT NULL,
  PRIMARY KEY (account_id, post_id)
);
CREATE INDEX pin_post ON pin (post_id);

-- `body` is a DraftRequest.
CREATE TABLE draft (
  account_id uuid NOT NULL,
  draft_id   uuid NOT NULL,
  updated_at timestamptz NOT NULL,
  body       bytea NOT NULL,
  PRIMARY KEY (account_id, draft_id)
);

CREATE TABLE tag_follow (
  account_id uuid NOT NULL,
  tag        text NOT NULL,
  PRIMARY KEY (account_id, tag)
);

-- What user told.
CREATE TABLE person (
  account_id uuid PRIMARY KEY,
  handle     text NOT NULL,  -- in lower case; empty: not told yet
  private    boolean NOT NULL
);
CREATE INDEX person_handle ON person (handle);
CREATE TABLE follow (
  account_id  uuid NOT NULL,
  followed_id uuid NOT NULL,
  PRIMARY KEY (account_id, followed_id)
);
CREATE TABLE block (
  account_id uuid NOT NULL,
  blocked_id uuid NOT NULL,
  PRIMARY KEY (account_id, blocked_id)
);
