// What an account does before there is a conversation: create one, list its own, watch presence. Handlers of inbox_entity.
#include "actors/messaging/conversation_rules.hpp"
#include "actors/messaging/inbox_entity.hpp"
#include "actors/messaging/message_rules.hpp"
#include "actors/messaging/page_rules.hpp"
#include "actors/messaging/person_lookup.hpp"

#include "protocols/core/page.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "protocols/views/views.pb.h"
#include "storage/messaging/messaging_store.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace nova::messaging {

using runtime::decision;
using runtime::need;
using runtime::share;

namespace {

using outcome = inbox_entity::outcome;

// The reads of a direct conversation that come first: find_direct, may_message.
constexpr std::size_t direct_reads = 2;

// The pair's conversation stands already. Behind the first reads come summary and members.
outcome answer_existing(const uuid& id, const runtime::context& c, const runtime::reads& r) {
  if (r.size() == direct_reads)
    return need{{store::conversation_summary(id, c.caller.account),
                 store::conversation_members({id}, members_shown)}};
  auto reply = read_summary(r.rows(direct_reads));
  if (!reply) return make_error(errc::not_found);
  for (auto& row : read_shown_members(r.rows(direct_reads + 1)))
    *reply->add_members() = std::move(row.member);
  reply->set_existing(true);
  decision<inbox_state> d;
  d.reply = share(*std::move(reply));
  return d;
}

Conversation reply_of(const ConversationPush& p, unix_ms created_at) {
  Conversation reply;
  reply.set_conversation_id(p.conversation_id());
  reply.set_kind(p.kind());
  if (p.has_title()) reply.set_title(p.title());
  *reply.mutable_members() = p.members();
  reply.set_member_count(p.member_count());
  reply.set_created_at(created_at);
  return reply;
}

// A new conversation as its entity will load it.
conversation_state first_state(const runtime::context& c, conversation_kind kind,
                               std::optional<std::string> title, const std::vector<uuid>& others) {
  conversation_state s;
  s.exists = true;
  s.id = c.new_id();
  s.kind = kind;
  s.title = std::move(title);
  s.created_at = c.now;
  for (const auto& account : others) s.members[account] = {member_role::member, c.now, 0, 0};
  auto role = kind == conversation_kind::direct ? member_role::member : member_role::owner;
  s.members[c.caller.account] = {role, c.now, 0, 0};
  s.refresh_everyone();
  return s;
}

outcome create(const runtime::context& c, const runtime::reads& r, conversation_kind kind,
               std::optional<std::string> title, const std::vector<uuid>& others) {
  auto s = first_state(c, kind, std::move(title), others);
  decision<inbox_state> d;
  if (kind == conversation_kind::direct)
    d.statements.push_back(store::insert_direct_pair(c.caller.account, others.front(), s.id));
  const auto place = place_after(s, s.members.size(), settings_of(c).listed_members, c.now);
  d.statements.push_back(store::insert_conversation(s.id, kind, s.title, c.caller.account, c.now,
                                                    std::ssize(s.members)));
  d.statements.push_back(store::insert_members(s.id, {c.caller.account},
                                               s.members[c.caller.account].role, c.now, 0, place));
  if (!others.empty())
    d.statements.push_back(
        store::insert_members(s.id, others, member_role::member, c.now, 0, place));
  auto accounts = others;
  accounts.push_back(c.caller.account);
  d.events = members_added(s.id, accounts, s.rev);
  auto description = describe(s);
  add_names(*description.mutable_members(), r,
            kind == conversation_kind::direct ? direct_reads : 0);
  d.reply = share(reply_of(description, c.now));
  d.pushes.push_back({to_everyone(s), make_push(std::move(description)), c.caller.connection});
  return d;
}

}  // namespace

outcome inbox_entity::create_conversation(const state&, const CreateConversationRequest& q,
                                          const context& c, const reads& r) {
  auto kind = parse_conversation_kind(q.kind());
  if (!kind) return invalid_field("kind", "A conversation is direct, group or channel.");
  auto others = distinct_accounts(q.member_ids(), c.caller.account);
  bool direct = *kind == conversation_kind::direct;
  if (direct && others.size() != 1)
    return invalid_field("member_ids", "A direct conversation has exactly one other member.");
  auto limit = settings_of(c).max_members;
  if (static_cast<std::int64_t>(others.size()) >= limit)
    return invalid_field("member_ids",
                         "A conversation has at most " + std::to_string(limit) + " members.");
  auto title = checked_title(q.title());
  if (!title) return title.error();
  if (others.empty() && r.size() == 0) return need{{store::known_persons({c.caller.account})}};
  if (direct && r.size() == 0)
    return need{{store::find_direct(c.caller.account, others.front()),
                 store::may_message(c.caller.account, others.front())}};
  if (direct)
    if (auto id = read_direct(r.rows(0))) return answer_existing(*id, c, r);

  auto found = look_up_persons(others, c, r, direct ? direct_reads : 0);
  if (auto* more = std::get_if<need>(&found)) return std::move(*more);
  if (auto* e = std::get_if<error>(&found)) return std::move(*e);
  if (direct && !read_permission(r.rows(1))) return make_error(errc::forbidden);
  std::optional<std::string> kept;
  if (!direct && q.has_title()) kept = *std::move(title);
  return create(c, r, *kind, std::move(kept), others);
}

