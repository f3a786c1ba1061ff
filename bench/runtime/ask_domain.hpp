// The smallest possible domain, on a database that is never used. The scenario ask measures the runtime with it.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "protocols/core/method.hpp"
#include "storage/database/database.hpp"

#include <memory>
#include <string>

namespace nova::bench {

/// Number of asks that one `relay` makes, one after the other. Less than the runtime's limit of 32 rounds.
inline constexpr std::size_t asks_each = 30;

/// A command of a counter that changes memory only: adds one and answers the sum.
const rpc::method& add_method();
/// A command that asks `add` of another counter `asks_each` times and then answers.
const rpc::method& relay_method();
/// The request of both methods: the counter's key. A relay asks the counter with that key plus "-partner".
rpc::message_ptr request_for(const std::string& key);
/// The sum in the answer of `add` or `relay`.
std::int64_t sum_of(const rpc::message& reply);

runtime::domain make_ask_domain();
/// Owns every shard without end, reads nothing and accepts no write.
std::shared_ptr<storage::database> make_unwritten_database();

}  // namespace nova::bench
