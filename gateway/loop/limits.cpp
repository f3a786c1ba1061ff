#include "gateway/loop/limits.hpp"

#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>
#include <cmath>

namespace nova::gateway {
namespace {

double seconds_between(clock_point from, clock_point to) {
  return std::chrono::duration<double>(to - from).count();
}

keyed_buckets::rates by_class(double read, double write, double sign_in, double signal,
                              double burst_s) {
  auto rate = [&](double per_s) {
    return keyed_buckets::rate{per_s, std::max(1.0, per_s * burst_s)};
  };
  return {keyed_buckets::rate{}, rate(read), rate(write), rate(sign_in), rate(signal)};
}

keyed_buckets::rates address_rates(const config::gateway_settings& s) {
  return by_class(s.address_read_per_s, s.address_write_per_s, s.address_sign_in_per_s,
                  s.address_signal_per_s, s.burst_s);
}

keyed_buckets::rates account_rates(const config::gateway_settings& s) {
  return by_class(s.account_read_per_s, s.account_write_per_s, s.account_sign_in_per_s,
                  s.account_signal_per_s, s.burst_s);
}

keyed_buckets::rates handshake_rates(const config::gateway_settings& s) {
  return {keyed_buckets::rate{s.handshakes_per_s, s.handshakes_burst},
          keyed_buckets::rate{s.tls.handshakes_per_s, s.tls.handshakes_burst}};
}

}  // namespace

bool token_bucket::take(clock_point now) noexcept {
  if (last_ != clock_point{})
    tokens_ = std::min(burst_, tokens_ + per_s_ * std::max(0.0, seconds_between(last_, now)));
  last_ = now;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

unsigned token_bucket::wait_ms() const noexcept {
  if (tokens_ >= 1 || per_s_ <= 0) return 1;
  return static_cast<unsigned>(std::clamp((1 - tokens_) / per_s_ * 1000, 1.0, 3'600'000.0));
}

bool token_bucket::full(clock_point now) const noexcept {
  return last_ == clock_point{} || tokens_ + per_s_ * seconds_between(last_, now) >= burst_;
}

void token_bucket::change(double per_s, double burst) noexcept {
  per_s_ = per_s;
  burst_ = burst;
  tokens_ = std::min(tokens_, burst);
}

keyed_buckets::keyed_buckets(const rates& of_classes, std::size_t max_keys)
    : max_keys_per_shard_(std::max<std::size_t>(1, max_keys / shard_count)) {
  for (auto& shard : shards_) shard.rates = of_classes;
}

void keyed_buckets::change(const rates& of_classes) {
  for (auto& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    shard.rates = of_classes;
    for (auto& [key, buckets] : shard.keys)
      for (std::size_t i = 0; i < classes; ++i)
        buckets[i].change(of_classes[i].per_s, of_classes[i].burst);
  }
}

std::optional<unsigned> keyed_buckets::take(std::string_view key, std::size_t rate_class,
                                            clock_point now) {
  auto& shard = shards_[std::hash<std::string_view>{}(key) % shard_count];
  std::lock_guard lock(shard.mutex);
  if (shard.rates[rate_class].per_s <= 0) return std::nullopt;
  auto at = shard.keys.find(key);
  if (at == shard.keys.end()) {
    if (shard.keys.size() >= max_keys_per_shard_) forget_full(shard, now);
    if (shard.keys.size() >= max_keys_per_shard_) return 1000;
    at = shard.keys.emplace(std::string(key), std::array<token_bucket, classes>{}).first;
    for (std::size_t i = 0; i < classes; ++i)
      at->second[i] = token_bucket(shard.rates[i].per_s, shard.rates[i].burst);
  }
  auto& bucket = at->second[rate_class];
  if (bucket.take(now)) return std::nullopt;
  return bucket.wait_ms();
}

void keyed_buckets::forget_full(shard& in, clock_point now) {
  std::erase_if(in.keys, [&](const auto& entry) {
    return std::all_of(entry.second.begin(), entry.second.end(),
                       [&](const auto& b) { return b.full(now); });
  });
}

connection_lease& connection_lease::operator=(connection_lease&& other) noexcept {
  if (this == &other) return *this;
  release();
  owner_ = std::exchange(other.owner_, nullptr);
  address_ = std::move(other.address_);
  proxy_ = other.proxy_;
  return *this;
}

void connection_lease::release() noexcept {
  if (owner_) std::exchange(owner_, nullptr)->leave(address_, proxy_);
}

limits::limits(const config::gateway_settings& s)
    : ipv6_prefix_bits_(s.ipv6_prefix_bits),
      max_total_(s.max_connections),
      max_per_address_(s.max_connections_per_address),
      max_unauthenticated_(s.max_unauthenticated_sockets),
      addresses_(address_rates(s), s.max_tracked_limits),
      accounts_(account_rates(s), s.max_tracked_limits),
      handshakes_(handshake_rates(s), s.max_tracked_limits) {}

void limits::change(const config::gateway_settings& s) {
  {
    std::lock_guard lock(mutex_);
    max_total_ = s.max_connections;
    max_per_address_ = s.max_connections_per_address;
    max_unauthenticated_ = s.max_unauthenticated_sockets;
  }
  addresses_.change(address_rates(s));
  accounts_.change(account_rates(s));
  handshakes_.change(handshake_rates(s));
}

std::string limits::key_of(const std::string& address) const {
  constexpr unsigned all_bits = 128;
  if (ipv6_prefix_bits_ >= all_bits || address.find(':') == address.npos) return address;
  boost::system::error_code ec;
  auto bytes = boost::asio::ip::make_address_v6(address, ec).to_bytes();
  if (ec) return address;
  for (unsigned bit = ipv6_prefix_bits_; bit < all_bits; ++bit)
    bytes[bit / 8] &= static_cast<unsigned char>(~(0x80u >> bit % 8));
  return boost::asio::ip::address_v6(bytes).to_string();
}

limits::refused limits::admit(const std::string& address, connection_lease& to, bool proxy) {
  auto key = key_of(address);
  std::lock_guard lock(mutex_);
  if (total_ >= max_total_) return refused::total;
  if (!proxy) {
    auto& count = per_address_[key];
    if (count >= max_per_address_) return refused::address;
    ++count;
  }
  ++total_;
  to = connection_lease(*this, address, proxy);
  return refused::none;
}

std::size_t limits::connections() const {
  std::lock_guard lock(mutex_);
  return total_;
}

bool limits::wait_for_none(clock_point until) {
  std::unique_lock lock(mutex_);
  return none_left_.wait_until(lock, until, [this] { return total_ == 0; });
}

void limits::leave(const std::string& address, bool proxy) noexcept {
  std::lock_guard lock(mutex_);
  if (--total_ == 0) none_left_.notify_all();
  if (proxy) return;
  auto at = per_address_.find(key_of(address));
  if (at != per_address_.end() && --at->second == 0) per_address_.erase(at);
}

bool limits::enter_unauthenticated() {
  std::lock_guard lock(mutex_);
  if (unauthenticated_ >= max_unauthenticated_) return false;
  ++unauthenticated_;
  return true;
}

void limits::leave_unauthenticated() {
  std::lock_guard lock(mutex_);
  --unauthenticated_;
}

std::optional<unsigned> limits::address_request(rpc::rate_class c, const std::string& address,
                                                clock_point now) {
  return addresses_.take(key_of(address), static_cast<std::size_t>(c), now);
}

std::optional<unsigned> limits::account_request(rpc::rate_class c, const uuid& account,
                                                clock_point now) {
  return accounts_.take({reinterpret_cast<const char*>(account.data), sizeof account.data},
                        static_cast<std::size_t>(c), now);
}

std::optional<unsigned> limits::handshake(const std::string& address, clock_point now) {
  return handshakes_.take(key_of(address), 0, now);
}

bool limits::tls_handshake(const std::string& address, clock_point now) {
  return !handshakes_.take(key_of(address), 1, now);
}

}  // namespace nova::gateway
