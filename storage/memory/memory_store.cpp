#include "storage/memory/memory_store.hpp"

#include "protocols/core/planted.hpp"

#include <algorithm>
#include <set>

namespace nova::storage {

bool value_less::operator()(const value& a, const value& b) const {
  if (a.index() != b.index()) return a.index() < b.index();
  return std::visit(
      [&](const auto& x) {
        using T = std::decay_t<decltype(x)>;
        const auto& y = std::get<T>(b);
        if constexpr (std::is_same_v<T, std::monostate>) return false;
        else if constexpr (std::is_same_v<T, bytes>) return x.data < y.data;
        else if constexpr (std::is_same_v<T, timestamp>) return x.ms < y.ms;
        else return x < y;
      },
      a);
}

bool value_less::operator()(const memory_row& a, const memory_row& b) const {
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(),
      [this](const value& x, const value& y) { return (*this)(x, y); });
}

memory_table::memory_table(std::string name, std::vector<std::size_t> key,
                           std::vector<unique_index> unique)
    : name_(std::move(name)),
      key_(std::move(key)),
      unique_(std::move(unique)),
      indexes_(unique_.size()) {}

memory_row memory_table::key_of(const memory_row& row) const {
  memory_row key;
  for (auto c : key_) key.push_back(row.at(c));
  return key;
}

const memory_row* memory_table::find(const memory_row& key) const {
  auto at = rows_.find(key);
  return at == rows_.end() ? nullptr : &at->second;
}

namespace {

memory_row columns_of(const memory_row& row, const std::vector<std::size_t>& columns) {
  memory_row out;
  for (auto c : columns) out.push_back(row.at(c));
  return out;
}

bool has_null(const memory_row& row) {
  return std::any_of(row.begin(), row.end(), [](const value& v) { return v.index() == 0; });
}

}  // namespace

void memory_table::check_unique(const memory_row& row, const memory_row* except) const {
  for (std::size_t i = 0; i < unique_.size(); ++i) {
    auto key = columns_of(row, unique_[i].columns);
    auto at = indexes_[i].find(key);
    if (at != indexes_[i].end() && !has_null(key) && !(except && at->second == *except))
      throw memory_conflict{unique_[i].name};
  }
}

void memory_table::set(const memory_row& key, std::optional<memory_row> to) {
  if (auto at = rows_.find(key); at != rows_.end()) {
    for (std::size_t i = 0; i < unique_.size(); ++i)
      indexes_[i].erase(columns_of(at->second, unique_[i].columns));
    rows_.erase(at);
  }
  if (!to) return;
  for (std::size_t i = 0; i < unique_.size(); ++i)
    indexes_[i][columns_of(*to, unique_[i].columns)] = key;
  rows_.emplace(key, std::move(*to));
}

void memory_table::insert(memory_row row) {
  auto key = key_of(row);
  if (find(key)) throw memory_conflict{name_ + "_pkey"};
  check_unique(row, nullptr);
  undo_.push_back({key, std::nullopt});
  set(key, std::move(row));
}

void memory_table::put(memory_row row) {
  auto key = key_of(row);
  const auto* before = find(key);
  check_unique(row, &key);
  undo_.push_back({key, before ? std::optional(*before) : std::nullopt});
  set(key, std::move(row));
}

bool memory_table::erase(const memory_row& key) {
  const auto* before = find(key);
  if (!before) return false;
  undo_.push_back({key, *before});
  set(key, std::nullopt);
  return true;
}

void memory_table::roll_back() {
  for (auto c = undo_.rbegin(); c != undo_.rend(); ++c) set(c->key, std::move(c->before));
  undo_.clear();
}

memory_store::memory_store() { add_runtime_tables(*this); }

memory_table& memory_store::add_table(const std::string& name, std::vector<std::size_t> key,
                                      std::vector<unique_index> unique) {
  return tables_.insert_or_assign(name, memory_table(name, std::move(key), std::move(unique)))
      .first->second;
}

memory_result memory_store::execute(const statement& s) {
  auto at = executions_.find(s.query->name);
  if (at == executions_.end())
    throw memory_refusal{"nobody executes " + std::string(s.query->name)};
  return at->second(*this, s.params);
}

void memory_store::transaction(const std::function<void()>& body) {
  for (auto& [name, table] : tables_) table.begin();
  try {
    body();
  } catch (...) {
    for (auto& [name, table] : tables_) table.roll_back();
    throw;
  }
}

