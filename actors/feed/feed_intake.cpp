#include "actors/feed/feed_intake.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/feed/feed.nova.hpp"
#include "protocols/feed/feed.pb.h"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "storage/feed/erasure_store.hpp"
#include "storage/feed/feed_store.hpp"

#include <map>

namespace nova::feed {
namespace {

using runtime::context;
using runtime::effect;
using runtime::entity_effect;
using runtime::need;
using runtime::reads;
using runtime::shard_effects;
using storage::statement;

uuid id_of(const std::string& text) { return parse_uuid(text).value(); }

/// Statements by the shard of the account that they belong to.
class parts {
 public:
  explicit parts(const context& c) : context_(c) {}
  void add(const std::string& account, statement s) {
    by_shard_[context_.shard_of(account)].push_back(std::move(s));
  }
  shard_effects take() {
    shard_effects out;
    for (auto& [shard, statements] : by_shard_) out.parts.push_back({shard, std::move(statements)});
    return out;
  }

 private:
  const context& context_;
  std::map<std::uint32_t, std::vector<statement>> by_shard_;
};

/// The event lands in the home of the account that `key` names.
template <class Event>
runtime::intake to_home(const rpc::event_type& type, const std::string& (Event::*key)() const) {
  return {&type, [key](const rpc::message& m, const context&, const reads&) -> effect {
            return entity_effect{"home", (static_cast<const Event&>(m).*key)()};
          }};
}

template <class Event>
runtime::intake routed(const rpc::event_type& type,
                       effect (*route)(const Event&, const context&, const reads&),
                       bool safety = false) {
  return {&type,
          [route](const rpc::message& m, const context& c, const reads& r) {
            return route(static_cast<const Event&>(m), c, r);
          },
          safety};
}

// ---- interactions: the post's counters, and how near its reader is to its author

void add_affinity(parts& p, const std::string& account, const std::string& author,
                  const context& c) {
  if (account != author) p.add(account, store::add_affinity(id_of(account), id_of(author), c.now));
}

effect on_reaction(const content::ReactionSet& e, const context& c, const reads&) {
  parts p(c);
  if (e.has_before()) return std::monostate();
  if (!e.has_comment_id()) p.add(e.author_id(), store::count_reactions(id_of(e.post_id()), 1));
  add_affinity(p, e.account_id(), e.author_id(), c);
  return p.take();
}

effect on_reaction_removed(const content::ReactionRemoved& e, const context& c, const reads&) {
  parts p(c);
  if (e.has_comment_id()) return std::monostate();
  p.add(e.author_id(), store::count_reactions(id_of(e.post_id()), -1));
  return p.take();
}

effect on_comment(const content::CommentMade& e, const context& c, const reads&) {
  parts p(c);
  p.add(e.post_author_id(), store::count_comments(id_of(e.post_id()), 1));
  add_affinity(p, e.author_id(), e.post_author_id(), c);
  return p.take();
}

effect on_comment_deleted(const content::CommentDeleted& e, const context& c, const reads&) {
  parts p(c);
  p.add(e.post_author_id(), store::count_comments(id_of(e.post_id()), -1));
  return p.take();
}

// ---- blocks: neither side sees the other

effect on_blocked(const user::Blocked& e, const context& c, const reads&) {
  const auto blocker = id_of(e.account_id()), blocked = id_of(e.blocked_id());
  parts p(c);
  p.add(e.account_id(), store::hide(blocker, blocked, hidden_kind::blocks, std::nullopt));
  p.add(e.blocked_id(), store::hide(blocked, blocker, hidden_kind::blocked_by, std::nullopt));
  return p.take();
}

effect on_unblocked(const user::Unblocked& e, const context& c, const reads&) {
  const auto blocker = id_of(e.account_id()), blocked = id_of(e.blocked_id());
  parts p(c);
  p.add(e.account_id(), store::unhide(blocker, blocked, hidden_kind::blocks));
  p.add(e.blocked_id(), store::unhide(blocked, blocker, hidden_kind::blocked_by));
  return p.take();
}

// ---- feed's own events: the timelines, shard by shard

std::optional<uuid> sharer_of(const std::string& text) {
  return text.empty() ? std::nullopt : parse_uuid(text);
}

effect on_due(const EntryDue& e, const context&, const reads& r) {
  const auto post = id_of(e.post_id());
  const auto sharer = sharer_of(e.sharer_id());
  const auto via = sharer.value_or(id_of(e.author_id()));
  if (r.size() == 0) return need{{store::follower_shards(via)}};
  shard_effects out;
  for (const auto shard : read_shards(r.rows(0)))
    out.parts.push_back(
        {shard,
         {sharer ? store::fan_out_share(post, shard, sharer) : store::fan_out_post(post, shard),
          store::cut_timelines(via, shard, post)}});
  return out;
}

effect on_shares_due(const SharesDue& e, const context&, const reads& r) {
  const auto post = id_of(e.post_id());
  if (r.size() == 0) return need{{store::sharer_follower_shards(post)}};
  shard_effects out;
  for (const auto shard : read_shards(r.rows(0)))
    out.parts.push_back({shard, {store::fan_out_share(post, shard, std::nullopt)}});
  return out;
}

effect on_gone(const EntryGone& e, const context&, const reads& r) {
  const auto post = id_of(e.post_id());
  const auto sharer = sharer_of(e.sharer_id());
  if (r.size() == 0) return need{{store::entry_shards(post)}};
  shard_effects out;
  for (const auto shard : read_shards(r.rows(0)))
    out.parts.push_back({shard, {store::delete_entries(post, shard, sharer, e.keeps_own())}});
  return out;
}

effect on_author_gone(const AuthorGone& e, const context&, const reads& r) {
  const auto author = id_of(e.author_id());
  if (r.size() == 0) return need{{store::follower_shards(author)}};
  shard_effects out;
  for (const auto shard : read_shards(r.rows(0)))
    out.parts.push_back({shard, {store::forget_followers(author, shard)}});
  return out;
}

effect on_fanout_changed(const FanoutChanged& e, const context&, const reads& r) {
  const auto author = id_of(e.author_id());
  if (r.size() == 0) return need{{store::follower_shards(author)}};
  shard_effects out;
  for (const auto shard : read_shards(r.rows(0)))
    out.parts.push_back(
        {shard, {e.big() ? store::mark_big(author, shard) : store::fan_out_author(author, shard)}});
  return out;
}

}  // namespace

std::vector<runtime::intake> intakes() {
  using namespace content;
  using user::Followed, user::Unfollowed, user::Muted, user::Unmuted;
  return {
      to_home(post_published_event(), &PostPublished::author_id),
      to_home(post_edited_event(), &PostEdited::author_id),
      to_home(post_visibility_changed_event(), &PostVisibilityChanged::author_id),
      to_home(post_deleted_event(), &PostDeleted::author_id),
      to_home(post_restored_event(), &PostRestored::author_id),
      to_home(post_shared_event(), &PostShared::account_id),
      to_home(post_unshared_event(), &PostUnshared::account_id),
      to_home(hashtag_followed_event(), &HashtagFollowed::account_id),
      to_home(hashtag_unfollowed_event(), &HashtagUnfollowed::account_id),
      routed(reaction_set_event(), on_reaction),
      routed(reaction_removed_event(), on_reaction_removed),
      routed(comment_made_event(), on_comment),
      routed(comment_deleted_event(), on_comment_deleted),
      to_home(user::followed_event(), &Followed::account_id),
      to_home(user::unfollowed_event(), &Unfollowed::account_id),
      to_home(user::muted_event(), &Muted::account_id),
      to_home(user::unmuted_event(), &Unmuted::account_id),
      routed(user::blocked_event(), on_blocked, true),
      routed(user::unblocked_event(), on_unblocked, true),
      to_home(follower_gained_event(), &FollowerGained::author_id),
      to_home(follower_lost_event(), &FollowerLost::author_id),
      to_home(backfill_due_event(), &BackfillDue::account_id),
      to_home(post_ready_event(), &PostReady::author_id),
      routed(entry_due_event(), on_due),
      routed(shares_due_event(), on_shares_due),
      routed(entry_gone_event(), on_gone),
      routed(fanout_changed_event(), on_fanout_changed),
      routed(author_gone_event(), on_author_gone),
      to_home(auth::erase_account_event(), &auth::EraseAccount::account_id),
      to_home(user::account_erased_event(), &user::AccountErased::account_id),
  };
}

}  // namespace nova::feed
