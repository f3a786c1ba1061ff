#include "actors/messaging/conversation_entity.hpp"

#include "protocols/core/planted.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "protocols/streaming/streaming.nova.hpp"
#include "protocols/streaming/streaming.pb.h"
#include "storage/messaging/messaging_store.hpp"

#include <algorithm>

namespace nova::messaging {

runtime::entity_kind conversation_entity::kind() {
  runtime::methods<conversation_entity> conversation("conversation");
  bind_conversation<conversation_entity>(conversation);
  conversation.on<streaming::StreamCreated>(streaming::stream_created_event(),
                                            &conversation_entity::on_stream_created);
  conversation.on<streaming::StreamChanged>(streaming::stream_changed_event(),
                                            &conversation_entity::on_stream_changed);
  conversation.kind().normalise_key = &conversation_entity::normalise_key;
  return conversation.take();
}

result<std::string> conversation_entity::normalise_key(const rpc::method&, std::string raw) {
  auto id = parse_uuid(raw);
  if (!id) return make_error(errc::not_found);
  return to_string(*id);
}

runtime::loading<conversation_state> conversation_entity::load(std::string_view key,
                                                               const reads& r) {
  auto id = parse_uuid(key);
  if (!id) return state{};
  if (r.size() == 0)
    return runtime::need{{store::load_conversation(*id), store::load_members(*id),
                          store::load_recent(*id, sends_loaded), store::load_blocked(*id)}};
  state s;
  s.id = *id;
  auto head = read_conversation(r.rows(0));
  if (!head) return s;
  s.exists = true;
  s.kind = head->kind;
  s.title = std::move(head->title);
  s.created_at = head->created_at;
  s.rev = head->rev;

  for (const auto& m : read_members(r.rows(1))) {
    s.members.emplace_hint(s.members.end(), m.account,
                           member_state{m.role, m.joined_at, m.read_seq, m.delivered_seq});
    s.listed_at = std::max(s.listed_at, m.listed_at);
  }
  s.refresh_everyone();

  const auto recent = read_recent(r.rows(2));
  if (!recent.empty()) s.last_seq = recent.front().sent.seq;
  for (auto m = recent.rbegin(); m != recent.rend(); ++m) {
    s.recent.remember(m->sender, m->client_id, m->sent, sends_loaded);
    if (m->sent.seq > s.last_seq - s.last_seq % store::count_block)
      s.block_senders.push_back(m->sender);
  }
  if (s.last_seq > static_cast<std::int64_t>(recent.size())) s.recent.mark_incomplete();
  if (s.kind == conversation_kind::chat) {
    if (r.size() == 4) return runtime::need{{store::load_chat(*id)}};
    if (auto chat = store::read_chat(r.rows(4))) s.chat.emplace(chat_facts{*std::move(chat), {}});
  }
  s.blocked = !r.rows(3).empty() && !planted(planted_fault::stale_read_model);
  return s;
}

std::size_t conversation_entity::weight(const state& s) {
  return sizeof(state) + s.members.size() * 140 + s.recent.size() * 240 + s.handles.size() * 100;
}

void add_change(runtime::decision<conversation_state>& d, const conversation_facts& s,
                const runtime::context& c, std::optional<std::int64_t> seq, Change change,
                std::int64_t before) {
  const auto rev = s.rev + before + 1;
  change.set_actor_id(to_string(c.caller.account));
  Updated u;
  u.set_conversation_id(to_string(s.id));
  u.set_rev(rev);
  if (seq) u.set_seq(*seq);
  *u.mutable_change() = std::move(change);
  d.statements.push_back(store::set_rev(s.id, rev));
  d.statements.push_back(store::insert_change(u, c.now));
  d.pushes.push_back({to_everyone(s), make_push(std::move(u)), c.caller.connection});
  d.apply = [next = std::move(d.apply)](conversation_state& x) {
    ++x.rev;
    if (next) next(x);
  };
}

}  // namespace nova::messaging
