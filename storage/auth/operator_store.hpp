// Statements on the operator role, typed. Called by operators_entity; executed by the runtime.
#pragma once

#include "storage/auth/operator_rows.hpp"

namespace nova::auth::store {

storage::statement operators(std::int64_t limit);
/// A second time it changes nothing.
storage::statement insert_operator(const operator_row& row);
storage::statement delete_operator(const uuid& account);

}  // namespace nova::auth::store
