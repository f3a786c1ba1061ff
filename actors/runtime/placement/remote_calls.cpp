#include "actors/runtime/placement/remote_calls.hpp"

#include "protocols/core/planted.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace nova::runtime {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds first_pause{5}, longest_pause{100};

/// A second time changes nothing.
bool may_send_again(const rpc::call& c) {
  const auto& m = *c.method;
  return planted(planted_fault::call_twice) || m.query ||
         m.idempotency == rpc::idempotency::natural ||
         m.idempotency == rpc::idempotency::client_id ||
         (m.idempotency == rpc::idempotency::key && !c.idempotency_key.empty());
}

error in_doubt(const services& s) {
  return make_error(errc::unavailable, "Its node was lost; it may have been carried out.",
                    s.settings().overload_retry_ms);
}

void count(std::atomic<std::uint64_t>& c) { c.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

remote_calls::remote_calls(services& s, std::size_t most, hooks h)
    : services_(s),
      most_(most),
      hooks_(std::move(h)),
      wheel_(milliseconds(std::max<std::uint32_t>(1, s.settings().tick_ms))) {}

void remote_calls::call(rpc::call c) {
  const auto to = hooks_.owner(c);
  if (to.here) return hooks_.here(std::move(c));
  const auto id = last_id_.fetch_add(1, std::memory_order_relaxed) + 1;
  std::optional<link::Envelope> e;
  if (const auto left = left_ms(c); to.peer != 0 && left > 0) e = envelope_of(c, id, left);
  bool first = false, taken = false;
  {
    std::lock_guard lock(mutex_);
    if (calls_.size() < most_) {
      taken = true;
      first = calls_.empty();
      auto& w = *calls_.emplace(id, std::make_unique<waiting>()).first->second;
      w.call = std::move(c);
      wheel_.set(w, w.call.deadline);
      if (e) w.peer = to.peer;
      else park(id, w);
    }
  }
  if (!taken)
    return c.reply(make_error(errc::overloaded, {}, services_.settings().overload_retry_ms));
  if (first) hooks_.tick_wanted();
  if (!e || hooks_.send(to.peer, *e)) return;
  std::lock_guard lock(mutex_);
  if (const auto i = calls_.find(id); i != calls_.end() && i->second->peer == to.peer)
    park(id, *i->second);
}

std::uint32_t remote_calls::left_ms(const rpc::call& c) const {
  const auto left = std::chrono::duration_cast<milliseconds>(c.deadline - services_.now()).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(left, 0, UINT32_MAX));
}

void remote_calls::send_again(std::uint64_t id) {
  std::unique_lock lock(mutex_);
  const auto i = calls_.find(id);
  if (i == calls_.end()) return;
  auto& w = *i->second;
  const auto to = hooks_.owner(w.call);
  if (to.here) {
    auto c = std::move(w.call);
    if (w.doubtful)
      c.reply = [this, reply = std::move(c.reply)](rpc::reply_result r) {
        reply(certain(std::move(r), true));
      };
    calls_.erase(i);
    lock.unlock();
    return hooks_.here(std::move(c));
  }
  const auto left = left_ms(w.call);
  w.peer = to.peer;
  if (to.peer == 0 || left == 0 || !hooks_.send(to.peer, envelope_of(w.call, id, left)))
    return park(id, w);
  resent_.fetch_add(1, std::memory_order_relaxed);
}

void remote_calls::park(std::uint64_t id, waiting& w) {
  w.peer = 0;
  const auto pause = std::min(longest_pause, first_pause * (1 << std::min(w.tries, 5u)));
  w.next = services_.now() + services_.jitter(pause);
  ++w.tries;
  parked_.push_back(id);
}

void remote_calls::answered(link::peer_number from, const link::Reply& r) {
  std::unique_lock lock(mutex_);
  const auto i = calls_.find(r.id());
  if (i == calls_.end() || i->second->peer != from) return count(late_);
  if (r.answer_case() == link::Reply::kNotMine) {
    return park(r.id(), *i->second);
  }
  auto c = std::move(i->second->call);
  const bool doubtful = i->second->doubtful;
  calls_.erase(i);
  lock.unlock();
  count(answered_);
  auto reply = reply_of(r, *c.method);
  c.reply(certain(reply ? std::move(*reply) : make_error(errc::internal), doubtful));
}

/// A refusal of the second time is no answer for the first.
rpc::reply_result remote_calls::certain(rpc::reply_result r, bool doubtful) {
  if (!doubtful || r.has_value()) return r;
  count(lost_);
  return in_doubt(services_);
}

void remote_calls::lost(link::peer_number peer) {
  std::vector<rpc::call> failed;
  {
    std::lock_guard lock(mutex_);
    for (auto i = calls_.begin(); i != calls_.end();) {
      auto& w = *i->second;
      if (w.peer != peer) {
        ++i;
      } else if (may_send_again(w.call)) {
        w.doubtful = !w.call.method->query;
        park(i->first, w);
        ++i;
      } else {
        failed.push_back(std::move(w.call));
        i = calls_.erase(i);
      }
    }
  }
  for (auto& c : failed) {
    count(lost_);
    c.reply(in_doubt(services_));
  }
}

void remote_calls::owner_known() { send_parked(true); }

void remote_calls::send_parked(bool all) {
  std::vector<std::uint64_t> due;
  {
    std::lock_guard lock(mutex_);
    const auto now = services_.now();
    std::erase_if(parked_, [&](std::uint64_t id) {
      const auto i = calls_.find(id);
      if (i == calls_.end() || i->second->peer != 0) return true;
      if (!all && i->second->next > now) return false;
      due.push_back(id);
      return true;
    });
  }
  for (const auto id : due) send_again(id);
}

bool remote_calls::tick() {
  std::vector<rpc::call> late, unsent, doubtful;
  {
    std::lock_guard lock(mutex_);
    wheel_.expire(services_.now(), [&](timed& t) {
      auto& w = static_cast<waiting&>(t);
      auto& to = w.peer != 0 ? late : w.doubtful ? doubtful : unsent;
      to.push_back(std::exchange(w.call, {}));
    });
    if (!late.empty() || !unsent.empty() || !doubtful.empty())
      std::erase_if(calls_, [](const auto& x) { return x.second->call.method == nullptr; });
  }
  for (auto& c : late) c.reply(make_error(errc::deadline_exceeded));
  for (auto& c : unsent) c.reply(unavailable(services_.settings().overload_retry_ms));
  for (auto& c : doubtful) {
    count(lost_);
    c.reply(in_doubt(services_));
  }
  send_parked(false);
  std::lock_guard lock(mutex_);
  return !calls_.empty();
}

remote_calls::outcomes remote_calls::counted() const {
  outcomes o;
  o.answered = answered_;
  o.resent = resent_;
  o.lost = lost_;
  o.late = late_;
  std::lock_guard lock(mutex_);
  o.waiting = calls_.size();
  return o;
}

}  // namespace nova::runtime
