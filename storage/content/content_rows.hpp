// Rows of content's tables as structs; made from query results by actors/content.
#pragma once

#include "protocols/content/content.pb.h"
#include "storage/database/value.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nova::content {

enum class visibility : std::uint8_t { everyone = 1, followers, mentioned };

/// The row that a post's entity is loaded from.
struct post_head {
  uuid author{};
  unix_ms created_at = 0;
  std::optional<unix_ms> edited_at, deleted_at, poll_ends_at;
  bool scheduled = false;
  content::visibility visible_to = visibility::everyone;
  std::optional<uuid> quote;
  TextBody body;
  std::vector<uuid> mentions;
};

/// Numbers by emoji, the most frequent first.
using emoji_counts = std::vector<std::pair<std::string, std::int64_t>>;

struct quoted_row {
  uuid author{};
  std::string text;
  unix_ms created_at = 0;
  std::optional<std::string> content_warning;
  TextBody body;
};

/// A post as one reader sees it.
struct post_row {
  uuid post_id{};
  uuid author{};
  unix_ms created_at = 0;
  std::optional<unix_ms> edited_at, poll_ends_at;
  content::visibility visible_to = visibility::everyone;
  std::string text;
  std::optional<std::string> content_warning, language;
  TextBody body;
  std::int64_t comments = 0, shares = 0, quotes = 0;
  bool scheduled = false;
  std::optional<uuid> quote_id;
  std::optional<quoted_row> quoted;  ///< empty: gone, or hidden from the reader
  emoji_counts reactions;
  std::optional<std::string> my_reaction;
  bool shared = false, bookmarked = false, pinned = false;
  std::vector<std::pair<std::int64_t, std::int64_t>>
      votes;  ///< option and count; option −1: voters
  std::vector<std::int64_t> my_choices;
  unix_ms listed_at = 0;  ///< its place in the list that it was read for
};

/// How a post stands to one account.
struct viewer_row {
  bool visible = false;
  bool open = false;  ///< public, of an account that is not private
  std::optional<std::string> reaction;
  bool shared = false, bookmarked = false, voted = false, deleted = false;
  uuid author{};
  quoted_row as_quote;
};

struct comment_row {
  uuid comment_id{}, post_id{}, parent{}, author{};
  unix_ms created_at = 0;
  std::optional<unix_ms> edited_at;
  bool deleted = false;
  std::string text;
  TextBody body;
  std::int64_t replies = 0;
  emoji_counts reactions;
  std::optional<std::string> my_reaction;
};

/// One comment for whom acts on it.
struct comment_head {
  comment_row comment;
  uuid post_author{};
  bool visible = false;  ///< the post, to the reader
};

/// A comment and those above it.
struct chain_link {
  uuid comment_id{}, post_id{}, author{};
  bool deleted = false;
  std::int64_t replies = 0;
};

struct revision_row {
  std::string text;
  std::optional<std::string> content_warning;
  unix_ms written_at = 0;
};

struct text_row {
  std::string text;
  std::optional<std::string> content_warning, language;
};

struct draft_row {
  uuid draft_id{};
  unix_ms updated_at = 0;
  DraftRequest body;
};

/// An account that a text names by its handle.
struct mentioned_row {
  uuid account{};
  std::string handle;    ///< in lower case
  bool may_see = false;  ///< the post that names it
};

std::optional<post_head> read_post_head(const storage::rows& r);
std::vector<post_row> read_posts(const storage::rows& r);
/// Empty: there is no such post.
std::optional<viewer_row> read_viewer(const storage::rows& r);
std::optional<text_row> read_text(const storage::rows& r);
std::vector<revision_row> read_revisions(const storage::rows& r);
std::vector<std::pair<std::int64_t, std::int64_t>> read_votes(const storage::rows& r);
/// The first column of each row: voters, pins.
std::vector<uuid> read_ids(const storage::rows& r);
std::vector<std::string> read_tags(const storage::rows& r);
std::optional<comment_head> read_comment_head(const storage::rows& r, const uuid& comment);
std::vector<chain_link> read_chain(const storage::rows& r);
std::vector<comment_row> read_comments(const storage::rows& r);
std::vector<draft_row> read_drafts(const storage::rows& r);
std::vector<mentioned_row> read_mentioned(const storage::rows& r);
bool read_flag(const storage::rows& r);

}  // namespace nova::content
