// What posts and shares of an account mean for timelines. Handlers of home_entity; the rows of other accounts are written by the
// events that a decision publishes (feed_intake).
#include "actors/feed/feed_rules.hpp"
#include "actors/feed/feed_services.hpp"
#include "actors/feed/home_entity.hpp"
#include "actors/feed/words_rules.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/feed/feed.nova.hpp"

#include <stdexcept>

namespace nova::feed {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using runtime::share;
using decision = runtime::decision<home_state>;
using outcome = home_entity::outcome;

/// Of an author's posts, shares, or a tag's posts the oldest are deleted with one new row in so many.
constexpr std::uint64_t cut_one_in = 16;

/// At most one push a second tells an account of new posts.
rpc::push_ptr several_posts(std::int64_t posts) {
  PostPush push;
  push.set_count(posts);
  return make_push(std::move(push));
}
uuid id_of(const std::string& text) { return parse_uuid(text).value(); }

bool cuts(const uuid& post) { return stable_hash(to_string(post)) % cut_one_in == 0; }

visibility visibility_of(const std::string& text) {
  const auto v = parse_visibility(text);
  if (!v) throw std::invalid_argument("a post's visibility is unknown");
  return *v;
}

template <class Ids>
std::vector<uuid> ids_of(const Ids& texts) {
  std::vector<uuid> out;
  for (const auto& text : texts) out.push_back(id_of(text));
  return out;
}

/// Of an event that tells a post's text.
template <class Event>
post_row row_of(const Event& e, unix_ms at) {
  post_row out;
  out.post_id = id_of(e.post_id());
  out.author_id = id_of(e.author_id());
  out.at = at;
  out.visibility = visibility_of(e.visibility());
  out.mentions = ids_of(e.mentions());
  out.words = folded_words(e.text());
  return out;
}

template <class Texts>
std::vector<std::string> list_of(const Texts& texts) {
  return {texts.begin(), texts.end()};
}

template <class Event>
void publish(decision& d, const rpc::event_type& type, Event e) {
  d.events.push_back({&type, share(std::move(e))});
}

void publish_due(decision& d, const home_state& s, const std::string& post,
                 const std::string& author, const std::string& sharer) {
  if (s.followers == 0 || s.big) return;
  EntryDue e;
  e.set_post_id(post);
  e.set_author_id(author);
  e.set_sharer_id(sharer);
  publish(d, entry_due_event(), std::move(e));
}

void publish_gone(decision& d, const std::string& post, const std::string& sharer, bool keeps_own) {
  EntryGone e;
  e.set_post_id(post);
  e.set_sharer_id(sharer);
  e.set_keeps_own(keeps_own);
  publish(d, entry_gone_event(), std::move(e));
}

void publish_shares_due(decision& d, const std::string& post) {
  SharesDue e;
  e.set_post_id(post);
  publish(d, shares_due_event(), std::move(e));
}

// The rows of a post that came or came back. Its author's own timeline lies in the same shard.
void write_post(decision& d, const context& c, const post_row& post,
                std::vector<std::string> tags) {
  d.statements.push_back(store::insert_post(post));
  d.statements.push_back(store::insert_own_entry(post.post_id, c.shard_of(c.key)));
  if (!tags.empty() && post.visibility == visibility::everyone)
    d.statements.push_back(store::insert_tagged(post.post_id, tags));
  if (!cuts(post.post_id)) return;
  d.statements.push_back(store::cut_posts(post.author_id));
  d.statements.push_back(store::cut_timeline(post.author_id));
  if (!tags.empty()) d.statements.push_back(store::cut_tagged(std::move(tags)));
}

}  // namespace

const runtime::push_pace post_pace{std::chrono::seconds(1), several_posts};

outcome home_entity::on_published(const state& s, const content::PostPublished& e, const context& c,
                                  const reads&) {
  auto post = row_of(e, e.at());
  post.quote = e.has_quote_id();
  post.added_at = c.now;
  decision d;
  write_post(d, c, post, list_of(e.hashtags()));
  publish_due(d, s, e.post_id(), e.author_id(), {});
  PostReady ready;
  ready.set_post_id(e.post_id());
  ready.set_author_id(e.author_id());
  ready.set_at(e.at());
  publish(d, post_ready_event(), std::move(ready));
  return d;
}

