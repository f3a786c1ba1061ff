// See flush_schedule.hpp.
#include "gateway/flush_schedule.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace nova::gateway {

namespace net = boost::asio;

flush_schedule::flush_schedule(net::io_context& context,
                               std::function<void(rpc::connection_id)> flush)
    : context_(context), flush_(std::move(flush)) {}

void flush_schedule::soon(rpc::connection_id id) {
  soon_.ids.push_back(id);
  if (std::exchange(soon_.posted, true)) return;
  net::post(context_, [this] { flush_soon(); });
}

void flush_schedule::with_round(rpc::connection_id id) {
  round_.ids.push_back(id);
  if (std::exchange(round_.posted, true)) return;
  const bool resting = next_ - clock::now() >= shortest_rest;
  patience_ = std::clamp(resting ? patience_ * 2 : patience_ / 2, 1, most_patience);
  if (!resting) return net::post(context_, [this] { begin_round(); });
  rest_.expires_at(next_);
  rest_.async_wait([this](const boost::system::error_code& ec) {
    if (!ec) begin_round();
  });
}

bool flush_schedule::flush_some(batch& b) {
  constexpr std::size_t slice = 256;
  auto end = std::min(b.ids.size(), b.done + slice);
  while (b.done < end) flush_(b.ids[b.done++]);
  if (b.done < b.ids.size()) return false;
  b.ids.clear();
  b.done = 0;
  b.posted = false;
  return true;
}

void flush_schedule::flush_soon() {
  if (!flush_some(soon_)) net::post(context_, [this] { flush_soon(); });
}

void flush_schedule::begin_round() {
  began_ = clock::now();
  flush_round();
}

void flush_schedule::flush_round() {
  if (!flush_some(round_)) return net::post(context_, [this] { flush_round(); });
  const auto now = clock::now();
  next_ = now + std::min<clock::duration>(patience_ * (now - began_), longest_rest);
}

}  // namespace nova::gateway
