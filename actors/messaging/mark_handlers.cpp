// Read and delivered marks, which only move forward, and their receipts. Handlers of conversation_entity.
#include "actors/messaging/conversation_entity.hpp"

#include "protocols/core/page.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "storage/messaging/messaging_store.hpp"

#include <algorithm>

namespace nova::messaging {

using runtime::decision;
using runtime::share;

namespace {

enum class mark { read, delivered };

Receipt receipt_of(const conversation_state& s, const uuid& account, std::int64_t read,
                   std::int64_t delivered) {
  Receipt p;
  p.set_conversation_id(to_string(s.id));
  p.set_account_id(to_string(account));
  p.set_read_seq(read);
  p.set_delivered_seq(delivered);
  return p;
}

// Marks only move forward; what is read is delivered. In a large conversation only the reader's own devices are told.
// While a block stands only the device's mark moves, so that neither side sees what the other does.
conversation_entity::outcome move(const conversation_state& s, const MarkRequest& q,
                                  const runtime::context& c, mark which) {
  const auto* me = s.member(c.caller.account);
  if (!me) return make_error(errc::not_found);
  if (q.seq() < 0) return invalid_field("seq", "A mark is not negative.");
  auto seq = std::min(q.seq(), s.last_seq);
  auto read = which == mark::read ? std::max(me->read_seq, seq) : me->read_seq;
  auto delivered = std::max({me->delivered_seq, read, seq});

  decision<conversation_state> d;
  d.reply = share(Empty());
  if (seq > 0 && !c.caller.session.is_nil() && !s.devices.covers(c.caller.session, seq)) {
    d.statements.push_back(store::mark_device(c.caller.session, s.id, seq));
    d.apply = [session = c.caller.session, seq](conversation_state& x) {
      x.devices.remember(session, seq);
    };
  }
  if (s.blocked || (read == me->read_seq && delivered == me->delivered_seq)) return d;
  if (read != me->read_seq)
    d.statements.push_back(store::mark_read(s.id, c.caller.account, read, c.now));
  else d.statements.push_back(store::mark_delivered(s.id, c.caller.account, delivered, c.now));

  const auto& settings = settings_of(c);
  auto audience = to_everyone(s);
  if (static_cast<std::int64_t>(s.members.size()) > settings.signal_audience)
    audience = {std::make_shared<const std::vector<uuid>>(1, c.caller.account)};
  d.pushes.push_back({std::move(audience),
                      make_push(receipt_of(s, c.caller.account, read, delivered)),
                      c.caller.connection});
  d.apply = [first = std::move(d.apply), account = c.caller.account, read,
             delivered](conversation_state& x) {
    if (first) first(x);
    auto found = x.members.find(account);
    if (found == x.members.end()) return;
    found->second.read_seq = read;
    found->second.delivered_seq = delivered;
  };
  return d;
}

}  // namespace

conversation_entity::outcome conversation_entity::read(const state& s, const MarkRequest& q,
                                                       const context& c, const reads&) {
  return move(s, q, c, mark::read);
}

conversation_entity::outcome conversation_entity::delivered(const state& s, const MarkRequest& q,
                                                            const context& c, const reads&) {
  return move(s, q, c, mark::delivered);
}

}  // namespace nova::messaging
