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

std::vector<storage::statement> erase_person(
    const uuid& account, std::vector<std::int64_t> kept,
    const std::vector<storage::runtime_queries::worded_event>& texts) {
  auto out = storage::runtime_queries::empty_words_of(account, texts);
  out.insert(out.begin(), {{&queries::leave_tallies, {account}},
                           {&queries::erase_person, {account}},
                           {&queries::empty_events, {to_string(account)}},
                           {&storage::runtime_queries::empty_dead_letters,
                            {to_string(account), std::move(kept)}}});
  return out;
}

std::int64_t read_erasure_count(const storage::rows& r) { return r.empty() ? 0 : r.int8(0, 0); }

}  // namespace nova::user::store
