// What a database might answer: rows of the shape that each read's SQL has, drawn from a seed, with the few known ids again and
// again. Used by domain_stage.
#pragma once

#include "storage/database/value.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nova::fuzz {

class row_source {
 public:
  /// `password_hash`: of accounts; `salt`: of their sessions.
  row_source(std::string password_hash, std::string salt)
      : password_hash_(std::move(password_hash)), salt_(std::move(salt)) {}

  /// False for a domain of whose reads it knows none: such a domain is not fuzzed.
  static bool knows(std::string_view domain);
  void reseed(std::uint32_t seed) { state_ = seed * 2654435761u + 1; }
  storage::rows answer(const storage::statement& s);

 private:
  struct row_facts {
    std::size_t index = 0, count = 0;
    uuid id{};             ///< of what the row is about, for the column I
    std::int64_t seq = 0;  ///< for the column S
  };
  std::uint32_t below(std::uint32_t n);
  std::vector<row_facts> facts_of(const storage::statement& s, std::uint32_t most);
  storage::value cell(char column, const row_facts& f, std::uint32_t strings);
  std::string word();

  std::string password_hash_, salt_;
  std::uint32_t state_ = 1;
};

}  // namespace nova::fuzz
