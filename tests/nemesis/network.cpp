// See network.hpp.
#include "tests/nemesis/network.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace nova::nemesis {

namespace {

constexpr std::size_t largest_packet = 65'536;
constexpr std::size_t least_packet = 20;  // a header of IPv4
constexpr std::size_t destination_at = 19;
constexpr int version_4 = 4;

timespec until(std::chrono::nanoseconds left) {
  left = std::max(left, std::chrono::nanoseconds(0));
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {static_cast<time_t>(whole.count()), static_cast<long>((left - whole).count())};
}

}  // namespace

network::~network() {
  if (!thread_.joinable()) return;
  ::eventfd_write(wake_, 1);
  thread_.join();
  ::close(wake_);
}

host* network::add(unsigned number, bool of_this_process, std::string& why) {
  auto made = of_this_process ? host::of_this_process(number, why) : host::make(number, why);
  if (!made) return nullptr;
  by_number_[number] = made.get();
  hosts_.push_back(std::move(made));
  return hosts_.back().get();
}

void network::begin() {
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { carry_on(); });
}

void network::set(unsigned from, unsigned to, const wire& w) {
  std::lock_guard lock(mutex_);
  lines_[{from, to}] = {w, {}};
}

void network::heal() {
  std::lock_guard lock(mutex_);
  lines_.clear();
}

network_counts network::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

void network::carry_on() {
  std::vector<pollfd> fds;
  fds.reserve(hosts_.size() + 1);
  for (const auto& h : hosts_) fds.push_back({h->packets(), POLLIN, 0});
  fds.push_back({wake_, POLLIN, 0});
  for (;;) {
    const auto next = deliver_due();
    const bool none = next == clock::time_point::max();
    const auto left = until(none ? std::chrono::nanoseconds(0) : next - clock::now());
    if (::ppoll(fds.data(), fds.size(), none ? nullptr : &left, nullptr) < 0) continue;
    if (fds.back().revents != 0) return;
    for (std::size_t i = 0; i < hosts_.size(); ++i)
      if (fds[i].revents != 0) read_all(*hosts_[i]);
  }
}

void network::read_all(host& from) {
  thread_local std::array<char, largest_packet> packet;
  for (;;) {
    const auto n = ::read(from.packets(), packet.data(), packet.size());
    if (n <= 0) return;
    take(from.number(), packet.data(), static_cast<std::size_t>(n));
  }
}

void network::take(unsigned from, const char* packet, std::size_t size) {
  if (size < least_packet || (static_cast<unsigned char>(packet[0]) >> 4) != version_4) return;
  const auto to = by_number_.find(static_cast<unsigned char>(packet[destination_at]));
  if (to == by_number_.end()) return;
  clock::time_point due{};
  {
    std::lock_guard lock(mutex_);
    ++counts_.passed;
    counts_.bytes += size;
    const auto found = lines_.find({from, to->first});
    if (found != lines_.end() && !schedule(found->second, size, due)) return;
  }
  if (due == clock::time_point{}) return deliver(*to->second, packet, size);
  late_.push({due, ++number_, to->second, {packet, packet + size}});
}

bool network::schedule(line& l, std::size_t size, clock::time_point& due) {
  const auto& w = l.rules;
  if (w.cut) return ++counts_.cut, false;
  if (w.loss > 0 && std::uniform_real_distribution<>(0, 1)(random_) < w.loss)
    return ++counts_.lost, false;
  auto wait = w.delay;
  if (w.jitter.count() > 0)
    wait += std::chrono::microseconds(random_() % static_cast<std::uint64_t>(w.jitter.count()));
  if (wait.count() == 0 && w.bytes_per_s == 0) return true;
  const auto now = clock::now();
  due = now + wait;
  if (w.bytes_per_s != 0) {
    l.free_at = std::max(l.free_at, now);
    if (l.free_at - now > longest_queue) return ++counts_.lost, false;
    l.free_at += std::chrono::microseconds(size * 1'000'000 / w.bytes_per_s);
    due = std::max(due, l.free_at);
  }
  if (late_.size() >= most_waiting) return ++counts_.lost, false;
  return ++counts_.delayed, true;
}

void network::deliver(host& to, const char* packet, std::size_t size) {
  (void)!::write(to.packets(), packet, size);  // a full queue loses it, as a network does
}

network::clock::time_point network::deliver_due() {
  while (!late_.empty() && late_.top().due <= clock::now()) {
    const auto& next = late_.top();
    deliver(*next.to, next.packet.data(), next.packet.size());
    late_.pop();
  }
  return late_.empty() ? clock::time_point::max() : late_.top().due;
}

}  // namespace nova::nemesis
