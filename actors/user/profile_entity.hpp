// One person's profile and blocks. Bound to the runtime by user_descriptor; made by auth's
// AccountRegistered event.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "storage/user/user_rows.hpp"

#include <map>
#include <optional>
#include <string_view>

namespace nova::auth {
class AccountRegistered;
}

namespace nova::user {

class BlockRequest;
class GetMyProfileRequest;
class GetProfileRequest;
class UpdateMyProfileRequest;

struct profile_state {
  uuid id{};  ///< from the key, even if there is no profile
  std::optional<profile_row> profile;
  /// Blocks that this activation has decided. They are newer than a read's result, because their commit
  /// may be under way.
  std::map<uuid, bool> decided_blocks;
};

struct profile_entity {
  using state = profile_state;
  using outcome = runtime::outcome<profile_state>;

  /// With more decisions than this in memory the entity is loaded again from the database.
  static constexpr std::size_t max_decided_blocks = 1000;

  /// The kind with its handlers, for the descriptor.
  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view key, const runtime::reads& r);
  static std::size_t weight(const state& s);

  static outcome get_profile(const state&, const GetProfileRequest&, const runtime::context&,
                             const runtime::reads&);
  static outcome get_my_profile(const state&, const GetMyProfileRequest&, const runtime::context&,
                                const runtime::reads&);
  static outcome update_my_profile(const state&, const UpdateMyProfileRequest&,
                                   const runtime::context&, const runtime::reads&);
  static outcome block(const state&, const BlockRequest&, const runtime::context&,
                       const runtime::reads&);
  static outcome unblock(const state&, const BlockRequest&, const runtime::context&,
                         const runtime::reads&);

  static outcome on_account_registered(const state&, const auth::AccountRegistered&,
                                       const runtime::context&, const runtime::reads&);

  /// Returns ids in lower case, as they are stored.
  static result<std::string> normalise_key(const rpc::method& m, std::string raw);
};

}  // namespace nova::user
