// The named SQL of user's database; user_store.hpp makes statements of it.
#pragma once

#include "storage/database/value.hpp"

#include <span>

namespace nova::user::queries {

extern const storage::query profile;
extern const storage::query profile_by_handle;
extern const storage::query profile_by_former_handle;
extern const storage::query update_handle;
extern const storage::query keep_former_handle;
extern const storage::query due_former_handles;
extern const storage::query delete_former_handles;
extern const storage::query cards;
extern const storage::query profile_facts;
extern const storage::query relation_facts;
extern const storage::query followers;
extern const storage::query following;
extern const storage::query follow_requests;
extern const storage::query blocks;
extern const storage::query mutes;
extern const storage::query pending_requests;
extern const storage::query settings;
extern const storage::query search_people;
extern const storage::query suggestions;
extern const storage::query notice_head;
extern const storage::query notices;
extern const storage::query notice_known;
extern const storage::query notices_behind;
extern const storage::query insert_profile;
extern const storage::query update_profile;
extern const storage::query save_settings;
extern const storage::query insert_block;
extern const storage::query delete_block;
extern const storage::query save_mute;
extern const storage::query delete_mute;
extern const storage::query due_mutes;
extern const storage::query delete_due_mutes;
extern const storage::query save_follow;
extern const storage::query delete_follow;
extern const storage::query count_following;
extern const storage::query add_request;
extern const storage::query add_follower;
extern const storage::query accept_requests;
extern const storage::query drop_follower;
extern const storage::query count_posts;
extern const storage::query save_pins;
extern const storage::query save_name_words;
extern const storage::query insert_notice;
extern const storage::query trim_notices;
extern const storage::query save_notice_mark;

/// All of the above, for a test that prepares each.
std::span<const storage::query* const> all();

}  // namespace nova::user::queries
