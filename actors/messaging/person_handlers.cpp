// Handlers of inbox_entity for a changed card: people who have a conversation with its person are told.
#include "actors/messaging/inbox_entity.hpp"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "storage/messaging/messaging_store.hpp"

#include <google/protobuf/wrappers.pb.h>

namespace nova::messaging {
namespace {

/// A person's changes reach the others at most once in this time, the last of them always.
constexpr unix_ms changes_ms = 1'000;
constexpr std::int64_t told_people = 10'000;
constexpr std::string_view changed_reminder = "changed";

inbox_entity::outcome tell(const user::Changed& card, const runtime::context& c,
                           const runtime::reads& r) {
  const auto account = parse_uuid(c.key);
  runtime::decision<inbox_state> d;
  if (!account) return d;
  if (r.size() == 0) return runtime::need{{store::conversation_partners(*account, told_people)}};
  auto people = std::make_shared<const std::vector<uuid>>(read_accounts(r.rows(0)));
  if (!people->empty())
    d.pushes.push_back({{std::move(people)}, user::make_push(user::Changed(card)), 0});
  d.apply = [now = c.now](inbox_state& x) {
    x.card_told_at = now;
    x.card.reset();
  };
  return d;
}

}  // namespace

inbox_entity::outcome inbox_entity::on_card_changed(const inbox_state& s,
                                                    const user::CardChanged& e, const context& c,
                                                    const reads& r) {
  if (r.size() > 0 || c.now - s.card_told_at >= changes_ms) return tell(e.card(), c, r);
  runtime::decision<inbox_state> d;
  d.apply = [card = std::make_shared<const user::Changed>(e.card())](inbox_state& x) {
    x.card = card;
  };
  d.reminders.push_back({std::string(changed_reminder), s.card_told_at + changes_ms});
  return d;
}

/// A card that waits is in memory only: a crash loses the push, as it loses sockets.
inbox_entity::outcome inbox_entity::on_due(const inbox_state& s,
                                           const google::protobuf::StringValue&, const context& c,
                                           const reads& r) {
  if (!s.card) return runtime::decision<inbox_state>{};
  return tell(*s.card, c, r);
}

}  // namespace nova::messaging
