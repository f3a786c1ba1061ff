#include "actors/streaming/streaming_intake.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/media/media.nova.hpp"
#include "protocols/media/media.pb.h"
#include "protocols/user/user.nova.hpp"
#include "storage/streaming/streaming_store.hpp"

namespace nova::streaming {
namespace {

using runtime::context;
using runtime::effect;
using runtime::intake;
using runtime::read_model_effect;
using runtime::reads;

uuid id_of(const std::string& text) { return parse_uuid(text).value(); }

effect writes(storage::statement s) { return read_model_effect{{std::move(s)}, {}, {}}; }

/// An intake whose event becomes one statement of the read model of people.
template <class Event>
intake into_people(const rpc::event_type& type, storage::statement (*change)(const Event&),
                   bool safety = false) {
  return {&type,
          [change](const rpc::message& m, const context&, const reads&) {
            return writes(change(static_cast<const Event&>(m)));
          },
          safety};
}

// More than an account can have: setting streams_per_account bounds those that have not ended, and old ones are no secret once
// their rows are gone.
constexpr std::int64_t refreshed_streams = 1'000;

void refresh_streams(read_model_effect& out, const std::vector<uuid>& owned) {
  for (const auto& id : owned) out.refresh.push_back({"stream", to_string(id)});
}

effect on_closed(const std::string& account, bool closed, const reads& r) {
  const auto id = id_of(account);
  if (r.size() == 0) return runtime::need{{store::owned_streams(id, refreshed_streams)}};
  read_model_effect out;
  out.statements.push_back(store::set_closed(id, closed));
  refresh_streams(out, read_ids(r.rows(0)));
  return out;
}

effect on_erase_account(const rpc::message& m, const context&, const reads& r) {
  const auto id = id_of(static_cast<const auth::EraseAccount&>(m).account_id());
  if (r.size() == 0) return runtime::need{{store::owned_streams(id, refreshed_streams)}};
  read_model_effect out;
  out.statements = store::erase_account(
      id, {auth::erase_account_event().number, auth::confirm_erasure_event().number});
  refresh_streams(out, read_ids(r.rows(0)));
  return out;
}

}  // namespace

std::vector<intake> intakes() {
  return {
      into_people<user::PrivacyChanged>(
          user::privacy_changed_event(),
          +[](const user::PrivacyChanged& e) {
            return store::set_private(id_of(e.account_id()), e.private_());
          }),
      into_people<user::Followed>(
          user::followed_event(),
          +[](const user::Followed& e) {
            return store::insert_follow(id_of(e.account_id()), id_of(e.followed_id()));
          }),
      into_people<user::Unfollowed>(
          user::unfollowed_event(),
          +[](const user::Unfollowed& e) {
            return store::delete_follow(id_of(e.account_id()), id_of(e.followed_id()));
          }),
      {&auth::account_closed_event(),
       [](const rpc::message& m, const context&, const reads& r) {
         return on_closed(static_cast<const auth::AccountClosed&>(m).account_id(), true, r);
       }},
      {&auth::account_reopened_event(),
       [](const rpc::message& m, const context&, const reads& r) {
         return on_closed(static_cast<const auth::AccountReopened&>(m).account_id(), false, r);
       }},
      into_people<user::Blocked>(
          user::blocked_event(),
          +[](const user::Blocked& e) {
            return store::insert_block(id_of(e.account_id()), id_of(e.blocked_id()));
          },
          true),
      into_people<user::Unblocked>(
          user::unblocked_event(),
          +[](const user::Unblocked& e) {
            return store::delete_block(id_of(e.account_id()), id_of(e.blocked_id()));
          },
          true),
      {&media::recording_made_event(),
       [](const rpc::message& m, const context&, const reads&) -> effect {
         return runtime::entity_effect{"stream",
                                       static_cast<const media::RecordingMade&>(m).stream_id()};
       }},
      {&auth::erase_account_event(), on_erase_account},
      // Behind all that user told of the account: a fact that came later than the erasing goes as well.
      into_people<user::AccountErased>(
          user::account_erased_event(),
          +[](const user::AccountErased& e) {
            return store::forget_person(id_of(e.account_id()));
          }),
      {&auth::confirm_erasure_event(),
       [](const rpc::message& m, const context&, const reads&) -> effect {
         return runtime::entity_effect{"owner",
                                       static_cast<const auth::ConfirmErasure&>(m).account_id()};
       }},
  };
}

}  // namespace nova::streaming
