// Handlers of post_entity: what its author does, and reading it. Reads are addressed by their position.
#include "actors/content/content_rules.hpp"
#include "actors/content/content_services.hpp"
#include "actors/content/mention_lookup.hpp"
#include "actors/content/post_entity.hpp"
#include "protocols/content/content.nova.hpp"
#include "protocols/core/page.hpp"
#include "storage/content/content_store.hpp"

#include <algorithm>

namespace nova::content {

using runtime::need;
using runtime::reads;

namespace {

using decision = runtime::decision<post_state>;
using outcome = post_entity::outcome;

constexpr unix_ms day_ms = 24LL * 3600 * 1000;

outcome shown(const post_row& row, unix_ms now) {
  decision d;
  d.reply = runtime::share(post_message(row, now));
  return d;
}

outcome done(decision d = {}) {
  d.reply = runtime::share(Empty());
  return d;
}

/// The question that tells somebody else's post from one that the caller may not see, or the answer.
outcome not_mine(const post_state& s, const runtime::context& c, const reads& r) {
  if (!s.out()) return no_such_post();
  if (r.size() == 0) return need{{store::viewer_part(s.id, c.caller.account)}};
  return somebody_elses(read_viewer(r.rows(0)));
}

/// The shelf tells of the account's pins, in their order.
outcome take_pin_away(const post_state& s) {
  PostRequest pinned;
  pinned.set_post_id(to_string(s.id));
  return need{{runtime::ask{&content_interface::unpin::info(), runtime::share(std::move(pinned))}}};
}

/// What an edit makes of a post.
struct edited {
  post_row row;
  bool text = false, warning = false, language = false, visibility = false;
  bool any() const { return text || warning || language; }
};

edited apply_edit(post_row row, const EditPostRequest& q) {
  const auto or_none = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
  };
  edited out{std::move(row)};
  auto& p = out.row;
  if (q.has_text() && q.text() != p.text) out.text = true, p.text = q.text();
  if (q.has_content_warning() && or_none(q.content_warning()) != p.content_warning)
    out.warning = true, p.content_warning = or_none(q.content_warning());
  if (q.has_language() && or_none(q.language()) != p.language)
    out.language = true, p.language = or_none(q.language());
  if (q.has_visibility() && visibility_of(q.visibility()) != p.visible_to)
    out.visibility = true, p.visible_to = visibility_of(q.visibility());
  return out;
}

std::vector<std::string> ids_of(const std::vector<uuid>& accounts) {
  std::vector<std::string> out;
  for (const auto& account : accounts) out.push_back(to_string(account));
  return out;
}

void add_edited(decision& d, const edited& e, const mentioned_accounts& mentions,
                const std::vector<uuid>& before) {
  const auto& p = e.row;
  PostEdited out;
  out.set_post_id(to_string(p.post_id));
  out.set_author_id(to_string(p.author));
  out.set_at(*p.edited_at);
  out.set_visibility(std::string(name_of(p.visible_to)));
  for (auto& id : ids_of(mentions.told)) out.add_mentions(std::move(id));
  for (auto& tag : hashtags_of(p.body)) out.add_hashtags(std::move(tag));
  out.set_text(p.text);
  if (p.language) out.set_language(*p.language);
  for (const auto& account : mentions.told)
    if (std::ranges::find(before, account) == before.end())
      out.add_added_mentions(to_string(account));
  out.set_published_at(p.created_at);
  d.events.push_back({&post_edited_event(), runtime::share(std::move(out))});
}

void add_visibility(decision& d, const edited& e, visibility before,
                    const mentioned_accounts& mentions) {
  PostVisibilityChanged out;
  out.set_post_id(to_string(e.row.post_id));
  out.set_author_id(to_string(e.row.author));
  out.set_visibility(std::string(name_of(e.row.visible_to)));
  out.set_before(std::string(name_of(before)));
  out.set_published_at(e.row.created_at);
  for (auto& id : ids_of(mentions.told)) out.add_mentions(std::move(id));
  for (auto& tag : hashtags_of(e.row.body)) out.add_hashtags(std::move(tag));
  d.events.push_back({&post_visibility_changed_event(), runtime::share(std::move(out))});
}

void schedule(decision& d, const post_row& row) {
  PostScheduled e;
  e.set_post_id(to_string(row.post_id));
  e.set_author_id(to_string(row.author));
  e.set_scheduled_at(row.created_at);
  *e.mutable_media_ids() = row.body.media_ids();
  d.events.push_back({&post_scheduled_event(), runtime::share(std::move(e))});
  d.reminders.push_back({std::string(publish_reminder), row.created_at});
}

decision restored(const post_row& row, const post_head& head) {
  decision d;
  PostRestored e;
  e.set_post_id(to_string(row.post_id));
  e.set_author_id(to_string(row.author));
  e.set_published_at(row.created_at);
  e.set_visibility(std::string(name_of(row.visible_to)));
  for (auto& id : ids_of(head.mentions)) e.add_mentions(std::move(id));
  auto tags = hashtags_of(row.body);
  for (const auto& tag : tags) e.add_hashtags(tag);
  if (row.quote_id) e.set_quote_id(to_string(*row.quote_id));
  e.set_text(row.text);
  if (row.language) e.set_language(*row.language);
  d.statements.push_back(store::set_deleted(row.post_id, std::nullopt));
  if (row.visible_to == visibility::everyone && !tags.empty())
    d.statements.push_back(store::insert_tags(row.post_id, row.created_at, std::move(tags)));
  d.events.push_back({&post_restored_event(), runtime::share(std::move(e))});
  d.reminders.push_back({std::string(purge_reminder), 0, true});
  d.apply = [](post_state& x) { x.deleted_at.reset(); };
  return d;
}

}  // namespace

