// See flush_schedule.hpp.
#include "gateway/loop/flush_schedule.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace nova::gateway {

namespace net = boost::asio;

flush_schedule::flush_schedule(net::io_context& context,
                               std::function<std::size_t(rpc::connection_id)> flush)
    : context_(context), flush_(std::move(flush)) {}

void flush_schedule::soon(rpc::connection_id id) {
  soon_.ids.push_back(id);
  if (std::exchange(soon_.posted, true)) return;
  net::post(context_, [this] { flush_soon(); });
}

void flush_schedule::with_round(rpc::connection_id id) {
  round_.ids.push_back(id);
  if (std::exchange(round_.posted, true)) return;
  if (next_ - clock::now() < shortest_rest) return net::post(context_, [this] { begin_round(); });
  rest_.expires_at(next_);
  rest_.async_wait([this](const boost::system::error_code& ec) {
    if (!ec) begin_round();
  });
}

void flush_schedule::batch::clear() {
  ids.clear();  // keeps its memory
  done = frames = 0;
  posted = false;
}

bool flush_schedule::flush_some(batch& b) {
  constexpr std::size_t slice = 256;
  auto end = std::min(b.ids.size(), b.done + slice);
  while (b.done < end) b.frames += flush_(b.ids[b.done++]);
  return b.done == b.ids.size();
}

void flush_schedule::flush_soon() {
  if (!flush_some(soon_)) return net::post(context_, [this] { flush_soon(); });
  soon_.clear();
}

void flush_schedule::begin_round() {
  began_ = clock::now();
  flush_round();
}

void flush_schedule::flush_round() {
  if (!flush_some(round_)) return net::post(context_, [this] { flush_round(); });
  const bool joined = round_.frames > round_.done + round_.done / 4;
  round_.clear();
  patience_ = joined ? std::clamp(patience_ * 2, 1, most_patience) : patience_ / 2;
  const auto now = clock::now();
  next_ = now + std::min<clock::duration>(patience_ * (now - began_), longest_rest);
}

}  // namespace nova::gateway
