#include "actors/content/content_intake.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/content/content.nova.hpp"
#include "protocols/core/text.hpp"
#include "protocols/user/user.nova.hpp"
#include "storage/content/content_store.hpp"

namespace nova::content {
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

/// An intake whose event lands on the shelf of its account.
template <class Event>
intake to_shelf(const rpc::event_type& type) {
  return {&type, [](const rpc::message& m, const context&, const reads&) -> effect {
            return runtime::entity_effect{"shelf", static_cast<const Event&>(m).account_id()};
          }};
}

/// An intake whose event counts on the post that is quoted.
template <class Event>
intake into_quoted(const rpc::event_type& type) {
  return {&type, [](const rpc::message& m, const context&, const reads&) -> effect {
            const auto& e = static_cast<const Event&>(m);
            if (!e.has_quote_id()) return std::monostate();
            return runtime::entity_effect{"post", e.quote_id()};
          }};
}

}  // namespace

std::vector<intake> intakes() {
  return {
      into_people<user::ProfileChanged>(
          user::profile_changed_event(),
          +[](const user::ProfileChanged& e) {
            return store::upsert_person(id_of(e.account_id()), ascii_lower(e.handle()),
                                        e.private_());
          }),
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
      into_people<auth::AccountClosed>(
          auth::account_closed_event(),
          +[](const auth::AccountClosed& e) {
            return store::set_closed(id_of(e.account_id()), true);
          }),
      into_people<auth::AccountReopened>(
          auth::account_reopened_event(),
          +[](const auth::AccountReopened& e) {
            return store::set_closed(id_of(e.account_id()), false);
          }),
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
      to_shelf<user::RegistrationConfirmed>(user::registration_confirmed_event()),
      to_shelf<auth::EraseAccount>(auth::erase_account_event()),
      to_shelf<user::AccountErased>(user::account_erased_event()),
      into_quoted<PostPublished>(post_published_event()),
      into_quoted<PostDeleted>(post_deleted_event()),
      into_quoted<PostRestored>(post_restored_event()),
  };
}

}  // namespace nova::content
