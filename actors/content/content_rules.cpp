#include "actors/content/content_rules.hpp"

#include "protocols/core/page.hpp"
#include "protocols/core/text.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace nova::content {
namespace {

constexpr std::string_view visibility_names[] = {"public", "followers", "mentioned"};

// Later than all times that there are; within what timestamptz can hold.
constexpr unix_ms end_of_time = 32'503'680'000'000;
constexpr unix_ms day_ms = 24LL * 3600 * 1000;

error several_fields() { return make_error(errc::invalid_request, "Some fields are not valid."); }

void take_poll(const PollRequest& poll, TextBody& body, error& bad) {
  if (poll.options_size() < 2)
    bad.fields.push_back({"poll.options", "A poll has two to six options."});
  if (poll.ends_in_s() > max_poll_s)
    bad.fields.push_back({"poll.ends_in_s", "A poll ends within 30 days."});
  for (const auto& option : poll.options()) {
    auto shown = check_name(option, max_option_code_points);
    if (shown.text.empty()) {
      bad.fields.push_back(
          {"poll.options", "An option is one line of 1 to 100 characters that show something."});
      break;
    }
    body.add_poll_options(std::move(shown.text));
  }
  body.set_poll_multiple(poll.multiple());
  body.set_poll_ends_in_s(poll.ends_in_s());
}

void check_time(const CreatePostRequest& q, unix_ms now, const config::content_settings& s,
                error& bad) {
  if (!q.has_scheduled_at()) return;
  if (q.scheduled_at() <= now) bad.fields.push_back({"scheduled_at", "This time is over."});
  if (q.scheduled_at() > now + s.schedule_days * day_ms)
    bad.fields.push_back({"scheduled_at", "This time is too far ahead."});
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

void add_media(const TextBody& body, const uuid& owner,
               google::protobuf::RepeatedPtrField<nova::views::Media>& to) {
  for (const auto& id : body.media_ids()) {
    auto& m = *to.Add();
    m.set_media_id(id);
    m.set_owner_id(to_string(owner));
  }
}

void add_counts(const emoji_counts& from, google::protobuf::Map<std::string, std::int64_t>& to) {
  for (const auto& [emoji, n] : from) to[emoji] = n;
}

std::string_view kind_name(part_kind kind) {
  constexpr std::string_view names[] = {"mention", "hashtag", "link"};
  return names[static_cast<std::size_t>(kind)];
}

template <class Id>
void add_once(std::vector<Id>& to, const Id& id) {
  if (std::ranges::find(to, id) == to.end()) to.push_back(id);
}

nova::views::QuotedPost quoted_message(const post_row& row) {
  nova::views::QuotedPost out;
  out.set_post_id(to_string(*row.quote_id));
  if (!row.quoted) return out;
  const auto& q = *row.quoted;
  out.mutable_author()->set_account_id(to_string(q.author));
  out.set_text(q.text);
  out.set_created_at(q.created_at);
  if (q.content_warning) out.set_content_warning(*q.content_warning);
  add_media(q.body, q.author, *out.mutable_media());
  *out.mutable_entities() = q.body.entities();
  return out;
}

}  // namespace

std::string_view name_of(visibility v) { return visibility_names[static_cast<std::size_t>(v) - 1]; }

visibility visibility_of(std::string_view name) {
  const auto at = std::ranges::find(visibility_names, name);
  if (at == std::end(visibility_names)) return visibility::everyone;
  return static_cast<visibility>(at - std::begin(visibility_names) + 1);
}

result<void> checked_text(std::string_view text, const TextBody& body) {
  if (text.empty() && body.media_ids_size() == 0 && body.poll_options_size() == 0)
    return invalid_field("text", "Without media or a poll there must be a text.");
  return {};
}

result<post_row> checked_post(const CreatePostRequest& q, const uuid& id, const uuid& author,
                              unix_ms now, const config::content_settings& s) {
  post_row row;
  row.post_id = id;
  row.author = author;
  row.created_at = q.has_scheduled_at() ? q.scheduled_at() : now;
  row.scheduled = q.has_scheduled_at();
  row.visible_to = visibility_of(q.visibility());
  row.text = q.text();
  row.content_warning = unless_empty(q.content_warning());
  row.language = unless_empty(q.language());
  if (q.has_quote()) row.quote_id = parse_uuid(q.quote());
  *row.body.mutable_media_ids() = q.media_ids();
  auto bad = several_fields();
  if (q.has_poll()) {
    take_poll(q.poll(), row.body, bad);
    row.poll_ends_at = row.created_at + q.poll().ends_in_s() * 1000;
  }
  check_time(q, now, s, bad);
  if (const auto ok = checked_text(row.text, row.body); !ok)
    std::ranges::copy(ok.error().fields, std::back_inserter(bad.fields));
  if (!bad.fields.empty()) return bad;
  return row;
}

result<comment_row> checked_comment(const CreateCommentRequest& q, const uuid& id, const uuid& post,
                                    const uuid& author, unix_ms now) {
  comment_row row;
  row.comment_id = id;
  row.post_id = post;
  row.parent = q.has_parent() ? parse_uuid(q.parent()).value_or(uuid{}) : post;
  row.author = author;
  row.created_at = now;
  row.text = q.text();
  *row.body.mutable_media_ids() = q.media_ids();
  if (auto ok = checked_text(row.text, row.body); !ok) return ok.error();
  return row;
}

result<std::vector<std::int64_t>> checked_choices(const VoteRequest& q, int options,
                                                  bool multiple) {
  const std::set<std::int64_t> chosen(q.choices().begin(), q.choices().end());
  if (chosen.empty() || *chosen.begin() < 0 || *chosen.rbegin() >= options)
    return invalid_field("choices", "Choices are numbers of options, counted from 0.");
  if (static_cast<int>(chosen.size()) != q.choices_size())
    return invalid_field("choices", "An option can be chosen once.");
  if (chosen.size() > 1 && !multiple)
    return invalid_field("choices", "This poll takes one choice.");
  return std::vector<std::int64_t>(chosen.begin(), chosen.end());
}

result<void> checked_draft(const DraftRequest& q) {
  auto bad = several_fields();
  if (q.has_poll() && q.poll().ends_in_s() > max_poll_s)
    bad.fields.push_back({"poll.ends_in_s", "A poll ends within 30 days."});
  for (const auto& option : q.poll().options())
    if (count_code_points(option) > max_option_code_points)
      bad.fields.push_back({"poll.options", "An option is at most 100 characters."});
  if (!bad.fields.empty()) return bad;
  return {};
}

void change_draft(DraftRequest& draft, const UpdateDraftRequest& q) {
  if (q.has_text()) draft.set_text(q.text());
  if (q.media_ids_size() > 0 || q.no_media()) *draft.mutable_media_ids() = q.media_ids();
  if (q.has_visibility()) draft.set_visibility(q.visibility());
  if (q.has_quote()) draft.set_quote(q.quote());
  if (q.has_content_warning()) draft.set_content_warning(q.content_warning());
  if (q.has_language()) draft.set_language(q.language());
  if (draft.content_warning().empty()) draft.clear_content_warning();
  if (draft.language().empty()) draft.clear_language();
  if (q.has_poll()) *draft.mutable_poll() = q.poll();
  if (q.has_scheduled_at()) draft.set_scheduled_at(q.scheduled_at());
}

std::vector<std::string> handles_in(const std::vector<text_part>& parts) {
  std::vector<std::string> out;
  for (const auto& part : parts)
    if (part.kind == part_kind::mention) add_once(out, part.value);
  return out;
}

named_accounts mentions_of(std::string_view text, const TextBody& body) {
  named_accounts out;
  std::map<std::int64_t, uuid> places;
  for (const auto& e : body.entities())
    if (const auto account = parse_uuid(e.account_id())) places.emplace(e.start(), *account);
  if (places.empty()) return out;
  for (const auto& part : parts_of(text))
    if (const auto at = places.find(part.start);
        part.kind == part_kind::mention && at != places.end())
      out.emplace(part.value, at->second);
  return out;
}

mentioned_accounts set_entities(TextBody& body, const std::vector<text_part>& parts,
                                const named_accounts& kept, const std::vector<mentioned_row>& found,
                                const uuid& writer) {
  const auto account_of = [&](const std::string& handle) -> std::optional<uuid> {
    if (const auto same = kept.find(handle); same != kept.end()) return same->second;
    const auto row = std::ranges::find(found, handle, &mentioned_row::handle);
    return row == found.end() ? std::nullopt : std::optional(row->account);
  };
  const auto may_see = [&](const uuid& account) {
    const auto row = std::ranges::find(found, account, &mentioned_row::account);
    return row != found.end() && row->may_see;
  };
  mentioned_accounts out;
  body.clear_entities();
  for (const auto& part : parts) {
    std::optional<uuid> account;
    if (part.kind == part_kind::mention && !(account = account_of(part.value))) continue;
    auto& e = *body.add_entities();
    e.set_kind(std::string(kind_name(part.kind)));
    e.set_start(part.start);
    e.set_end(part.end);
    if (part.kind == part_kind::hashtag) e.set_tag(part.value);
    if (!account) continue;
    e.set_account_id(to_string(*account));
    add_once(out.all, *account);
    if (*account != writer && may_see(*account)) add_once(out.told, *account);
  }
  return out;
}

std::vector<std::string> hashtags_of(const TextBody& body) {
  std::vector<std::string> out;
  for (const auto& e : body.entities())
    if (e.has_tag()) add_once(out, e.tag());
  return out;
}

nova::views::Poll poll_message(const post_row& row, unix_ms now) {
  nova::views::Poll poll;
  for (const auto& text : row.body.poll_options()) poll.add_options()->set_text(text);
  for (const auto& [option, n] : row.votes) {
    if (option < 0) poll.set_votes(n);
    else if (option < poll.options_size())
      poll.mutable_options(static_cast<int>(option))->set_votes(n);
  }
  poll.set_multiple(row.body.poll_multiple());
  poll.set_ends_at(row.poll_ends_at.value_or(0));
  poll.set_ended(!row.scheduled && row.poll_ends_at && *row.poll_ends_at <= now);
  for (const auto choice : row.my_choices) poll.add_mine(choice);
  return poll;
}

nova::views::Post post_message(const post_row& row, unix_ms now) {
  nova::views::Post post;
  post.set_post_id(to_string(row.post_id));
  post.mutable_author()->set_account_id(to_string(row.author));
  post.set_text(row.text);
  post.set_created_at(row.created_at);
  if (row.edited_at) post.set_edited_at(*row.edited_at);
  post.set_visibility(std::string(name_of(row.visible_to)));
  if (row.language) post.set_language(*row.language);
  if (row.content_warning) post.set_content_warning(*row.content_warning);
  add_media(row.body, row.author, *post.mutable_media());
  if (row.quote_id) *post.mutable_quote() = quoted_message(row);
  if (row.poll_ends_at) *post.mutable_poll() = poll_message(row, now);
  *post.mutable_entities() = row.body.entities();
  auto& counts = *post.mutable_counts();
  counts.set_comments(row.comments);
  counts.set_shares(row.shares);
  counts.set_quotes(row.quotes);
  add_counts(row.reactions, *counts.mutable_reactions());
  auto& mine = *post.mutable_mine();
  if (row.my_reaction) mine.set_reaction(*row.my_reaction);
  mine.set_shared(row.shared);
  mine.set_bookmarked(row.bookmarked);
  post.set_pinned(row.pinned);
  if (!row.scheduled) return post;
  post.set_scheduled_id(to_string(row.post_id));
  post.set_scheduled_at(row.created_at);
  post.set_existing(true);
  return post;
}

Comment comment_message(const comment_row& row) {
  Comment c;
  c.set_comment_id(to_string(row.comment_id));
  c.set_post_id(to_string(row.post_id));
  if (row.parent != row.post_id) c.set_parent(to_string(row.parent));
  c.set_created_at(row.created_at);
  c.set_replies_count(row.replies);
  c.set_deleted(row.deleted);
  c.mutable_counts();
  c.mutable_mine();
  if (row.deleted) return c;
  c.mutable_author()->set_account_id(to_string(row.author));
  c.set_text(row.text);
  if (row.edited_at) c.set_edited_at(*row.edited_at);
  add_counts(row.reactions, *c.mutable_counts()->mutable_reactions());
  if (row.my_reaction) c.mutable_mine()->set_reaction(*row.my_reaction);
  add_media(row.body, row.author, *c.mutable_media());
  *c.mutable_entities() = row.body.entities();
  return c;
}

Draft draft_message(const draft_row& row) {
  Draft d;
  const auto& from = row.body;
  d.set_draft_id(to_string(row.draft_id));
  d.set_updated_at(row.updated_at);
  if (from.has_text()) d.set_text(from.text());
  *d.mutable_media_ids() = from.media_ids();
  if (from.has_visibility()) d.set_visibility(from.visibility());
  if (from.has_quote()) d.set_quote(from.quote());
  if (from.has_content_warning()) d.set_content_warning(from.content_warning());
  if (from.has_language()) d.set_language(from.language());
  if (from.has_poll()) *d.mutable_poll() = from.poll();
  if (from.has_scheduled_at()) d.set_scheduled_at(from.scheduled_at());
  return d;
}

std::vector<uuid> losing_an_answer(const std::vector<chain_link>& chain) {
  std::vector<uuid> out;
  if (chain.empty() || chain.front().replies > 0) return out;
  for (std::size_t i = 1; i < chain.size(); ++i) {
    out.push_back(chain[i].comment_id);
    if (!chain[i].deleted || chain[i].replies > 1) break;
  }
  return out;
}

std::string cursor_of(store::place p) { return std::to_string(p.at) + '.' + to_string(p.id); }

result<store::place> place_of(const std::string* cursor) {
  if (cursor == nullptr) return store::place{end_of_time, {}};
  store::place p;
  const auto* end = cursor->data() + cursor->size();
  const auto [at, failed] = std::from_chars(cursor->data(), end, p.at);
  const bool fits =
      failed == std::errc() && at != end && *at == '.' && p.at >= 0 && p.at <= end_of_time;
  const auto id = fits ? parse_uuid(std::string_view(at + 1, end)) : std::nullopt;
  if (!id) return invalid_field("cursor", "This is not a cursor that was given out.");
  p.id = *id;
  return p;
}

error no_such_post() { return make_error(errc::not_found, "There is no such post."); }
error no_such_comment() { return make_error(errc::not_found, "There is no such comment."); }

}  // namespace nova::content
