// Handlers of post_entity: what readers make of a post. Each asks first how the post stands to the caller.
#include "actors/content/content_rules.hpp"
#include "actors/content/post_entity.hpp"
#include "protocols/content/content.nova.hpp"
#include "protocols/core/page.hpp"
#include "protocols/core/text.hpp"
#include "storage/content/content_store.hpp"

#include <algorithm>

namespace nova::content {

using runtime::need;
using runtime::reads;

namespace {

using decision = runtime::decision<post_state>;
using outcome = post_entity::outcome;

outcome done(decision d = {}) {
  d.reply = runtime::share(Empty());
  return d;
}

need standing(const post_state& s, const runtime::context& c) {
  return need{{store::viewer_part(s.id, c.caller.account)}};
}

void say_who(auto& event, const post_state& s, const runtime::context& c) {
  event.set_post_id(to_string(s.id));
  event.set_author_id(to_string(s.author));
  event.set_account_id(to_string(c.caller.account));
}

}  // namespace

outcome post_entity::share(const state& s, const PostRequest&, const context& c, const reads& r) {
  if (!s.out()) return no_such_post();
  if (r.size() == 0) return standing(s, c);
  const auto v = read_viewer(r.rows(0));
  if (!v || !v->visible) return no_such_post();
  if (!v->open) return make_error(errc::forbidden, "Only a public post can be shared.");
  if (v->shared) return done();
  PostShared e;
  say_who(e, s, c);
  e.set_at(c.now);
  e.set_published_at(s.created_at);
  decision d;
  d.statements = {store::insert_share(s.id, c.caller.account, c.now), store::add_shares(s.id, 1)};
  d.events.push_back({&post_shared_event(), runtime::share(std::move(e))});
  return done(std::move(d));
}

outcome post_entity::unshare(const state& s, const PostRequest&, const context& c, const reads& r) {
  if (!s.out()) return no_such_post();
  if (r.size() == 0) return standing(s, c);
  const auto v = read_viewer(r.rows(0));
  if (!v || (!v->visible && !v->shared)) return no_such_post();
  if (!v->shared) return done();
  PostUnshared e;
  say_who(e, s, c);
  decision d;
  d.statements = {store::delete_share(s.id, c.caller.account), store::add_shares(s.id, -1)};
  d.events.push_back({&post_unshared_event(), runtime::share(std::move(e))});
  return done(std::move(d));
}

outcome post_entity::react(const state& s, const ReactRequest& q, const context& c,
                           const reads& r) {
  const auto emoji = canonical_emoji(q.emoji());
  if (!emoji) return invalid_field("emoji", "A reaction is one emoji.");
  if (!s.out()) return no_such_post();
  if (r.size() == 0) return standing(s, c);
  const auto v = read_viewer(r.rows(0));
  if (!v || !v->visible) return no_such_post();
  if (v->reaction == emoji) return done();
  ReactionSet e;
  say_who(e, s, c);
  e.set_emoji(*emoji);
  if (v->reaction) e.set_before(*v->reaction);
  e.set_at(c.now);
  decision d;
  d.statements = {store::set_reaction(s.id, c.caller.account, *emoji, c.now),
                  store::add_reactions(s.id, *emoji, 1)};
  if (v->reaction) d.statements.push_back(store::add_reactions(s.id, *v->reaction, -1));
  d.events.push_back({&reaction_set_event(), runtime::share(std::move(e))});
  return done(std::move(d));
}

outcome post_entity::unreact(const state& s, const ReactRequest& q, const context& c,
                             const reads& r) {
  const auto emoji = canonical_emoji(q.emoji());
  if (!emoji) return invalid_field("emoji", "A reaction is one emoji.");
  if (!s.out()) return no_such_post();
  if (r.size() == 0) return standing(s, c);
  const auto v = read_viewer(r.rows(0));
  if (!v || (!v->visible && !v->reaction)) return no_such_post();
  if (v->reaction != emoji) return done();
  ReactionRemoved e;
  say_who(e, s, c);
  e.set_emoji(*emoji);
  decision d;
  d.statements = {store::delete_reaction(s.id, c.caller.account),
                  store::add_reactions(s.id, *emoji, -1)};
  d.events.push_back({&reaction_removed_event(), runtime::share(std::move(e))});
  return done(std::move(d));
}

outcome post_entity::vote(const state& s, const VoteRequest& q, const context& c, const reads& r) {
  if (!s.out()) return no_such_post();
  if (r.size() == 0)
    return need{
        {store::viewer_part(s.id, c.caller.account), store::posts({s.id}, c.caller.account)}};
  const auto v = read_viewer(r.rows(0));
  auto found = read_posts(r.rows(1));
  if (!v || !v->visible || found.empty()) return no_such_post();
  if (!s.poll_ends_at) return make_error(errc::not_found, "This post has no poll.");
  auto choices = checked_choices(q, s.poll_options, s.poll_multiple);
  if (choices.has_error()) return choices.error();
  if (*s.poll_ends_at <= c.now) return make_error(errc::conflict, "The poll has ended.");
  if (v->voted) return make_error(errc::conflict, "This account has voted.");
  auto counted = *choices;
  counted.push_back(-1);
  auto& row = found.front();
  row.my_choices = *choices;
  for (const auto option : counted) {
    const auto at = std::ranges::find(row.votes, option, [](const auto& x) { return x.first; });
    if (at == row.votes.end()) row.votes.emplace_back(option, 1);
    else ++at->second;
  }
  decision d;
  d.statements = {store::insert_vote(s.id, c.caller.account, *choices),
                  store::add_votes(s.id, counted)};
  d.reply = runtime::share(poll_message(row, c.now));
  return d;
}

}  // namespace nova::content
