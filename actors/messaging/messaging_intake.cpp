#include "actors/messaging/messaging_intake.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "protocols/streaming/streaming.nova.hpp"
#include "protocols/streaming/streaming.pb.h"
#include "protocols/user/user.nova.hpp"
#include "storage/messaging/erasure_store.hpp"
#include "storage/messaging/messaging_store.hpp"

namespace nova::messaging {

namespace {

using runtime::context;
using runtime::effect;
using runtime::read_model_effect;
using runtime::reads;

effect on_profile_changed(const rpc::message& m, const context&, const reads&) {
  const auto& e = static_cast<const user::ProfileChanged&>(m);
  return read_model_effect{
      {store::upsert_person(parse_uuid(e.account_id()).value(), e.handle(), e.display_name())},
      {},
      {}};
}

effect on_followed(const rpc::message& m, const context&, const reads&) {
  const auto& e = static_cast<const user::Followed&>(m);
  return read_model_effect{{store::insert_follow(parse_uuid(e.account_id()).value(),
                                                 parse_uuid(e.followed_id()).value())},
                           {},
                           {}};
}

effect on_unfollowed(const rpc::message& m, const context&, const reads&) {
  const auto& e = static_cast<const user::Unfollowed&>(m);
  if (e.requested()) return std::monostate();
  return read_model_effect{{store::delete_follow(parse_uuid(e.account_id()).value(),
                                                 parse_uuid(e.followed_id()).value())},
                           {},
                           {}};
}

// An account that hides its presence from all ends the watches that stand.
effect on_privacy_changed(const rpc::message& m, const context&, const reads&) {
  const auto& e = static_cast<const user::PrivacyChanged&>(m);
  const auto account = parse_uuid(e.account_id()).value();
  const auto presence = parse_allowed(e.presence_to());
  read_model_effect out;
  out.statements.push_back(store::put_privacy(account, parse_allowed(e.message_from()), presence));
  if (presence == allowed::no_account) out.unwatch.emplace_back(uuid{}, account);
  return out;
}

// The pair's direct conversation loads the new truth before the event counts as settled. It is looked for after the commit:
// a conversation that is created meanwhile is found, or loads behind the commit.
template <class Event>
effect on_block(const Event& e, storage::statement (*change)(const uuid&, const uuid&)) {
  auto blocker = parse_uuid(e.account_id()).value();
  auto blocked = parse_uuid(e.blocked_id()).value();
  read_model_effect out;
  out.statements.push_back(change(blocker, blocked));
  out.refresh_found.push_back({store::find_direct(blocker, blocked), [](const auto& found) {
                                 std::vector<runtime::entity_effect> named;
                                 if (auto id = read_direct(found))
                                   named.push_back({"conversation", to_string(*id)});
                                 return named;
                               }});
  if (change == store::insert_block) out.unwatch.emplace_back(blocker, blocked);
  return out;
}

// One unit: from one moment to the next the account is gone from every conversation.
effect on_erase_account(const rpc::message& m, const context& c, const reads& r) {
  const auto account = parse_uuid(static_cast<const auth::EraseAccount&>(m).account_id()).value();
  if (r.size() == 0) return runtime::need{{store::conversations_of_account(account)}};
  store::forgotten_account gone{
      account,
      to_string(make_uuid_v7(c.now, c.random)),
      store::read_conversations_of_account(r.rows(0)),
      {},
      {auth::erase_account_event().number, auth::confirm_erasure_event().number},
      {streaming::StreamCreated::kOwnerIdFieldNumber, streaming::stream_created_event().number},
      streaming::stream_changed_event().number};
  read_model_effect out;
  for (const auto& id : gone.conversations) {
    gone.shards.push_back(c.shard_of(to_string(id)));
    out.refresh.push_back({"conversation", to_string(id)});
  }
  out.statements = store::forget_account(gone);
  return out;
}

std::vector<storage::statement> forget_person(const rpc::message& m) {
  return {store::forget_person(
      parse_uuid(static_cast<const auth::EraseAccount&>(m).account_id()).value())};
}

// Behind all that user told of the account: a fact that came later than the erasing goes as well.
effect on_account_erased(const rpc::message& m, const context&, const reads&) {
  const auto account = parse_uuid(static_cast<const user::AccountErased&>(m).account_id()).value();
  return read_model_effect{{store::forget_person(account)}, {}, {}};
}

}  // namespace

std::vector<runtime::intake> intakes() {
  return {
      {&user::profile_changed_event(), on_profile_changed},
      {&user::card_changed_event(),
       [](const rpc::message& m, const context&, const reads&) -> effect {
         return runtime::entity_effect{"inbox",
                                       static_cast<const user::CardChanged&>(m).account_id()};
       }},
      {&user::registration_confirmed_event(),
       [](const rpc::message& m, const context&, const reads&) -> effect {
         return runtime::entity_effect{
             "inbox", static_cast<const user::RegistrationConfirmed&>(m).account_id()};
       }},
      {&user::followed_event(), on_followed},
      {&user::unfollowed_event(), on_unfollowed},
      {&user::privacy_changed_event(), on_privacy_changed, true},
      {&user::blocked_event(),
       [](const rpc::message& m, const context&, const reads&) {
         return on_block(static_cast<const user::Blocked&>(m), store::insert_block);
       },
       true},
      {&user::unblocked_event(),
       [](const rpc::message& m, const context&, const reads&) {
         return on_block(static_cast<const user::Unblocked&>(m), store::delete_block);
       },
       true},
      {&auth::erase_account_event(), on_erase_account, false, forget_person},
      {&user::account_erased_event(), on_account_erased},
      {&streaming::stream_created_event(),
       [](const rpc::message& m, const context&, const reads&) -> effect {
         return runtime::entity_effect{
             "conversation", static_cast<const streaming::StreamCreated&>(m).conversation_id()};
       }},
      {&streaming::stream_changed_event(),
       [](const rpc::message& m, const context&, const reads&) -> effect {
         return runtime::entity_effect{
             "conversation", static_cast<const streaming::StreamChanged&>(m).conversation_id()};
       }},
      {&auth::confirm_erasure_event(),
       [](const rpc::message& m, const context&, const reads&) -> effect {
         return runtime::entity_effect{"inbox",
                                       static_cast<const auth::ConfirmErasure&>(m).account_id()};
       }},
  };
}

}  // namespace nova::messaging