std::uint64_t memory_store::last_event(std::uint32_t shard) const {
  const auto& outbox = tables_.at("outbox").rows();
  auto after = outbox.upper_bound({static_cast<std::int64_t>(shard), std::int64_t{INT64_MAX}});
  if (after == outbox.begin()) return 0;
  const auto& row = std::prev(after)->second;
  return std::get<std::int64_t>(row[0]) == shard
             ? static_cast<std::uint64_t>(std::get<std::int64_t>(row[1]))
             : 0;
}

uuid memory_store::process_of(const uuid& lane) const {
  const auto at = lanes.find(lane);
  return at == lanes.end() || at->second.process.is_nil() ? lane : at->second.process;
}

// All lanes of a process are fenced, or none.
void memory_store::fence_dead(const uuid& mine, const std::string& node) {
  struct life {
    bool same_folder = false;
    unix_ms expires_at = 0;
  };
  std::map<uuid, life> others;
  for (const auto& [id, lane] : lanes) {
    if (lane.fenced || process_of(id) == mine) continue;
    auto& other = others[process_of(id)];
    other.same_folder |= lane.node == node;
    other.expires_at = std::max(other.expires_at, lane.expires_at);
  }
  for (auto& [id, lane] : lanes) {
    const auto at = others.find(process_of(id));
    if (at != others.end() && (at->second.same_folder || at->second.expires_at < now()))
      lane.fenced = true;
  }
}

std::optional<std::vector<shard_claim>> memory_store::claim(const uuid& me, const std::string& node,
                                                            std::uint32_t shard_count,
                                                            std::uint32_t part,
                                                            std::uint32_t parts) {
  const auto mine = process_of(me);
  fence_dead(mine, node);
  if (!lanes.contains(me)) return std::nullopt;
  for (const auto& [id, lane] : lanes)
    if (lane.fenced && process_of(id) == mine) return std::nullopt;
  const bool foreign = std::ranges::any_of(shards, [&](const auto& s) {
    const auto& lane = lanes.at(s.second.lane);
    return !lane.fenced && process_of(s.second.lane) != mine &&
           (parts > 1 || !lane.process.is_nil());
  });
  std::vector<shard_claim> out;
  for (std::uint32_t shard = 0; shard < shard_count; ++shard) {
    if (!foreign && shard % parts == part) {
      auto [at, added] = shards.try_emplace(shard, shard_row{me, 1});
      if (!added && lanes.at(at->second.lane).fenced) at->second = {me, at->second.epoch + 1};
    }
    if (const auto at = shards.find(shard); at != shards.end() && at->second.lane == me)
      out.push_back({shard, at->second.epoch, last_event(shard)});
  }
  return out;
}

std::optional<std::vector<shard_claim>> memory_store::claim_apart(
    const uuid& me, const std::string& node, std::uint32_t shard_count, std::uint32_t part,
    std::uint32_t parts, std::uint32_t lease_ms) {
  const auto mine = process_of(me);
  std::set<uuid> dead;
  for (const auto& [shard, row] : shards) {
    auto& lane = lanes.at(row.lane);
    const bool ended = lane.node == node && process_of(row.lane) != mine;
    if (shard % parts != part || row.lane == me || !(ended || lane.expires_at < now())) continue;
    dead.insert(row.lane);
    lane.fenced |= !planted(planted_fault::two_owners);
  }
  const auto own = lanes.find(me);
  if (own == lanes.end() || own->second.fenced) return std::nullopt;
  own->second.expires_at = now() + lease_ms;
  std::vector<shard_claim> out;
  for (auto shard = part; shard < shard_count; shard += parts) {
    auto [at, added] = shards.try_emplace(shard, shard_row{me, 1});
    const auto& owner = at->second.lane;
    if (!added && (lanes.at(owner).fenced || dead.contains(owner)))
      at->second = {me, at->second.epoch + 1};
    if (at->second.lane == me) out.push_back({shard, at->second.epoch, last_event(shard)});
  }
  return out;
}

rows make_rows(std::size_t columns, const std::vector<memory_row>& list) {
  std::vector<value> cells;
  for (const auto& row : list) cells.insert(cells.end(), row.begin(), row.end());
  return {columns, std::move(cells)};
}

}  // namespace nova::storage
