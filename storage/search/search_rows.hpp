// Rows of search's queries as structs; column positions stand in search_rows.cpp only. Used by actors/search.
#pragma once

#include "storage/database/value.hpp"

#include <string>
#include <utility>
#include <vector>

namespace nova::search {

/// As the table numbers them.
enum class visibility : std::uint8_t { everyone = 1, followers = 2, mentioned = 3 };

/// A post that matches. `terms` holds each of its terms and how often it is there.
struct post_row {
  uuid post_id{};
  unix_ms at = 0;
  std::int64_t length = 0;  ///< in terms
  std::vector<std::pair<std::string, std::uint32_t>> terms;
};

struct post_text_row {
  uuid post_id{};
  uuid author_id{};
  std::string text;
};

struct message_row {
  uuid conversation_id{};
  std::int64_t seq = 0;
  uuid message_id{};
  unix_ms at = 0;
  std::string text;
};

struct person_row {
  uuid account_id{};
  std::string handle;
  std::string display_name;
  double score = 0;
};

// Each function names the query whose rows it reads.

/// find_posts.
std::vector<post_row> read_posts(const storage::rows& r);
/// post_texts.
std::vector<post_text_row> read_post_texts(const storage::rows& r);
/// find_messages.
std::vector<message_row> read_messages(const storage::rows& r);
/// find_people.
std::vector<person_row> read_people(const storage::rows& r);
/// erasure; 0 when there is none.
std::int64_t read_erased(const storage::rows& r);

}  // namespace nova::search