outcome post_entity::create_post(const state&, const CreatePostRequest& q, const context& c,
                                 const reads& r) {
  const auto& settings = settings_of(c);
  auto row = checked_post(q, parse_uuid(c.key).value(), c.caller.account, c.now, settings);
  if (row.has_error()) return row.error();
  const mention_lookup mentions(row->text);
  mention_lookup::items others;
  if (row->quote_id) others.emplace_back(store::viewer_part(*row->quote_id, c.caller.account));
  const auto own_reads = others.size();
  if (auto more = mentions.wants(std::move(others), row->author, row->visible_to, r,
                                 settings.unknown_handle_wait_ms))
    return std::move(*more);
  if (row->quote_id) {
    const auto quoted = read_viewer(r.rows(0));
    if (!quoted || !quoted->visible) return no_such_post();
    if (!quoted->open) return make_error(errc::forbidden, "Only a public post can be quoted.");
    row->quoted = quoted->as_quote;
  }
  const auto named = mentions.fill(row->body, r, own_reads, row->author);
  decision d;
  d.statements.push_back(store::insert_post(*row, named.all));
  if (row->scheduled) schedule(d, *row);
  else publish(d, *row, named.told);
  d.reply = runtime::share(post_message(*row, c.now));
  d.apply = [now = state_of(*row)](state& x) { x = now; };
  return d;
}

outcome post_entity::get_post(const state& s, const PostRequest&, const context& c,
                              const reads& r) {
  if (!s.out()) return no_such_post();
  if (r.size() == 0) return need{{store::posts({s.id}, c.caller.account)}};
  const auto found = read_posts(r.rows(0));
  if (found.empty()) return no_such_post();
  return shown(found.front(), c.now);
}

outcome post_entity::edit_post(const state& s, const EditPostRequest& q, const context& c,
                               const reads& r) {
  if (s.author != c.caller.account || !s.out()) return not_mine(s, c, r);
  const mention_lookup::items own{store::own_post(s.id, s.author), store::load_post(s.id)};
  if (r.size() == 0) return need{own};
  const auto head = read_post_head(r.rows(1));
  const auto found = read_posts(r.rows(0));
  if (found.empty() || !head) return no_such_post();
  const mention_lookup typed(q.text(), mentions_of(found.front().text, found.front().body));
  const auto sees = q.has_visibility() ? visibility_of(q.visibility()) : s.visible_to;
  if (auto more = typed.wants(own, s.author, sees, r, settings_of(c).unknown_handle_wait_ms))
    return std::move(*more);
  auto e = apply_edit(found.front(), q);
  if (auto ok = checked_text(e.row.text, e.row.body); !ok) return ok.error();
  mentioned_accounts named{head->mentions, {}};
  if (e.text) named = typed.fill(e.row.body, r, own.size(), s.author);
  else
    for (const auto& account : head->mentions)
      if (account != s.author) named.told.push_back(account);

  decision d;
  if (e.any()) {
    const auto written_at = s.edited_at.value_or(s.created_at);
    e.row.edited_at = std::max(c.now, written_at + 1);
    const auto& old = found.front();
    if (e.text || e.warning)
      d.statements.push_back(
          store::insert_revision(s.id, {old.text, old.content_warning, written_at}));
    d.statements.push_back(store::edit_post(e.row, named.all));
    add_edited(d, e, named, head->mentions);
  }
  if (e.visibility) {
    d.statements.push_back(store::set_visibility(s.id, e.row.visible_to));
    add_visibility(d, e, s.visible_to, named);
  }
  if (e.text || e.visibility) {
    d.statements.push_back(store::delete_tags(s.id));
    auto tags = hashtags_of(e.row.body);
    if (e.row.visible_to == visibility::everyone && !tags.empty())
      d.statements.push_back(store::insert_tags(s.id, s.created_at, std::move(tags)));
  }
  d.reply = runtime::share(post_message(e.row, c.now));
  d.apply = [at = e.row.edited_at, v = e.row.visible_to](state& x) {
    x.edited_at = at;
    x.visible_to = v;
  };
  return d;
}

