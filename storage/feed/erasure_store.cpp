#include "storage/feed/erasure_store.hpp"

#include "storage/feed/erasure_queries.hpp"
#include "storage/runtime/runtime_queries.hpp"

namespace nova::feed::store {

namespace q = queries;
using storage::statement;

namespace {

enum class entry_kind : std::uint8_t { post = 1, share, followed };

}  // namespace

statement begin_erasure(const uuid& account) { return {&q::begin_erasure, {account}}; }
statement entries_of(const uuid& account, std::int64_t most) {
  return {&q::entries_of, {account, most}};
}

entries_left read_entries_left(const storage::rows& r) {
  entries_left out;
  for (std::size_t i = 0; i < r.size(); ++i) switch (static_cast<entry_kind>(r.int8(i, 0))) {
      case entry_kind::post: out.posts.push_back(r.id(i, 1)); break;
      case entry_kind::share: out.shares.push_back(r.id(i, 1)); break;
      case entry_kind::followed: out.followed.push_back(r.id(i, 1)); break;
    }
  return out;
}

std::vector<statement> erase_entries(const uuid& account, const entries_left& entries) {
  return {{&q::erase_posts, {account, entries.posts}},
          {&q::erase_shares, {account, entries.shares}},
          {&q::erase_follows, {account, entries.followed}}};
}

statement rows_left(const uuid& account) { return {&q::rows_left, {account}}; }
bool read_rows_left(const storage::rows& r) { return !r.empty() && r.boolean(0, 0); }

std::vector<statement> erase_rows(const uuid& account, std::int64_t most) {
  return {{&q::erase_rows, {account, most}}, {&q::erase_named, {account, most}}};
}
statement count_erased(const uuid& account, std::int64_t erased) {
  return {&q::count_erased, {account, erased}};
}
statement erasure(const uuid& account) { return {&q::erasure, {account}}; }
std::int64_t read_erasure(const storage::rows& r) { return r.empty() ? 0 : r.int8(0, 0); }

std::vector<statement> forget_home(
    const uuid& account, std::vector<std::int64_t> kept,
    const std::vector<storage::runtime_queries::worded_event>& texts) {
  namespace rq = storage::runtime_queries;
  const auto name = to_string(account);
  auto out = rq::empty_words_of(account, texts);
  out.insert(out.begin(),
             {{&q::forget_home, {account}}, {&rq::empty_dead_letters, {name, std::move(kept)}}});
  return out;
}
statement end_erasure(const uuid& account) { return {&q::end_erasure, {account}}; }

statement forget_followers(const uuid& author, std::uint32_t shard) {
  return {&q::forget_followers, {author, std::int64_t{shard}}};
}

}  // namespace nova::feed::store
