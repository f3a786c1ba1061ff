// The pure decisions of search beside words and scores: what a request asks for, where its pages begin and end, and how kinds are
// put together. Called by find_handlers; no clock, no database.
#pragma once

#include "actors/search/query_rules.hpp"
#include "protocols/search/search.pb.h"
#include "storage/search/search_store.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nova::search {

enum class kind : std::uint8_t { post, user, message };
std::string_view name_of(kind k) noexcept;

/// A request that is valid.
struct wish {
  question words;
  bool posts = false, users = false, messages = false;  ///< kinds that can be found
  std::optional<uuid> by;
  std::optional<std::string> by_handle;  ///< in lower case
  std::optional<uuid> conversation;
  std::optional<std::string> language;  ///< in lower case
  unix_ms since = 0;
  unix_ms until = store::end_of_time;
  std::int64_t limit = 0;
  Position from;  ///< of a first page: as_of alone
};

/// Errors: invalid_request, with the field. A filter that a kind does not know leaves the kind out: only posts have a language,
/// only messages a conversation, and people are written by no account.
result<wish> read_wish(const FindRequest& q, unix_ms now);

/// The wish as storage takes it; people are looked for by the beginnings of words.
store::view view_of(const wish& w, const uuid& account, words_as how);

/// Ends of pages as text that clients give back. `q` without its cursor belongs to it.
std::string cursor_of(const Position& p);
std::optional<uuid> id_in(const std::string& bytes);
std::string bytes_of(const uuid& id);

/// One hit, by its place in the list of its kind.
struct candidate {
  kind what;
  double score = 0;
  std::size_t index = 0;
};
/// The first `limit` of the lists, each of which has the highest score first. Of equal scores people come first, then posts.
std::vector<candidate> merged(const std::vector<candidate>& all, std::int64_t limit);

}  // namespace nova::search
