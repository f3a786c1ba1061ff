// The smallest domain there can be, on a database that is never asked: what ask measures the runtime with.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "protocols/core/method.hpp"
#include "storage/database/database.hpp"

#include <memory>
#include <string>

namespace nova::bench {

/// Asks that one `relay` makes, one after the other. Below the runtime's limit of 32 rounds.
inline constexpr std::size_t asks_each = 30;

/// A command of a counter that changes only its memory: adds one, answers the sum.
const rpc::method& add_method();
/// A command that asks `add` of another counter `asks_each` times and then answers.
const rpc::method& relay_method();
/// The request of both: the counter's key. A relay's partner has the key with "-partner" behind it.
rpc::message_ptr request_for(const std::string& key);
/// The sum that `add` or `relay` answered.
std::int64_t sum_of(const rpc::message& reply);

runtime::domain make_ask_domain();
/// Owns every shard without an end, reads nothing and accepts no write.
std::shared_ptr<storage::database> make_unwritten_database();

}  // namespace nova::bench