outcome inbox_entity::list_conversations(const state&, const ListConversationsRequest& q,
                                         const context& c, const reads& r) {
  auto limit = page_limit(q);
  if (!limit) return limit.error();
  auto cursor = q.has_cursor() ? parse_list_cursor(q.cursor()) : std::optional(list_cursor());
  if (!cursor) return invalid_field("cursor", "This is not a cursor of this list.");
  if (r.size() == 0)
    return need{{store::list_conversations(c.caller.account, cursor->active_at,
                                           cursor->conversation, *limit + 1)}};

  auto found = read_list(r.rows(0));
  const bool more = found.size() > static_cast<std::size_t>(*limit);
  if (more) found.pop_back();
  if (r.size() == 1 && !found.empty()) {
    std::vector<uuid> ids;
    for (const auto& item : found)
      ids.push_back(parse_uuid(item.conversation.conversation_id()).value());
    return need{{store::conversation_members(std::move(ids), members_shown_in_list)}};
  }
  ListConversationsReply reply;
  if (more) {
    const auto& last = found.back();
    reply.set_next_cursor(
        to_text({last.active_at, parse_uuid(last.conversation.conversation_id()).value()}));
  }
  std::map<uuid, Conversation*> by_id;
  for (auto& item : found) {
    auto* added = reply.add_items();
    *added = std::move(item.conversation);
    by_id[parse_uuid(added->conversation_id()).value()] = added;
  }
  if (!found.empty())
    for (auto& row : read_shown_members(r.rows(1)))
      *by_id.at(row.conversation)->add_members() = std::move(row.member);
  decision<state> d;
  d.reply = share(std::move(reply));
  return d;
}

outcome inbox_entity::subscribe_presence(const state&, const SubscribePresenceRequest& q,
                                         const context& c, const reads& r) {
  if (c.caller.connection == 0)
    return make_error(errc::invalid_request, "Presence is told to sockets only.");
  auto accounts = distinct_accounts(q.account_ids(), uuid{});
  if (!accounts.empty() && r.size() == 0)
    return need{{store::watchable(c.caller.account, accounts), store::last_seen(accounts)}};
  std::vector<unix_ms> last_seen;
  if (!accounts.empty()) {
    accounts = read_accounts(r.rows(0));
    const auto known = read_last_seen(r.rows(1));
    for (const auto& account : accounts) {
      const auto at = known.find(account);
      last_seen.push_back(at == known.end() ? 0 : at->second);
    }
  }
  SubscribePresenceReply reply;
  reply.set_watching(static_cast<std::int64_t>(accounts.size()));
  decision<state> d;
  d.reply = share(std::move(reply));
  d.watches.push_back({c.caller.connection, std::move(accounts), std::move(last_seen)});
  return d;
}

// Reads: the conversations that the caller belongs to, the messages.
outcome inbox_entity::messages(const state&, const views::MessagesRequest& q, const context& c,
                               const reads& r) {
  if (r.size() == 0) {
    std::vector<uuid> conversations;
    std::vector<store::range> places;
    for (const auto& name : q.messages()) {
      const auto conversation = parse_uuid(name.conversation_id());
      if (!conversation || name.seq() < 1) continue;
      conversations.push_back(*conversation);
      places.push_back({*conversation, name.seq() - 1, name.seq()});
    }
    return need{{store::memberships(c.caller.account, std::move(conversations)),
                 store::missed_messages(places, c.caller.account)}};
  }
  std::set<std::string> mine;
  for (const auto& id : read_accounts(r.rows(0))) mine.insert(to_string(id));
  views::MessagesReply reply;
  for (const auto& m : read_messages(r.rows(1)))
    if (!m.recalled() && mine.contains(m.conversation_id()))
      reply.add_items()->ParseFromString(m.SerializeAsString());
  decision<state> d;
  d.reply = share(std::move(reply));
  return d;
}

inbox_entity::outcome inbox_entity::note_seen(const state&, const NoteSeenRequest& q,
                                              const context& c, const reads&) {
  decision<state> d;
  d.reply = share(Empty());
  d.statements.push_back(store::note_seen(c.caller.account, q.at()));
  return d;
}

}  // namespace nova::messaging
