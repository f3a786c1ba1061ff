// What a feed is, by its definition and without any table: every post by every way, tried one by one. Tests of feed compare with it.
#pragma once

#include "protocols/core/ids.hpp"

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace nova::test {

/// For histories in which nobody has more than 50 posts and shares, so that a follow brings all of them.
struct feed_model {
  struct post {
    uuid author{};
    unix_ms at = 0;
    std::string visibility = "public";
    std::vector<uuid> mentions = {};
    std::vector<std::string> tags = {};
    bool quote = false;
    std::string text = "Hello";
    bool deleted = false;
  };
  struct entry {
    uuid post{};
    std::string reason;
    uuid shared_by{};
    bool operator==(const entry&) const = default;
  };
  using pair = std::pair<uuid, uuid>;

  std::map<uuid, post> posts;
  std::map<pair, unix_ms> shares;  ///< by (who, post)
  std::set<pair> follows, mutes, blocks;
  std::set<std::pair<uuid, std::string>> tags;  ///< followed
  std::set<uuid> plain;                         ///< accounts that see neither shares nor quotes

  void follow(const uuid& who, const uuid& author) { follows.insert({who, author}); }
  bool blocked(const uuid& a, const uuid& b) const {
    return blocks.contains({a, b}) || blocks.contains({b, a});
  }
  /// The newest first.
  std::vector<entry> feed(const uuid& account) const;
  /// One line an entry, the same in every run of one seed but for the ids' digits.
  std::vector<std::string> describe(const std::vector<entry>& of) const;
};

}  // namespace nova::test
