// The pure decisions about profiles: what an update may say, and how a profile looks to clients.
// Called by the entities.
#pragma once

#include "config/settings/user_settings.hpp"
#include "protocols/core/error.hpp"
#include "storage/user/user_rows.hpp"

#include <string_view>

namespace nova::user {

class Profile;
class ProfileChanged;
class UpdateMyProfileRequest;

/// The profile after the update; equal to `now` when the update says nothing new. A display name
/// without anything visible falls back to the handle. All that is wrong with the fields comes at
/// once, as `invalid_request`.
result<profile_row> updated_profile(const profile_row& now, const UpdateMyProfileRequest& q,
                                    unix_ms at, const config::user_settings& s);

Profile profile_message(const profile_row& row);
ProfileChanged profile_changed_message(const profile_row& row);

/// False for text that cannot be a handle (so nobody has it).
bool possible_handle(std::string_view handle);

error no_such_person();

}  // namespace nova::user
