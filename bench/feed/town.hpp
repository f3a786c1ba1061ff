// Accounts and their graph as rows of feed, seeded by SQL: followers by a power law, authors above the limit of fan-out whose posts
// are merged at reading, and two authors whose posts are written to a known number of timelines. Used by timelines.cpp.
#pragma once

#include "protocols/core/ids.hpp"
#include "storage/postgres/conninfo.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace nova::bench {

struct town {
  std::uint64_t accounts = 0;
  std::uint64_t follows_each =
      20;  ///< authors that an account follows; more of them are well known
  std::uint64_t entries_each = 30;  ///< rows of an account's timeline
  std::uint64_t posts_of_big = 50;
  std::uint64_t few = 0, many = 0;  ///< followers of the two authors

  uuid account(std::uint64_t n) const;
  uuid author_of_few() const { return account(accounts); }
  uuid author_of_many() const { return account(accounts + 1); }
  /// A reader; some read much, most read little.
  std::uint64_t reader(std::mt19937_64& random) const;

  /// `shards`: of the domain. Authors with more than `limit` followers are marked as big.
  result<void> seed(storage::blocking_connection& c, std::uint32_t shards,
                    std::int64_t limit) const;
};

}  // namespace nova::bench
