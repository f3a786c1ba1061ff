#include "storage/runtime/letter_queries.hpp"

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

}  // namespace nova::storage::runtime_queries
