#include "storage/runtime/letter_queries.hpp"

#include "storage/runtime/runtime_queries.hpp"

namespace nova::storage::runtime_queries {

const query unread_letters{"runtime.unread_letters",
                           "SELECT count(*) FROM (SELECT 1 FROM dead_letter WHERE type <> 0 AND "
                           "type <> ALL ($3::bigint[]) "
                           "AND at < $1 LIMIT $2::bigint) x"};

const query empty_unread_letters{
    "runtime.empty_unread_letters",
    "UPDATE dead_letter SET type = 0, payload = '', reason = '' WHERE (source, source_shard, seq) "
    "IN (SELECT source, source_shard, seq FROM dead_letter WHERE type <> 0 AND type <> ALL "
    "($3::bigint[]) AND at < $1 ORDER BY at LIMIT $2::bigint)"};

std::string written_by(int author, const uuid& account) {
  constexpr int length_delimited = 2;  // protobuf's wire type of texts
  const auto name = to_string(account);
  std::string out{static_cast<char>(author << 3 | length_delimited),
                  static_cast<char>(name.size())};
  return out + name;
}

std::vector<statement> empty_words_of(const uuid& account,
                                      const std::vector<worded_event>& events) {
  std::vector<statement> out;
  for (const auto& e : events)
    out.push_back({&empty_letters_naming,
                   {written_by(e.author, account), std::vector<std::int64_t>{e.type}}});
  return out;
}

}  // namespace nova::storage::runtime_queries
