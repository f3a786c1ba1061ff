// One account: registration, sign-in, its sessions and its password. Handlers: account_handlers.cpp. The only writer of the
// account's rows. The counter of failed sign-ins is kept here, so all names of the account share it.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "storage/auth/auth_rows.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace nova::auth {

class RegisterRequest;
class RefreshRequest;
class LogoutRequest;
class ChangePasswordRequest;
class ListSessionsRequest;
class RevokeSessionRequest;
class StartSessionRequest;

struct account_state {
  uuid id{};  ///< from the key, even if there is no such account
  std::optional<account_row>
      account;  ///< empty: a new key, or the key of a decoy for an unknown name
  guard_row guard;
  std::vector<session_row> sessions;  ///< not revoked, oldest first; expired ones may be among them
};

struct account_entity {
  using state = account_state;
  using outcome = runtime::outcome<account_state>;

  /// The kind with its handlers, for the descriptor.
  static runtime::entity_kind kind();
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
  static outcome list_sessions(const state&, const ListSessionsRequest&, const runtime::context&,
                               const runtime::reads&);
  static outcome revoke_session(const state&, const RevokeSessionRequest&, const runtime::context&,
                                const runtime::reads&);

  /// Methods that name the account by a refresh token have the key inside the token. Other methods give the
  /// key itself.
  static result<std::string> normalise_key(const rpc::method& m, std::string raw);
};

}  // namespace nova::auth
