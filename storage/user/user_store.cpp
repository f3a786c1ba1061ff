// See user_store.hpp; the SQL is in user_queries.cpp.
#include "storage/user/user_store.hpp"

#include "protocols/core/text.hpp"
#include "storage/user/user_queries.hpp"

#include <algorithm>

namespace nova::user::store {

using storage::statement;
using storage::timestamp;

namespace {

storage::value or_null(const uuid& id) {
  if (id.is_nil()) return std::monostate{};
  return id;
}
storage::value or_null(const std::optional<uuid>& id) {
  if (!id) return std::monostate{};
  return *id;
}

}  // namespace

statement profile(const uuid& account) { return {&queries::profile, {account}}; }
statement profile_by_handle(std::string handle_name) {
  return {&queries::profile_by_handle, {std::move(handle_name)}};
}
statement profile_by_former_handle(std::string handle_name, unix_ms now) {
  return {&queries::profile_by_former_handle, {std::move(handle_name), timestamp{now}}};
}
statement cards(std::vector<uuid> accounts, const uuid& viewer, unix_ms now) {
  return {&queries::cards, {std::move(accounts), or_null(viewer), timestamp{now}}};
}
statement profile_facts(const uuid& account, const uuid& viewer, unix_ms now) {
  return {&queries::profile_facts, {account, or_null(viewer), timestamp{now}}};
}
statement relation_facts(const uuid& own, const uuid& other, unix_ms now, relation_count count) {
  return {&queries::relation_facts, {own, other, timestamp{now}, static_cast<std::int64_t>(count)}};
}
statement settings(const uuid& account) { return {&queries::settings, {account}}; }

statement page(const storage::query& which, const uuid& account, const uuid& viewer, unix_ms now,
               const page_mark& behind, std::int64_t limit) {
  return {&which,
          {account, or_null(viewer), timestamp{now}, timestamp{behind.at}, behind.account, limit}};
}
statement pending_requests(const uuid& account, std::int64_t limit) {
  return {&queries::pending_requests, {account, limit}};
}

prefix_range beginning_with(const std::string& prefix) {
  constexpr std::string_view last_code_point = "\xf4\x8f\xbf\xbf";
  if (prefix.empty()) return {};
  return {prefix, prefix + std::string(last_code_point)};
}
statement search_people(const std::string& handle, std::vector<std::string> terms,
                        const uuid& viewer, unix_ms now, std::int64_t limit) {
  const auto longest = std::ranges::max_element(terms, {}, &std::string::size);
  auto handles = beginning_with(handle);
  auto words = longest == terms.end() ? prefix_range{} : beginning_with(*longest);
  return {&queries::search_people,
          {std::move(handles.least), or_null(viewer), timestamp{now}, std::move(handles.beyond),
           std::move(words.least), std::move(words.beyond), std::move(terms), limit}};
}

statement suggestions(const uuid& viewer, unix_ms now, std::int64_t limit) {
  return {&queries::suggestions,
          {suggesting_follows, viewer, timestamp{now}, follows_of_each, limit}};
}

statement notice_head(const uuid& account) { return {&queries::notice_head, {account}}; }
statement notices(const uuid& account, unix_ms now, const std::optional<uuid>& before,
                  std::int64_t limit) {
  return {&queries::notices, {account, account, timestamp{now}, or_null(before), limit}};
}
statement notice_known(const uuid& account, const notice_row& row) {
  return {&queries::notice_known,
          {account, row.actor_id, row.kind, row.post_id.value_or(uuid{}), timestamp{row.told_at}}};
}
statement notices_behind(const uuid& account, const uuid& mark) {
  return {&queries::notices_behind, {account, mark}};
}

statement insert_profile(const profile_row& row) {
  return {&queries::insert_profile,
          {row.account_id, row.handle, ascii_lower(row.handle), row.display_name, row.bio,
           timestamp{row.created_at}, timestamp{row.updated_at}}};
}
statement update_profile(const profile_row& row) {
  return {&queries::update_profile,
          {row.account_id, row.display_name, row.bio, timestamp{row.updated_at},
           storage::bytes{row.links}, or_null(row.avatar_media_id), or_null(row.cover_media_id),
           row.is_private},
          1};
}
statement save_settings(const uuid& account, const settings_row& row) {
  return {&queries::save_settings,
          {account, row.message_from, row.mention_from, row.presence_to, row.discoverable,
           row.locale, row.time_zone, row.notify}};
}
statement insert_block(const uuid& account, const uuid& target, unix_ms now) {
  return {&queries::insert_block, {account, target, timestamp{now}}};
}
statement delete_block(const uuid& account, const uuid& target) {
  return {&queries::delete_block, {account, target}};
}

statement save_mute(const uuid& account, const uuid& target, std::optional<unix_ms> until,
                    unix_ms now) {
  storage::value end;
  if (until) end = timestamp{*until};
  return {&queries::save_mute, {account, target, std::move(end), timestamp{now}}};
}
statement delete_mute(const uuid& account, const uuid& target) {
  return {&queries::delete_mute, {account, target}};
}

statement save_follow(const uuid& account, const uuid& target, bool requested, unix_ms now) {
  return {&queries::save_follow, {account, target, requested, timestamp{now}}};
}
statement delete_follow(const uuid& account, const uuid& target) {
  return {&queries::delete_follow, {account, target}};
}
statement count_following(const uuid& account, std::int64_t by) {
  return {&queries::count_following, {account, by}};
}

statement add_request(const uuid& account, const uuid& follower, unix_ms at) {
  return {&queries::add_request, {account, follower, timestamp{at}}};
}
statement add_follower(const uuid& account, const uuid& follower, unix_ms at) {
  return {&queries::add_follower, {account, follower, timestamp{at}}};
}
statement accept_requests(const uuid& account, std::vector<uuid> followers, unix_ms now) {
  return {&queries::accept_requests, {account, std::move(followers), timestamp{now}}};
}
statement drop_follower(const uuid& account, const uuid& follower) {
  return {&queries::drop_follower, {account, follower}};
}

statement count_posts(const uuid& account, std::int64_t by) {
  return {&queries::count_posts, {account, by}};
}
statement save_pins(const uuid& account, std::string pins) {
  return {&queries::save_pins, {account, storage::bytes{std::move(pins)}}};
}
statement save_name_words(const uuid& account, std::vector<std::string> words) {
  return {&queries::save_name_words, {account, std::move(words)}};
}
statement insert_notice(const uuid& account, const notice_row& row) {
  return {&queries::insert_notice,
          {account, row.notification_id, row.kind, row.actor_id, or_null(row.post_id),
           timestamp{row.told_at}, timestamp{row.created_at}}};
}
statement trim_notices(const uuid& account, std::int64_t keep) {
  return {&queries::trim_notices, {account, keep}};
}
statement save_notice_mark(const uuid& account, const uuid& up_to) {
  return {&queries::save_notice_mark, {account, up_to}};
}

statement update_handle(const uuid& account, const std::string& handle, unix_ms now) {
  return {&queries::update_handle, {account, handle, ascii_lower(handle), timestamp{now}}, 1};
}
statement keep_former_handle(const uuid& account, const std::string& handle, unix_ms until) {
  return {&queries::keep_former_handle, {ascii_lower(handle), account, timestamp{until}}};
}

storage::retention_job ended_former_handles() {
  return {"former_handle", &queries::due_former_handles, &queries::delete_former_handles};
}

storage::retention_job ended_mutes() {
  return {"mute", &queries::due_mutes, &queries::delete_due_mutes};
}

}  // namespace nova::user::store
