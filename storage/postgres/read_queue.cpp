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

read_queue::clock::duration read_queue::rest_behind(clock::duration took) const {
  const auto long_one = std::min<clock::duration>(took, per_account_.longest_rest);
  return std::min(3 * took, std::max<clock::duration>(per_account_.short_rest, long_one));
}

void read_queue::finished(const std::string& name, clock::time_point now, clock::duration took) {
  auto at = accounts_.find(name);
  if (at == accounts_.end()) return;
  auto& a = at->second;
  --a.under_way;
  const auto rest = rest_behind(took);
  if (!name.empty() && rest.count() > 0 && !a.in_turn && !a.waiting.empty()) {
    a.in_turn = true;
    resting_.emplace(now + rest, name);
  }
  line_up(name, a);
  if (at->second.under_way == 0 && at->second.waiting.empty() && !at->second.in_turn)
    accounts_.erase(at);
}

void read_queue::wake(clock::time_point now) {
  const auto end = resting_.upper_bound(now);
  for (auto i = resting_.begin(); i != end; ++i) turn_.push_back(std::move(i->second));
  resting_.erase(resting_.begin(), end);
}

std::optional<read_queue::clock::time_point> read_queue::next_wake() const {
  if (resting_.empty()) return std::nullopt;
  return resting_.begin()->first;
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
