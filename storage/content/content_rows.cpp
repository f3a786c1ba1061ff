#include "storage/content/content_rows.hpp"

namespace nova::content {
namespace {

using storage::rows;

// Columns of each query, in the order of its SQL.
namespace head {
enum : std::size_t {
  author,
  created_at,
  edited_at,
  deleted_at,
  scheduled,
  visible_to,
  quote,
  poll_ends_at,
  body,
  mentions
};
}
namespace post {
enum : std::size_t {
  id,
  author,
  created_at,
  edited_at,
  visible_to,
  text,
  content_warning,
  language,
  body,
  poll_ends_at,
  comments,
  shares,
  quotes,
  scheduled,
  quote_id,
  quoted_author,
  quoted_text,
  quoted_created_at,
  quoted_warning,
  quoted_body,
  emojis,
  emoji_ns,
  my_reaction,
  shared,
  bookmarked,
  pinned,
  options,
  option_ns,
  my_choices,
  listed_at
};
}
namespace viewer {
enum : std::size_t {
  visible,
  open,
  reaction,
  shared,
  bookmarked,
  voted,
  author,
  text,
  created_at,
  content_warning,
  body,
  deleted
};
}
namespace acted_on {
enum : std::size_t {
  post,
  parent,
  author,
  deleted,
  text,
  body,
  visible,
  my_reaction,
  created_at,
  edited_at,
  replies,
  emojis,
  emoji_ns,
  post_author
};
}
namespace listed {
enum : std::size_t {
  id,
  post,
  parent,
  author,
  created_at,
  edited_at,
  deleted,
  text,
  body,
  replies,
  emojis,
  emoji_ns,
  my_reaction
};
}
namespace link {
enum : std::size_t { id, post, author, deleted, replies };
}
namespace revised {
enum : std::size_t { text, content_warning, written_at };
}
namespace own {
enum : std::size_t { text, content_warning, language };
}
namespace drafted {
enum : std::size_t { id, updated_at, body };
}
namespace person {
enum : std::size_t { account, handle, may_see };
}
namespace count {
enum : std::size_t { option, n };
}

std::optional<unix_ms> time_or_none(const rows& r, std::size_t row, std::size_t column) {
  return r.null(row, column) ? std::nullopt : std::optional(r.time(row, column));
}
std::optional<std::string> text_or_none(const rows& r, std::size_t row, std::size_t column) {
  return r.null(row, column) ? std::nullopt : std::optional(r.text(row, column));
}
std::optional<uuid> id_or_none(const rows& r, std::size_t row, std::size_t column) {
  return r.null(row, column) ? std::nullopt : std::optional(r.id(row, column));
}

visibility visibility_of(const rows& r, std::size_t row, std::size_t column) {
  return static_cast<visibility>(r.int8(row, column));
}

template <class Message = TextBody>
Message message_of(const rows& r, std::size_t row, std::size_t column) {
  Message m;
  m.ParseFromString(r.blob(row, column));
  return m;
}

template <class Key>
std::vector<std::pair<Key, std::int64_t>> pairs(const rows& r, std::size_t row, std::size_t keys,
                                                std::size_t ns) {
  std::vector<std::pair<Key, std::int64_t>> out;
  if (r.null(row, keys)) return out;
  const auto& key = r.get<std::vector<Key>>(row, keys);
  const auto& n = r.get<std::vector<std::int64_t>>(row, ns);
  for (std::size_t i = 0; i < key.size(); ++i) out.emplace_back(key[i], n[i]);
  return out;
}

std::optional<quoted_row> quoted_of(const rows& r, std::size_t i) {
  if (r.null(i, post::quoted_author)) return std::nullopt;
  return quoted_row{r.id(i, post::quoted_author), r.text(i, post::quoted_text),
                    r.time(i, post::quoted_created_at), text_or_none(r, i, post::quoted_warning),
                    message_of(r, i, post::quoted_body)};
}

post_row post_of(const rows& r, std::size_t i) {
  post_row p;
  p.post_id = r.id(i, post::id);
  p.author = r.id(i, post::author);
  p.created_at = r.time(i, post::created_at);
  p.edited_at = time_or_none(r, i, post::edited_at);
  p.poll_ends_at = time_or_none(r, i, post::poll_ends_at);
  p.visible_to = visibility_of(r, i, post::visible_to);
  p.text = r.text(i, post::text);
  p.content_warning = text_or_none(r, i, post::content_warning);
  p.language = text_or_none(r, i, post::language);
  p.body = message_of(r, i, post::body);
  p.comments = r.int8(i, post::comments);
  p.shares = r.int8(i, post::shares);
  p.quotes = r.int8(i, post::quotes);
  p.scheduled = r.boolean(i, post::scheduled);
  p.quote_id = id_or_none(r, i, post::quote_id);
  p.quoted = quoted_of(r, i);
  p.reactions = pairs<std::string>(r, i, post::emojis, post::emoji_ns);
  p.my_reaction = text_or_none(r, i, post::my_reaction);
  p.shared = r.boolean(i, post::shared);
  p.bookmarked = r.boolean(i, post::bookmarked);
  p.pinned = r.boolean(i, post::pinned);
  p.votes = pairs<std::int64_t>(r, i, post::options, post::option_ns);
  if (!r.null(i, post::my_choices))
    p.my_choices = r.get<std::vector<std::int64_t>>(i, post::my_choices);
  p.listed_at = r.time(i, post::listed_at);
  return p;
}

}  // namespace

std::optional<post_head> read_post_head(const rows& r) {
  if (r.empty()) return std::nullopt;
  post_head h;
  h.author = r.id(0, head::author);
  h.created_at = r.time(0, head::created_at);
  h.edited_at = time_or_none(r, 0, head::edited_at);
  h.deleted_at = time_or_none(r, 0, head::deleted_at);
  h.poll_ends_at = time_or_none(r, 0, head::poll_ends_at);
  h.scheduled = r.boolean(0, head::scheduled);
  h.visible_to = visibility_of(r, 0, head::visible_to);
  h.quote = id_or_none(r, 0, head::quote);
  h.body = message_of(r, 0, head::body);
  h.mentions = r.get<std::vector<uuid>>(0, head::mentions);
  return h;
}

std::vector<post_row> read_posts(const rows& r) {
  std::vector<post_row> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i) out.push_back(post_of(r, i));
  return out;
}

