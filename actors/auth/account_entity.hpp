// One account: registration, sign-in, its sessions and its password. Handlers: account_handlers.cpp. The only writer of the
// account's rows; the end of an account is in deletion_handlers.cpp. The counter of failed sign-ins is kept here, so all names of the account share it.
#pragma once

#include "actors/runtime/api/module.hpp"
#include "storage/auth/auth_rows.hpp"
#include "storage/runtime/saga_rows.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace google::protobuf {
class StringValue;
}

namespace nova::operations {
class MoveSagaRequest;
}

namespace nova::views {
class ExportRequest;
}

namespace nova::auth {

class RegisterRequest;
class RefreshRequest;
class LogoutRequest;
class ChangeHandleRequest;
class ChangePasswordRequest;
class ListSessionsRequest;
class RevokeSessionRequest;
class StartSessionRequest;
class DeleteAccountRequest;
class UndeleteRequest;
class StartExportRequest;
class GetExportRequest;

struct account_state {
  uuid id{};  ///< from the key, even if there is no such account
  std::optional<account_row>
      account;  ///< empty: a new key, or the key of a decoy for an unknown name
  guard_row guard;
  std::vector<session_row> sessions;  ///< not revoked, oldest first; expired ones may be among them
  std::optional<storage::saga_row> deletion = {};  ///< the account is closed, and will be erased
  /// Not all domains have all they need of the account; turned: it is erased, because one refused it.
  std::optional<storage::saga_row> registration = {};

  /// The account may be used: it is there and not closed.
  bool open() const noexcept {
    return account.has_value() && !deletion && !(registration && registration->turned);
  }
};

/// A domain's answer to the erasing of an account.
struct erasure_answer {
  std::string domain;
  std::string certificate_id;
  erased_counts counts;
};

struct account_entity {
  using state = account_state;
  using outcome = runtime::outcome<account_state>;

  /// The kind with its handlers, for the descriptor. `answers`: those of the domains to registrations and ends of accounts.
  static runtime::entity_kind kind(const runtime::account_answers& answers);
  static runtime::loading<state> load(std::string_view key, const runtime::reads& r);
  static std::size_t weight(const state& s);

  static outcome register_(const state&, const RegisterRequest&, const runtime::context&,
                           const runtime::reads&);
  static outcome start_session(const state&, const StartSessionRequest&, const runtime::context&,
                               const runtime::reads&);
  static outcome refresh(const state&, const RefreshRequest&, const runtime::context&,
                         const runtime::reads&);
  static outcome logout(const state&, const LogoutRequest&, const runtime::context&,
                        const runtime::reads&);
  static outcome change_password(const state&, const ChangePasswordRequest&,
                                 const runtime::context&, const runtime::reads&);
  static outcome change_handle(const state&, const ChangeHandleRequest&, const runtime::context&,
                               const runtime::reads&);
  static outcome list_sessions(const state&, const ListSessionsRequest&, const runtime::context&,
                               const runtime::reads&);
  static outcome revoke_session(const state&, const RevokeSessionRequest&, const runtime::context&,
                                const runtime::reads&);

  // export_handlers.cpp
  static outcome start_export(const state&, const StartExportRequest&, const runtime::context&,
                              const runtime::reads&);
  static outcome get_export(const state&, const GetExportRequest&, const runtime::context&,
                            const runtime::reads&);
  static outcome export_part(const state&, const views::ExportRequest&, const runtime::context&,
                             const runtime::reads&);

  // registration_handlers.cpp
  /// The message is the RegistrationConfirmed of any domain.
  static outcome on_registration_confirmed(const state&, const rpc::message&,
                                           const runtime::context&, const runtime::reads&);

  // deletion_handlers.cpp
  static outcome delete_account(const state&, const DeleteAccountRequest&, const runtime::context&,
                                const runtime::reads&);
  static outcome undelete(const state&, const UndeleteRequest&, const runtime::context&,
                          const runtime::reads&);
  static outcome on_reminder(const state&, const google::protobuf::StringValue& name,
                             const runtime::context&, const runtime::reads&);
  static outcome move_saga(const state&, const operations::MoveSagaRequest&,
                           const runtime::context&, const runtime::reads&);
  /// The message is the ErasureConfirmed of any domain.
  static outcome on_erasure_confirmed(const state&, const rpc::message&, const runtime::context&,
                                      const runtime::reads&);

  /// Methods that name the account by a refresh token have the key inside the token. Other methods give the
  /// key itself.
  static result<std::string> normalise_key(const rpc::method& m, std::string raw);
};

/// Parts of decisions that several files of handlers use (account_handlers.cpp).
namespace account_parts {

/// Null: the account has no such session that may be used now.
const session_row* find_live(const account_state& s, const uuid& session,
                             const runtime::context& c);
/// Ends one session: its row, its event, the state.
void revoke(runtime::decision<account_state>& d, const uuid& account, const uuid& session,
            const runtime::context& c);
/// The account turns out of use: its sessions end.
void revoke_all(runtime::decision<account_state>& d, const account_state& s,
                const runtime::context& c);
void forget_failures(runtime::decision<account_state>& d, const account_state& s);
/// A wrong password: counted, then refused.
runtime::decision<account_state> count_failure(const account_state& s, const runtime::context& c);
/// Appends an effect on the state to what the decision does already.
template <class F>
void also(runtime::decision<account_state>& d, F effect) {
  if (!d.apply) {
    d.apply = std::move(effect);
    return;
  }
  d.apply = [first = std::move(d.apply), second = std::move(effect)](account_state& s) {
    first(s);
    second(s);
  };
}

}  // namespace account_parts

}  // namespace nova::auth
