// Rows of user's tables as structs, and their mapping. Only user_rows.cpp knows column positions;
// they are those of user_queries.cpp. Used by user_store and by actors/user.
#pragma once

#include "storage/database/value.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nova::user {

struct profile_row {
  uuid account_id{};
  std::string handle;  ///< as typed at registration
  std::string display_name;
  std::string bio;
  unix_ms created_at = 0;
  unix_ms updated_at = 0;
  std::string links = {};  ///< a Links message
  std::optional<uuid> avatar_media_id = {};
  std::optional<uuid> cover_media_id = {};
  bool is_private = false;
  std::string pinned = {};  ///< a Pins message
  bool operator==(const profile_row&) const = default;
};

/// How the account that asks stands to another one.
struct relation_row {
  bool following = false;
  bool requested = false;
  bool followed_by = false;
  bool blocking = false;
  bool muting = false;
};

/// An account as others see it.
struct card_row {
  uuid account_id{};
  std::string handle;
  std::string display_name;
  std::optional<uuid> avatar_media_id;
  bool is_private = false;
  relation_row relation;
  unix_ms at = 0;  ///< in a page: when the row of the list was made
};

struct suggestion_row {
  card_row person;
  std::int64_t common = 0;     ///< accounts that the caller follows and that follow the person
  std::vector<uuid> via = {};  ///< up to three of them
};

/// The part of a profile that other accounts decide.
struct profile_facts_row {
  std::int64_t followers = 0;
  std::int64_t following = 0;
  std::int64_t posts = 0;
  relation_row relation;
  bool blocks_viewer = false;
};

/// Two accounts, "own" and "other", as of the last commit.
struct relation_facts_row {
  bool exists = false;  ///< the other account
  bool is_private = false;
  bool follows = false;    ///< own row: following, or asking to
  bool requested = false;  ///< of it: asking to
  unix_ms follow_at = 0;
  bool followed = false;  ///< the other account's row, as own read model has it
  bool asked = false;     ///< of it: asking to
  unix_ms follower_at = 0;
  bool blocking = false;
  bool blocked_by = false;
  bool muting = false;
  std::optional<unix_ms> mute_until = {};
  std::int64_t count = 0;  ///< of own rows, see relation_count
};

/// Which own rows relation_facts counts.
enum class relation_count : std::int64_t { none, blocks, mutes, follows };

struct settings_row {
  std::string message_from = "everyone";
  std::string mention_from = "everyone";
  std::string presence_to = "shared";
  bool discoverable = true;
  std::string locale = "en";
  std::string time_zone = "UTC";
  std::int64_t notify = 63;  ///< bits of notify_bit
  bool operator==(const settings_row&) const = default;
};

/// Kinds of events that an account may switch off.
enum class notify_bit : std::int64_t {
  follow = 1,
  mention = 2,
  comment = 4,
  reaction = 8,
  share = 16,
  message = 32
};

struct request_row {
  uuid follower_id{};
  unix_ms at = 0;
};

/// The notifications of one account, summed up.
struct notice_head_row {
  std::optional<uuid> read_up_to;
  std::optional<uuid> last;
  std::int64_t total = 0;
  std::int64_t unread = 0;
};

struct notice_row {
  uuid notification_id{};
  std::string kind;
  uuid actor_id{};
  std::optional<uuid> post_id;
  unix_ms told_at = 0;  ///< of the act; 0: told once
  unix_ms created_at = 0;
};

struct shown_notice_row {
  card_row actor;
  uuid notification_id{};
  std::string kind;
  std::optional<uuid> post_id;
  unix_ms created_at = 0;
};

/// profile, profile_by_handle.
std::optional<profile_row> read_profile(const storage::rows& r);
/// cards, search_people.
std::vector<card_row> read_cards(const storage::rows& r);
std::vector<suggestion_row> read_suggestions(const storage::rows& r);
/// followers, following, follow_requests, blocks, mutes.
std::vector<card_row> read_page(const storage::rows& r);
profile_facts_row read_profile_facts(const storage::rows& r);
relation_facts_row read_relation_facts(const storage::rows& r);
std::vector<request_row> read_requests(const storage::rows& r);
notice_head_row read_notice_head(const storage::rows& r);
std::vector<shown_notice_row> read_notices(const storage::rows& r);
/// notices_behind.
std::int64_t read_count(const storage::rows& r);
/// The defaults where there is no row.
settings_row read_settings(const storage::rows& r);

}  // namespace nova::user
