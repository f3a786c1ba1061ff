// Chats of live streams: made by streaming's event, joined by who may see the stream, kept in order by moderators, who are the
// conversation's owners and admins. Handlers of conversation_entity.
#include "actors/messaging/conversation_entity.hpp"
#include "actors/messaging/conversation_rules.hpp"
#include "actors/messaging/person_lookup.hpp"
#include "protocols/core/page.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "protocols/streaming/streaming.pb.h"
#include "storage/messaging/messaging_store.hpp"

namespace nova::messaging {

using runtime::decision;
using runtime::need;
using runtime::share;

namespace {

using outcome = conversation_entity::outcome;

constexpr std::int64_t most_slow_s = 3'600;
constexpr std::size_t most_bans = 10'000;

outcome done(decision<conversation_state> d = {}) {
  d.reply = share(Empty());
  return d;
}

std::shared_ptr<const std::vector<uuid>> only(const uuid& account) {
  return std::make_shared<const std::vector<uuid>>(1, account);
}

/// Nothing for a moderator of a chat.
std::optional<error> check_moderator(const conversation_facts& s, const uuid& account) {
  if (auto wrong = check_admin(s, account)) return wrong;
  if (!s.chat) return make_error(errc::conflict, "This conversation is no chat of a live stream.");
  return {};
}

}  // namespace

// Members come and go by thousands, so the others are not told.
outcome conversation_entity::join_chat(const state& s, const ConversationRequest&, const context& c,
                                       const reads& r) {
  const auto& me = c.caller.account;
  if (!s.chat) return s.member(me) ? done() : make_error(errc::not_found);
  if (s.member(me)) return done();
  const auto limit = settings_of(c).max_members;
  if (std::cmp_greater_equal(s.members.size(), limit))
    return make_error(errc::conflict, "This chat is full.");
  if (r.size() == 0) return need{{store::may_join(s.id, me)}};
  if (!store::read_may_join(r.rows(0))) return make_error(errc::not_found);
  if (const auto ban = s.chat->bans.find(me); ban != s.chat->bans.end() && ban->second > c.now)
    return make_error(errc::forbidden, "You may not join this chat.");

  const member_state joined{member_role::member, c.now, s.last_seq, s.last_seq};
  const auto after = s.members.size() + 1;
  const auto place = place_after(s, after, settings_of(c).listed_members, c.now);
  decision<state> d;
  if (place != s.listed_at)
    for (const auto& [account, m] : s.members)
      d.statements.push_back(store::list_member(s.id, account, place));
  d.statements.push_back(
      store::insert_members(s.id, {me}, member_role::member, c.now, s.last_seq, place));
  d.statements.push_back(store::set_member_count(s.id, static_cast<std::int64_t>(after), c.now));
  d.pushes.push_back({{only(me)}, make_push(describe(s, {me}, joined)), 0});
  d.apply = [me, joined, place](state& x) {
    x.listed_at = place;
    x.add({me}, joined);
    x.handles.forget();
  };
  return done(std::move(d));
}

outcome conversation_entity::set_chat(const state& s, const SetChatRequest& q, const context& c,
                                      const reads&) {
  if (auto wrong = check_moderator(s, c.caller.account)) return *wrong;
  chat_row now = *s.chat;
  if (q.has_slow_mode_s()) now.slow_mode_s = q.slow_mode_s();
  if (now.slow_mode_s > most_slow_s)
    return invalid_field("slow_mode_s", "Slow mode is at most an hour.");
  if (q.has_pinned_seq()) {
    if (q.pinned_seq() > s.last_seq)
      return invalid_field("pinned_seq", "There is no such message yet.");
    now.pinned_seq = q.pinned_seq() == 0 ? std::nullopt : std::optional(q.pinned_seq());
  }
  if (now.slow_mode_s == s.chat->slow_mode_s && now.pinned_seq == s.chat->pinned_seq) return done();
  decision<state> d;
  d.statements.push_back(store::set_chat(s.id, now.slow_mode_s, now.pinned_seq));
  d.apply = [slow = now.slow_mode_s, pinned = now.pinned_seq](state& x) {
    x.chat->slow_mode_s = slow;
    x.chat->pinned_seq = pinned;
  };
  Change change;
  change.set_kind("chat");
  *change.mutable_chat() = chat_settings(now);
  add_change(d, s, c, {}, std::move(change));
  return done(std::move(d));
}

outcome conversation_entity::ban_member(const state& s, const BanRequest& q, const context& c,
                                        const reads&) {
  if (auto wrong = check_moderator(s, c.caller.account)) return *wrong;
  const auto account = *parse_uuid(q.account_id());
  const auto* target = s.member(account);
  if (target && target->role != member_role::member)
    return make_error(errc::forbidden, "A moderator is not banned; take the role away first.");
  if (q.has_until() && q.until() <= c.now) return invalid_field("until", "This time is over.");
  if (s.chat->bans.size() >= most_bans && !s.chat->bans.contains(account))
    return make_error(errc::conflict, "This chat has as many bans as it may.");
  const auto until = q.has_until() ? q.until() : forever_ms;
  const bool leaves = target && !q.has_until();
  decision<state> d;
  d.statements.push_back(store::put_ban(s.id, account, until));
  if (leaves) {
    d.statements.push_back(store::delete_member(s.id, account));
    d.statements.push_back(store::set_member_count(s.id, std::ssize(s.members) - 1, c.now));
    ConversationPush gone;
    gone.set_conversation_id(to_string(s.id));
    gone.set_kind(std::string(to_text(s.kind)));
    gone.set_rev(s.rev);
    gone.set_last_seq(s.last_seq);
    gone.set_removed(true);
    d.pushes.push_back({{only(account)}, make_push(std::move(gone)), 0});
  }
  d.apply = [account, until, leaves](state& x) {
    x.chat->bans[account] = until;
    if (leaves) x.remove(account);
  };
  return done(std::move(d));
}

outcome conversation_entity::unban_member(const state& s, const BanRequest& q, const context& c,
                                          const reads&) {
  if (auto wrong = check_moderator(s, c.caller.account)) return *wrong;
  const auto account = *parse_uuid(q.account_id());
  if (!s.chat->bans.contains(account)) return done();
  decision<state> d;
  d.statements.push_back(store::delete_ban(s.id, account));
  d.apply = [account](state& x) { x.chat->bans.erase(account); };
  return done(std::move(d));
}

outcome conversation_entity::on_stream_created(const state& s, const streaming::StreamCreated& e,
                                               const context& c, const reads&) {
  const auto host = parse_uuid(e.owner_id());
  const auto id = parse_uuid(c.key);
  if (s.exists || !host || !id) return decision<state>{};
  const bool followers_only = e.visibility() != "public";
  decision<state> d;
  d.statements = {
      store::insert_conversation(*id, conversation_kind::chat, e.title(), *host, c.now, 1),
      store::insert_members(*id, {*host}, member_role::owner, c.now, 0, c.now),
      store::insert_chat(*id, *host, followers_only)};
  state made;
  made.exists = true;
  made.id = *id;
  made.kind = conversation_kind::chat;
  made.title = e.title();
  made.created_at = c.now;
  made.listed_at = c.now;
  made.members[*host] = {member_role::owner, c.now, 0, 0};
  made.refresh_everyone();
  chat_facts chat;
  chat.host = *host;
  chat.followers_only = followers_only;
  made.chat = chat;
  d.pushes.push_back({{only(*host)}, make_push(describe(made)), 0});
  d.apply = [title = e.title(), host = *host, id = *id, now = c.now, chat](state& x) {
    x.exists = true;
    x.id = id;
    x.kind = conversation_kind::chat;
    x.title = title;
    x.created_at = now;
    x.listed_at = now;
    x.members[host] = {member_role::owner, now, 0, 0};
    x.owners = 1;
    x.refresh_everyone();
    x.chat = chat;
  };
  return d;
}

outcome conversation_entity::on_stream_changed(const state& s, const streaming::StreamChanged& e,
                                               const context& c, const reads&) {
  decision<state> d;
  if (!s.chat) return d;
  const bool followers_only = e.visibility() != "public";
  if (followers_only != s.chat->followers_only) {
    d.statements.push_back(store::set_followers_only(s.id, followers_only));
    d.apply = [followers_only](state& x) { x.chat->followers_only = followers_only; };
  }
  if (e.title() == s.title.value_or("")) return d;
  d.statements.push_back(store::set_title(s.id, e.title()));
  d.apply = [next = std::move(d.apply), title = e.title()](state& x) {
    if (next) next(x);
    x.title = title;
  };
  Change change;
  change.set_kind("title");
  change.set_title(e.title());
  add_change(d, s, c, {}, std::move(change));
  return d;
}

}  // namespace nova::messaging
