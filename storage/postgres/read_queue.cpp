#include "storage/postgres/read_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace nova::storage {

void read_queue::line_up(const std::string& name, account& a) {
  if (a.in_turn || a.waiting.empty() || a.under_way >= most_under_way(name)) return;
  a.in_turn = true;
  turn_.push_back(name);
}

bool read_queue::push(waiting_read& r) {
  auto& a = accounts_[r.account];
  if (!r.account.empty() && a.waiting.size() >= per_account_.waiting) return false;
  const auto name = r.account;
  a.waiting.push_back(std::move(r));
  ++size_;
  line_up(name, a);
  return true;
}

std::optional<waiting_read> read_queue::pop() {
  while (!turn_.empty()) {
    auto name = std::move(turn_.front());
    turn_.pop_front();
    auto& a = accounts_[name];
    a.in_turn = false;
    if (a.waiting.empty()) {  // they have expired
      if (a.under_way == 0) accounts_.erase(name);
      continue;
    }
    auto r = std::move(a.waiting.front());
    a.waiting.pop_front();
    --size_;
    ++a.under_way;
    line_up(name, a);
    return r;
  }
  return std::nullopt;
}

void read_queue::finished(const std::string& name) {
  auto at = accounts_.find(name);
  if (at == accounts_.end()) return;
  --at->second.under_way;
  line_up(name, at->second);
  if (at->second.under_way == 0 && at->second.waiting.empty() && !at->second.in_turn)
    accounts_.erase(at);
}

std::vector<waiting_read> read_queue::expired(std::chrono::steady_clock::time_point before) {
  std::vector<waiting_read> out;
  for (auto& [name, a] : accounts_)
    while (!a.waiting.empty() && a.waiting.front().since < before) {
      out.push_back(std::move(a.waiting.front()));
      a.waiting.pop_front();
    }
  size_ -= out.size();
  return out;
}

std::vector<waiting_read> read_queue::clear() {
  std::vector<waiting_read> out;
  for (auto& [name, a] : accounts_)
    for (auto& r : std::exchange(a.waiting, {})) out.push_back(std::move(r));
  size_ = 0;
  return out;
}

}  // namespace nova::storage
