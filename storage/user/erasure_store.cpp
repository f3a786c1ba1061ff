#include "storage/user/erasure_store.hpp"

#include "storage/runtime/runtime_queries.hpp"
#include "storage/user/erasure_queries.hpp"

namespace nova::user::store {

storage::statement close_profile(const uuid& account) {
  return {&queries::close_profile, {account}};
}
storage::statement reopen_profile(const uuid& account) {
  return {&queries::reopen_profile, {account}};
}
storage::statement erasure_count(const uuid& account) {
  return {&queries::erasure_count, {account}};
}

std::vector<storage::statement> erase_person(const uuid& account, std::vector<std::int64_t> kept,
                                             std::vector<std::int64_t> texts) {
  return {
      {&queries::leave_tallies, {account}},
      {&queries::erase_person, {account}},
      {&queries::empty_events, {to_string(account)}},
      {&storage::runtime_queries::empty_dead_letters, {to_string(account), std::move(kept)}},
      {&storage::runtime_queries::empty_letters_naming, {to_string(account), std::move(texts)}}};
}

std::int64_t read_erasure_count(const storage::rows& r) { return r.empty() ? 0 : r.int8(0, 0); }

}  // namespace nova::user::store
