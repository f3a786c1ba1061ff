// Reading and picking rows of a memory_table. Shared by the memory_* files of this folder.
#pragma once

#include "storage/memory/memory_store.hpp"

#include <algorithm>

namespace nova::simulation {

using storage::memory_result;
using storage::memory_row;
using storage::memory_store;
using storage::value;

inline std::int64_t number(const value& v) { return std::get<std::int64_t>(v); }
inline const uuid& id_of(const value& v) { return std::get<uuid>(v); }
inline const std::string& text_of(const value& v) { return std::get<std::string>(v); }
inline unix_ms time_of(const value& v) { return std::get<storage::timestamp>(v).ms; }
inline bool is_null(const value& v) { return v.index() == 0; }

inline memory_result changed(std::size_t rows) { return {{}, rows}; }
inline memory_result found(std::size_t columns, const std::vector<memory_row>& list) {
  return {storage::make_rows(columns, list), list.size()};
}

/// The rows whose key begins with `prefix`, in the order of the key. `take(row)` returns false to stop.
template <class Take>
void each_of(memory_store& s, const std::string& table, const memory_row& prefix, Take take) {
  const auto& rows = s.table(table).rows();
  for (auto at = rows.lower_bound(prefix); at != rows.end(); ++at) {
    if (!std::equal(prefix.begin(), prefix.end(), at->first.begin())) return;
    if (!take(at->second)) return;
  }
}

/// Changes the row with this key in place; affects none when there is none.
template <class Change>
memory_result update(memory_store& s, const std::string& table, const memory_row& key,
                     Change change) {
  const auto* old = s.table(table).find(key);
  if (old == nullptr) return changed(0);
  auto row = *old;
  if (!change(row)) return changed(0);
  s.table(table).put(std::move(row));
  return changed(1);
}

}  // namespace nova::simulation
