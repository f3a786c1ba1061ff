#include "storage/sample/sample_store.hpp"

#include "storage/sample/sample_queries.hpp"

namespace nova::sample::store {

using storage::statement;
using storage::timestamp;
using storage::value;

statement notebook(const uuid& account) { return {&queries::notebook, {account}}; }
statement note(const uuid& account, const uuid& note) { return {&queries::note, {account, note}}; }
statement notes(const uuid& account, const std::optional<uuid>& before, std::int64_t limit) {
  return {&queries::notes, {account, before ? value(*before) : value(), limit}};
}

statement insert_note(const uuid& account, const note_row& row) {
  return {&queries::insert_note,
          {account, row.note_id, row.text, timestamp{row.created_at},
           row.remind_at ? value(timestamp{*row.remind_at}) : value()}};
}
statement count_note(const uuid& account) { return {&queries::count_note, {account}}; }

}  // namespace nova::sample::store
