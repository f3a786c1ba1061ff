#include "storage/content/erasure_store.hpp"

#include "storage/content/erasure_queries.hpp"
#include "storage/runtime/runtime_queries.hpp"

namespace nova::content::store {

namespace q = queries;
using storage::bytes;
using storage::statement;
using storage::timestamp;

statement begin_erasure(const uuid& account) { return {&q::begin_erasure, {account}}; }
statement written_by(const uuid& account, std::int64_t most) {
  return {&q::written_by, {account, most}};
}

std::vector<written_row> read_written(const storage::rows& r) {
  std::vector<written_row> out(r.size());
  for (std::size_t i = 0; i < r.size(); ++i) {
    out[i].post_id = r.id(i, 0);
    if (!r.null(i, 1)) out[i].comment_id = r.id(i, 1);
  }
  return out;
}

statement rows_left(const uuid& account) { return {&q::rows_left, {account}}; }

std::vector<statement> erase_rows(const uuid& account, std::int64_t most, unix_ms now) {
  return {{&q::erase_reactions, {account, most}},
          {&q::erase_shares, {account, most}},
          {&q::erase_votes, {account, most, timestamp{now}}},
          {&q::anonymise_votes, {account, most, timestamp{now}}},
          {&q::erase_shelf, {account, most}},
          {&q::erase_relations, {account, most}}};
}

statement count_erased(const uuid& account, std::int64_t erased, std::int64_t anonymised) {
  return {&q::count_erased, {account, erased, anonymised}};
}

statement erasure(const uuid& account) { return {&q::erasure, {account}}; }

erasure_row read_erasure(const storage::rows& r) {
  if (r.empty()) return {};
  return {r.int8(0, 0), r.int8(0, 1)};
}

std::vector<statement> forget_person(
    const uuid& account, std::vector<std::int64_t> kept,
    const std::vector<storage::runtime_queries::worded_event>& texts) {
  namespace rq = storage::runtime_queries;
  const auto name = to_string(account);
  auto out = rq::empty_words_of(account, texts);
  out.insert(out.begin(), {{&q::forget_person, {account}},
                           {&q::empty_shelf_events, {name}},
                           {&rq::empty_dead_letters, {name, std::move(kept)}}});
  return out;
}

statement end_erasure(const uuid& account) { return {&q::end_erasure, {account}}; }

statement blank_post(const uuid& post, unix_ms now) {
  return {&q::blank_post, {post, timestamp{now}}};
}
statement texts_told(const uuid& post) { return {&q::texts_told, {to_string(post)}}; }

std::vector<told_row> read_told(const storage::rows& r) {
  std::vector<told_row> out;
  for (std::size_t i = 0; i < r.size(); ++i)
    out.push_back({r.int8(i, 0), r.int8(i, 1), r.int8(i, 2), std::string(r.blob(i, 3))});
  return out;
}

statement replace_told(const told_row& e) {
  return {&q::replace_told, {e.shard, e.seq, bytes{e.payload}}};
}
statement disown_comment(const uuid& comment) { return {&q::disown_comment, {comment}}; }

}  // namespace nova::content::store