outcome post_entity::delete_post(const state& s, const PostRequest&, const context& c,
                                 const reads& r) {
  if (!s.exists || s.scheduled || s.author != c.caller.account) return not_mine(s, c, r);
  if (s.deleted_at) return done();
  if (r.size() == 0) return need{{store::own_post(s.id, s.author)}};
  const auto found = read_posts(r.rows(0));
  if (r.size() == 1 && !found.empty() && found.front().pinned) return take_pin_away(s);
  if (r.size() > 1 && r.answer(1).has_error()) return r.answer(1).error();
  PostDeleted e;
  e.set_post_id(to_string(s.id));
  e.set_author_id(to_string(s.author));
  e.set_at(c.now);
  if (s.quote) e.set_quote_id(to_string(*s.quote));
  decision d;
  d.statements = {store::set_deleted(s.id, c.now), store::delete_tags(s.id),
                  store::delete_pins(s.id)};
  d.events.push_back({&post_deleted_event(), runtime::share(std::move(e))});
  d.reminders.push_back(
      {std::string(purge_reminder), c.now + settings_of(c).restore_days * day_ms});
  d.apply = [now = c.now](state& x) { x.deleted_at = now; };
  return done(std::move(d));
}

outcome post_entity::restore_post(const state& s, const PostRequest&, const context& c,
                                  const reads& r) {
  if (!s.exists || s.scheduled || s.author != c.caller.account) return not_mine(s, c, r);
  if (s.deleted_at && c.now >= *s.deleted_at + settings_of(c).restore_days * day_ms)
    return no_such_post();
  if (r.size() == 0) return need{{store::own_post(s.id, s.author), store::load_post(s.id)}};
  const auto found = read_posts(r.rows(0));
  const auto head = read_post_head(r.rows(1));
  if (found.empty() || !head) return no_such_post();
  auto d = s.deleted_at ? restored(found.front(), *head) : decision{};
  d.reply = runtime::share(post_message(found.front(), c.now));
  return d;
}

outcome post_entity::history(const state& s, const HistoryRequest& q, const context& c,
                             const reads& r) {
  if (!s.out()) return no_such_post();
  const auto limit = page_limit(q);
  if (limit.has_error()) return limit.error();
  const auto before = place_of(q.has_cursor() ? &q.cursor() : nullptr);
  if (before.has_error()) return before.error();
  if (r.size() == 0)
    return need{{store::viewer_part(s.id, c.caller.account),
                 store::revisions(s.id, before->at, *limit + 1)}};
  const auto viewer = read_viewer(r.rows(0));
  if (!viewer || !viewer->visible || (!viewer->open && s.author != c.caller.account))
    return no_such_post();
  HistoryReply reply;
  unix_ms last = 0;
  for (const auto& row : read_revisions(r.rows(1))) {
    if (reply.items_size() == *limit) {
      reply.set_next_cursor(cursor_of({last, s.id}));
      break;
    }
    auto& item = *reply.add_items();
    item.set_text(row.text);
    if (row.content_warning) item.set_content_warning(*row.content_warning);
    item.set_edited_at(row.written_at);
    last = row.written_at;
  }
  decision d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

outcome post_entity::cancel_scheduled(const state& s, const CancelScheduledRequest&,
                                      const context& c, const reads&) {
  if (!s.exists || !s.scheduled || s.author != c.caller.account)
    return make_error(errc::not_found, "There is no such scheduled post.");
  PostPurged e;
  e.set_post_id(to_string(s.id));
  e.set_author_id(to_string(s.author));
  decision d;
  d.statements = store::purge_end(s.id);
  d.events.push_back({&post_purged_event(), runtime::share(std::move(e))});
  d.reminders.push_back({std::string(publish_reminder), 0, true});
  d.passivate = true;
  return done(std::move(d));
}

}  // namespace nova::content
