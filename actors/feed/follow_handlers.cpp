// Whom an account follows and does not see, and how many follow it. Handlers of home_entity.
#include "actors/feed/feed_rules.hpp"
#include "actors/feed/feed_services.hpp"
#include "actors/feed/home_entity.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/feed/feed.nova.hpp"
#include "protocols/user/user.pb.h"

#include <algorithm>

namespace nova::feed {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using runtime::share;
using decision = runtime::decision<home_state>;
using outcome = home_entity::outcome;

uuid id_of(const std::string& text) { return parse_uuid(text).value(); }

// Relations change its author's count by one event each, so that a follow that was known counts once.
template <class Event>
void tell_author(decision& d, const rpc::event_type& type, const home_state& s,
                 const std::string& author) {
  Event e;
  e.set_author_id(author);
  e.set_account_id(to_string(s.account));
  d.events.push_back({&type, share(std::move(e))});
}

decision count_followers(const home_state& s, std::int64_t followers, const context& c) {
  const bool big = merged_at_reading(followers, s.big, c.service<feed_services>().settings);
  decision d;
  d.statements.push_back(store::set_followers(s.account, followers, big));
  if (big != s.big) {
    FanoutChanged e;
    e.set_author_id(to_string(s.account));
    e.set_big(big);
    d.events.push_back({&fanout_changed_event(), share(std::move(e))});
  }
  d.apply = [followers, big](home_state& x) {
    x.followers = followers;
    x.big = big;
  };
  return d;
}

}  // namespace

outcome home_entity::on_followed(const state& s, const user::Followed& e, const context& c,
                                 const reads& r) {
  const auto author = id_of(e.followed_id());
  if (author == s.account) return decision{};
  if (r.size() == 0) return need{{store::follows(s.account, author)}};
  decision d;
  if (read_follows(r.rows(0))) return d;
  d.statements = {store::insert_follow(s.account, author, c.shard_of(c.key), c.now),
                  store::backfill_posts(s.account, author),
                  store::backfill_shares(s.account, author), store::cut_timeline(s.account)};
  tell_author<FollowerGained>(d, follower_gained_event(), s, e.followed_id());
  return d;
}

outcome home_entity::on_unfollowed(const state& s, const user::Unfollowed& e, const context&,
                                   const reads& r) {
  const auto author = id_of(e.followed_id());
  if (e.requested() || author == s.account) return decision{};
  if (r.size() == 0) return need{{store::follows(s.account, author)}};
  decision d;
  if (!read_follows(r.rows(0))) return d;
  d.statements = {store::delete_follow(s.account, author), store::forget_author(s.account, author)};
  tell_author<FollowerLost>(d, follower_lost_event(), s, e.followed_id());
  return d;
}

outcome home_entity::on_gained(const state& s, const FollowerGained& e, const context& c,
                               const reads&) {
  auto d = count_followers(s, s.followers + 1, c);
  BackfillDue due;
  due.set_account_id(e.account_id());
  due.set_author_id(e.author_id());
  d.events.push_back({&backfill_due_event(), share(std::move(due))});
  return d;
}

outcome home_entity::on_lost(const state& s, const FollowerLost&, const context& c, const reads&) {
  return count_followers(s, std::max<std::int64_t>(s.followers - 1, 0), c);
}

outcome home_entity::on_backfill(const state& s, const BackfillDue& e, const context&,
                                 const reads&) {
  const auto author = id_of(e.author_id());
  decision d;
  d.statements = {store::take_big(s.account, author), store::backfill_posts(s.account, author),
                  store::backfill_shares(s.account, author)};
  return d;
}

outcome home_entity::on_muted(const state& s, const user::Muted& e, const context&, const reads&) {
  decision d;
  d.statements.push_back(
      store::hide(s.account, id_of(e.muted_id()), hidden_kind::mutes,
                  e.has_until() ? std::optional<unix_ms>(e.until()) : std::nullopt));
  return d;
}

outcome home_entity::on_unmuted(const state& s, const user::Unmuted& e, const context&,
                                const reads&) {
  decision d;
  d.statements.push_back(store::unhide(s.account, id_of(e.muted_id()), hidden_kind::mutes));
  return d;
}

outcome home_entity::on_tag_followed(const state& s, const content::HashtagFollowed& e,
                                     const context& c, const reads&) {
  decision d;
  d.statements.push_back(store::follow_tag(s.account, e.tag(), c.now));
  return d;
}

outcome home_entity::on_tag_unfollowed(const state& s, const content::HashtagUnfollowed& e,
                                       const context&, const reads&) {
  decision d;
  d.statements.push_back(store::unfollow_tag(s.account, e.tag()));
  return d;
}

}  // namespace nova::feed
