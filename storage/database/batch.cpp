#include "storage/database/batch.hpp"

#include "storage/database/array_types.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>

namespace nova::storage {
namespace {

// A comparable form of the first `n` parameters.
void append_key(const statement& s, int n, std::string& out) {
  out.clear();
  for (int i = 0; i < n && i < static_cast<int>(s.params.size()); ++i) {
    const value& v = s.params[static_cast<std::size_t>(i)];
    out += static_cast<char>('a' + v.index());
    auto raw = [&](const void* data, std::size_t size) {
      out.append(reinterpret_cast<const char*>(&size), sizeof size);
      out.append(static_cast<const char*>(data), size);
    };
    if (auto* id = std::get_if<uuid>(&v)) raw(id->data, 16);
    else if (auto* number = std::get_if<std::int64_t>(&v)) raw(number, sizeof *number);
    else if (auto* text = std::get_if<std::string>(&v)) raw(text->data(), text->size());
    else if (auto* blob = std::get_if<bytes>(&v)) raw(blob->data.data(), blob->data.size());
    else if (auto* flag = std::get_if<bool>(&v)) raw(flag, 1);
    else if (auto* time = std::get_if<timestamp>(&v)) raw(&time->ms, sizeof time->ms);
    else if (auto* real = std::get_if<double>(&v)) raw(real, sizeof *real);
  }
}

void keep_last(std::vector<const statement*>& rows, int key_params) {
  if (rows.size() < 2) return;
  std::unordered_set<std::string> seen;
  seen.reserve(rows.size());
  std::string key;
  std::vector<const statement*> kept;
  kept.reserve(rows.size());
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    append_key(**row, key_params, key);
    if (seen.insert(key).second) kept.push_back(*row);
  }
  std::reverse(kept.begin(), kept.end());
  rows = std::move(kept);
}

void flush(std::vector<batch_step>& collected, std::vector<batch_step>& out) {
  std::stable_sort(collected.begin(), collected.end(),
                   [](const auto& a, const auto& b) { return a.what->rank < b.what->rank; });
  for (auto& step : collected) {
    if (step.what->merge == merging::last) keep_last(step.rows, step.what->key_params);
    out.push_back(std::move(step));
  }
  collected.clear();
}

}  // namespace

std::vector<batch_step> plan_batch(std::span<const pending_unit> units) {
  std::vector<batch_step> out, collected;
  for (std::size_t i = 0; i < units.size(); ++i)
    for (const auto& s : units[i].unit.statements) {
      if (s.query->merge == merging::none) {
        flush(collected, out);
        out.push_back({s.query, {&s}, static_cast<std::ptrdiff_t>(i), s.expect_rows});
        continue;
      }
      auto at = std::find_if(collected.begin(), collected.end(),
                             [&](const auto& step) { return step.what == s.query; });
      if (at == collected.end()) {
        collected.push_back({s.query, {}, -1, 0});
        at = std::prev(collected.end());
        at->rows.reserve(units.size());
      }
      at->rows.push_back(&s);
    }
  flush(collected, out);
  return out;
}

void number_events(std::span<pending_unit> units, shard_counters& counters) {
  for (auto& u : units) {
    if (u.unit.events.empty()) continue;
    auto& last = counters.at(u.unit.shard);
    u.first_event = last + 1;
    last += u.unit.events.size();
  }
}

std::size_t unit_bytes(const commit_unit& unit) noexcept {
  std::size_t n = 64;
  for (const auto& s : unit.statements)
    for (const auto& p : s.params) n += wire_size(p);
  for (const auto& e : unit.events) n += 40 + e.key.size() + e.payload.size();
  return n;
}

std::string unit_defect(const commit_unit& unit, const shard_counters& owned,
                        std::size_t max_bytes) {
  if (!unit.events.empty() && !owned.contains(unit.shard)) return "shard not owned";
  if (unit_bytes(unit) > max_bytes) return "larger than max_unit_bytes";
  for (const auto& s : unit.statements) {
    const auto& q = *s.query;
    std::string name(q.name);
    if (q.merge == merging::none) continue;
    if (s.expect_rows) return name + ": expect_rows on a merged statement";
    if (s.params.size() != q.array_types.size() || s.params.empty())
      return name + ": array_types and parameters differ in number";
    for (std::size_t i = 0; i < s.params.size(); ++i)
      if (!fits_array(q.array_types[i], s.params[i]))
        return name + ": parameter " + std::to_string(i + 1) + " is not of " +
               std::string(q.array_types[i]);
  }
  return {};
}

}  // namespace nova::storage
