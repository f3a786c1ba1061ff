// The pure decisions about people: what an update may say, how profiles, cards and settings look to clients, cursors.
// Called by the entities.
#pragma once

#include "config/settings/user_settings.hpp"
#include "protocols/core/error.hpp"
#include "storage/user/user_store.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace nova::views {
class Card;
class Profile;
}  // namespace nova::views

namespace nova::auth {
class AccountRegistered;
}

namespace nova::user {

class CardChanged;
class PrivacyChanged;
class ProfileChanged;
class Settings;
class UpdateMyProfileRequest;
class UpdateSettingsRequest;

/// The profile after the update; equal to `now` when the update says nothing new. A display name
/// without anything visible falls back to the handle. All that is wrong with the fields comes at
/// once, as `invalid_request`.
result<profile_row> updated_profile(const profile_row& now, const UpdateMyProfileRequest& q,
                                    unix_ms at, const config::user_settings& s);
/// False: the account cannot have a profile, so its registration is taken back.
bool can_be_profile(const auth::AccountRegistered& e, const config::user_settings& s);
/// Whether the IANA database, as ICU holds it, has a time zone of this name. `name`: ASCII.
bool known_time_zone(std::string_view name);
settings_row updated_settings(settings_row now, const UpdateSettingsRequest& q);

/// As `viewer` sees it (nil: a guest). A person who blocks the viewer shows the card alone.
views::Profile seen_profile(const profile_row& row, const profile_facts_row& facts,
                            const uuid& viewer);
/// With the relation for a signed-in caller.
views::Card card_message(const card_row& row, bool with_relation);
Settings settings_message(const settings_row& row);
ProfileChanged profile_changed_message(const profile_row& row);
CardChanged card_changed_message(const profile_row& row);
PrivacyChanged privacy_message(const profile_row& profile, const settings_row& row);

/// A guest (nil) sees public profiles only.
bool may_see(const profile_row& row, const uuid& viewer);

/// False for text that cannot be a handle, so no account has it.
bool possible_handle(std::string_view handle);

error no_such_person();

store::page_mark first_page();
std::optional<store::page_mark> parse_cursor(std::string_view text);
std::string cursor_text(const store::page_mark& mark);

}  // namespace nova::user
