// Statements on user's tables, typed. Called by actors/user; executed by the runtime.
#pragma once

#include "storage/database/retention.hpp"
#include "storage/user/user_rows.hpp"

namespace nova::user::store {

storage::statement profile(const uuid& account);
/// `handle_name` is in lower case.
storage::statement profile_by_handle(std::string handle_name);
/// The account that gave this handle up, while the handle is kept for it.
storage::statement profile_by_former_handle(std::string handle_name, unix_ms now);
/// The cards of `accounts` as `viewer` sees them; nil: a guest.
storage::statement cards(std::vector<uuid> accounts, const uuid& viewer, unix_ms now);
storage::statement profile_facts(const uuid& account, const uuid& viewer, unix_ms now);
storage::statement relation_facts(const uuid& own, const uuid& other, unix_ms now,
                                  relation_count count = relation_count::none);
storage::statement settings(const uuid& account);

/// Where a page of a list begins: behind the row made at `at` about `account`.
struct page_mark {
  unix_ms at = 0;
  uuid account{};
};
/// `which` is one of queries::followers, following, follow_requests, blocks, mutes.
storage::statement page(const storage::query& which, const uuid& account, const uuid& viewer,
                        unix_ms now, const page_mark& behind, std::int64_t limit);
storage::statement pending_requests(const uuid& account, std::int64_t limit);

/// The texts that begin with a prefix: from `least` on, before `beyond`. Both empty: no text.
struct prefix_range {
  std::string least;
  std::string beyond;
};
prefix_range beginning_with(const std::string& prefix);
/// `handle` is a prefix in lower case. All of `terms` must begin words of the name; without one only handles count.
storage::statement search_people(const std::string& handle, std::vector<std::string> terms,
                                 const uuid& viewer, unix_ms now, std::int64_t limit);

/// The latest follows of an account that suggestions look at, and the latest follows of each of these.
inline constexpr std::int64_t suggesting_follows = 100, follows_of_each = 50;
/// People whom those follow whom `viewer` follows, the most common first.
storage::statement suggestions(const uuid& viewer, unix_ms now, std::int64_t limit);

storage::statement notice_head(const uuid& account);
storage::statement notices(const uuid& account, unix_ms now, const std::optional<uuid>& before,
                           std::int64_t limit);
/// One row where the act was told before.
storage::statement notice_known(const uuid& account, const notice_row& row);
storage::statement notices_behind(const uuid& account, const uuid& mark);

/// Refused as a conflict when the account has a profile.
storage::statement insert_profile(const profile_row& row);
storage::statement update_profile(const profile_row& row);
storage::statement save_settings(const uuid& account, const settings_row& row);
storage::statement insert_block(const uuid& account, const uuid& target, unix_ms now);
storage::statement delete_block(const uuid& account, const uuid& target);
storage::statement save_mute(const uuid& account, const uuid& target, std::optional<unix_ms> until,
                             unix_ms now);
storage::statement delete_mute(const uuid& account, const uuid& target);

/// Own side of a follow. The counter is changed by count_following in the same decision.
storage::statement save_follow(const uuid& account, const uuid& target, bool requested,
                               unix_ms now);
storage::statement delete_follow(const uuid& account, const uuid& target);
storage::statement count_following(const uuid& account, std::int64_t by);

/// The other side. Each changes the counter of followers with the rows, and does nothing the second time.
storage::statement add_request(const uuid& account, const uuid& follower, unix_ms at);
storage::statement add_follower(const uuid& account, const uuid& follower, unix_ms at);
storage::statement accept_requests(const uuid& account, std::vector<uuid> followers, unix_ms now);
storage::statement drop_follower(const uuid& account, const uuid& follower);

storage::statement count_posts(const uuid& account, std::int64_t by);
storage::statement save_pins(const uuid& account, std::string pins);
storage::statement save_name_words(const uuid& account, std::vector<std::string> words);
storage::statement insert_notice(const uuid& account, const notice_row& row);
storage::statement trim_notices(const uuid& account, std::int64_t keep);
storage::statement save_notice_mark(const uuid& account, const uuid& up_to);

storage::statement update_handle(const uuid& account, const std::string& handle, unix_ms now);
storage::statement keep_former_handle(const uuid& account, const std::string& handle,
                                      unix_ms until);

/// Handles that are kept no longer.
storage::retention_job ended_former_handles();
/// Mutes that ended before now.
storage::retention_job ended_mutes();

}  // namespace nova::user::store