std::optional<viewer_row> read_viewer(const rows& r) {
  if (r.empty()) return std::nullopt;
  viewer_row v;
  v.visible = r.boolean(0, viewer::visible);
  v.open = r.boolean(0, viewer::open);
  v.reaction = text_or_none(r, 0, viewer::reaction);
  v.shared = r.boolean(0, viewer::shared);
  v.bookmarked = r.boolean(0, viewer::bookmarked);
  v.voted = r.boolean(0, viewer::voted);
  v.deleted = r.boolean(0, viewer::deleted);
  v.author = r.id(0, viewer::author);
  v.as_quote = {v.author, r.text(0, viewer::text), r.time(0, viewer::created_at),
                text_or_none(r, 0, viewer::content_warning), message_of(r, 0, viewer::body)};
  return v;
}

std::optional<text_row> read_text(const rows& r) {
  if (r.empty()) return std::nullopt;
  return text_row{r.text(0, own::text), text_or_none(r, 0, own::content_warning),
                  text_or_none(r, 0, own::language)};
}

std::vector<revision_row> read_revisions(const rows& r) {
  std::vector<revision_row> out;
  for (std::size_t i = 0; i < r.size(); ++i)
    out.push_back({r.text(i, revised::text), text_or_none(r, i, revised::content_warning),
                   r.time(i, revised::written_at)});
  return out;
}

std::vector<std::pair<std::int64_t, std::int64_t>> read_votes(const rows& r) {
  std::vector<std::pair<std::int64_t, std::int64_t>> out;
  for (std::size_t i = 0; i < r.size(); ++i)
    out.emplace_back(r.int8(i, count::option), r.int8(i, count::n));
  return out;
}

std::vector<uuid> read_ids(const rows& r) {
  std::vector<uuid> out;
  for (std::size_t i = 0; i < r.size(); ++i) out.push_back(r.id(i, 0));
  return out;
}

std::vector<std::string> read_tags(const rows& r) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < r.size(); ++i) out.push_back(r.text(i, 0));
  return out;
}

std::optional<comment_head> read_comment_head(const rows& r, const uuid& comment) {
  if (r.empty()) return std::nullopt;
  comment_head h;
  auto& c = h.comment;
  c.comment_id = comment;
  c.post_id = r.id(0, acted_on::post);
  c.parent = r.id(0, acted_on::parent);
  c.author = r.id(0, acted_on::author);
  c.created_at = r.time(0, acted_on::created_at);
  c.edited_at = time_or_none(r, 0, acted_on::edited_at);
  c.deleted = r.boolean(0, acted_on::deleted);
  c.text = r.text(0, acted_on::text);
  c.body = message_of(r, 0, acted_on::body);
  c.replies = r.int8(0, acted_on::replies);
  c.reactions = pairs<std::string>(r, 0, acted_on::emojis, acted_on::emoji_ns);
  c.my_reaction = text_or_none(r, 0, acted_on::my_reaction);
  h.post_author = r.id(0, acted_on::post_author);
  h.visible = r.boolean(0, acted_on::visible);
  return h;
}

std::vector<chain_link> read_chain(const rows& r) {
  std::vector<chain_link> out;
  for (std::size_t i = 0; i < r.size(); ++i)
    out.push_back({r.id(i, link::id), r.id(i, link::post), r.id(i, link::author),
                   r.boolean(i, link::deleted), r.int8(i, link::replies)});
  return out;
}

std::vector<comment_row> read_comments(const rows& r) {
  std::vector<comment_row> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i) {
    comment_row c;
    c.comment_id = r.id(i, listed::id);
    c.post_id = r.id(i, listed::post);
    c.parent = r.id(i, listed::parent);
    c.author = r.id(i, listed::author);
    c.created_at = r.time(i, listed::created_at);
    c.edited_at = time_or_none(r, i, listed::edited_at);
    c.deleted = r.boolean(i, listed::deleted);
    c.text = r.text(i, listed::text);
    c.body = message_of(r, i, listed::body);
    c.replies = r.int8(i, listed::replies);
    c.reactions = pairs<std::string>(r, i, listed::emojis, listed::emoji_ns);
    c.my_reaction = text_or_none(r, i, listed::my_reaction);
    out.push_back(std::move(c));
  }
  return out;
}

std::vector<draft_row> read_drafts(const rows& r) {
  std::vector<draft_row> out;
  for (std::size_t i = 0; i < r.size(); ++i)
    out.push_back({r.id(i, drafted::id), r.time(i, drafted::updated_at),
                   message_of<DraftRequest>(r, i, drafted::body)});
  return out;
}

std::vector<mentioned_row> read_mentioned(const rows& r) {
  std::vector<mentioned_row> out;
  for (std::size_t i = 0; i < r.size(); ++i)
    out.push_back(
        {r.id(i, person::account), r.text(i, person::handle), r.boolean(i, person::may_see)});
  return out;
}

bool read_flag(const rows& r) { return !r.empty() && r.boolean(0, 0); }

}  // namespace nova::content
