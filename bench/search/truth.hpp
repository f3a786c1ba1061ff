// All documents of a run in memory, and what a question should find among them: a scan over every text. Used by search.cpp.
#pragma once

#include "actors/search/query_rules.hpp"
#include "bench/search/corpus.hpp"
#include "protocols/core/ids.hpp"

#include <string>
#include <vector>

namespace nova::bench {

struct known_document {
  uuid id{};  ///< of a post; of a message its conversation
  std::int64_t seq = 0;
  unix_ms at = 0;
  bool mine = false;  ///< the asking account may see it
  std::string text;
  std::string folded;
};

/// Ids of posts with the run of characters, by the score of search, the best `most`.
std::vector<std::string> best_posts(const std::vector<known_document>& posts,
                                    const std::string& asked, unix_ms as_of, std::size_t most);
/// "conversation seq" of visible messages with the run of characters, the newest `most`.
std::vector<std::string> newest_messages(const std::vector<known_document>& messages,
                                         const std::string& asked, std::size_t most);

/// The share of `expected` that is in `found`; 1 when nothing is expected.
double recall(const std::vector<std::string>& expected, const std::vector<std::string>& found);

}  // namespace nova::bench