outcome home_entity::on_edited(const state& s, const content::PostEdited& e, const context&,
                               const reads&) {
  auto post = row_of(e, e.published_at());
  decision d;
  d.statements.push_back(store::edit_post(post));
  d.statements.push_back(store::delete_tagged(post.post_id, list_of(e.hashtags())));
  d.statements.push_back(store::insert_tagged(post.post_id, list_of(e.hashtags())));
  if (post.visibility != visibility::mentioned) return d;
  publish_gone(d, e.post_id(), {}, true);
  publish_due(d, s, e.post_id(), e.author_id(), {});
  return d;
}

outcome home_entity::on_visibility(const state& s, const content::PostVisibilityChanged& e,
                                   const context& c, const reads&) {
  const auto post = id_of(e.post_id());
  const auto now = visibility_of(e.visibility());
  const bool everyone = now == visibility::everyone;
  decision d;
  d.statements.push_back(store::set_visibility(post, now, ids_of(e.mentions())));
  d.statements.push_back(everyone ? store::release(post) : store::withhold(post, c.now));
  if (everyone) d.statements.push_back(store::insert_tagged(post, list_of(e.hashtags())));
  else d.statements.push_back(store::delete_tagged(post, {}));
  if (!everyone) publish_gone(d, e.post_id(), {}, true);
  publish_due(d, s, e.post_id(), e.author_id(), {});
  if (everyone) publish_shares_due(d, e.post_id());
  return d;
}

outcome home_entity::on_deleted(const state&, const content::PostDeleted& e, const context& c,
                                const reads&) {
  const auto post = id_of(e.post_id());
  decision d;
  d.statements = {store::delete_post(post), store::delete_tagged(post, {}),
                  store::withhold(post, c.now),
                  store::delete_entries(post, c.shard_of(c.key), std::nullopt, false)};
  publish_gone(d, e.post_id(), {}, false);
  return d;
}

outcome home_entity::on_restored(const state& s, const content::PostRestored& e, const context& c,
                                 const reads&) {
  auto post = row_of(e, e.published_at());
  post.quote = e.has_quote_id();
  post.added_at = c.now;
  decision d;
  write_post(d, c, post, list_of(e.hashtags()));
  publish_due(d, s, e.post_id(), e.author_id(), {});
  if (post.visibility != visibility::everyone) return d;
  d.statements.push_back(store::release(post.post_id));
  publish_shares_due(d, e.post_id());
  return d;
}

outcome home_entity::on_ready(const state& s, const PostReady& e, const context& c,
                              const reads& r) {
  const auto most = c.service<feed_services>().settings.push_followers;
  if (r.size() == 0)
    return need{{store::push_readers(id_of(e.post_id()), c.now, most)},
                runtime::meanwhile::goes_on};
  auto readers = read_accounts(r.rows(0));
  readers.push_back(s.account);
  PostPush push;
  push.set_post_id(e.post_id());
  push.set_author_id(e.author_id());
  push.set_at(e.at());
  runtime::outgoing out;
  out.to.accounts = std::make_shared<const std::vector<uuid>>(std::move(readers));
  out.push = make_push(std::move(push));
  out.pace = &post_pace;
  decision d;
  d.pushes.push_back(std::move(out));
  return d;
}

outcome home_entity::on_shared(const state& s, const content::PostShared& e, const context& c,
                               const reads&) {
  decision d;
  if (e.account_id() == e.author_id()) return d;
  const auto post = id_of(e.post_id());
  d.statements.push_back(store::insert_share(s.account, post, id_of(e.author_id()), e.at(), c.now));
  if (cuts(post)) d.statements.push_back(store::cut_shares(s.account));
  publish_due(d, s, e.post_id(), e.author_id(), e.account_id());
  return d;
}

outcome home_entity::on_unshared(const state& s, const content::PostUnshared& e, const context&,
                                 const reads&) {
  decision d;
  d.statements.push_back(store::delete_share(s.account, id_of(e.post_id())));
  publish_gone(d, e.post_id(), e.account_id(), true);
  return d;
}

}  // namespace nova::feed
