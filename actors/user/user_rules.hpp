// The pure decisions about profiles: the rules of an update, and the view of a profile for clients.
// Called by the entities.
#pragma once

#include "config/settings/user_settings.hpp"
#include "protocols/core/error.hpp"
#include "storage/user/user_rows.hpp"

#include <string_view>

namespace nova::views {
class Card;
}

namespace nova::user {

class Profile;
class ProfileChanged;
class UpdateMyProfileRequest;

/// The profile after the update; equal to `now` when the update changes nothing. A display name
/// without a visible character becomes the handle. All faults of the fields are reported at
/// once, as `invalid_request`.
result<profile_row> updated_profile(const profile_row& now, const UpdateMyProfileRequest& q,
                                    unix_ms at, const config::user_settings& s);

Profile profile_message(const profile_row& row);
/// With the relation for a signed-in caller.
views::Card card_message(const card_row& row, bool with_relation);
ProfileChanged profile_changed_message(const profile_row& row);

/// A guest (nil) sees public profiles only.
bool may_see(const profile_row& row, const uuid& viewer);

/// False for text that cannot be a handle, so no account has it.
bool possible_handle(std::string_view handle);

error no_such_person();

}  // namespace nova::user
