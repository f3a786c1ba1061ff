// See pair_traffic.hpp.
#include "bench/messaging/pair_traffic.hpp"

#include <algorithm>
#include <future>

namespace nova::bench {

namespace {

constexpr auto join_limit = std::chrono::seconds(60);
constexpr auto again_after = std::chrono::milliseconds(100);

std::chrono::microseconds us(double seconds) {
  return std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6));
}

}  // namespace

pair_traffic::~pair_traffic() {
  io_.run([this] {
    alive_.reset();
    pairs_.clear();
  });
}

void pair_traffic::add_pair(std::size_t n) {
  pairs_.push_back(std::make_unique<pair>());
  auto* p = pairs_.back().get();
  const auto events_of = [this, p](std::string pair::*id) {
    chat_events e;
    e.identified = [p, id](const std::string& who) { p->*id = who; };
    e.joined = [p](const std::string&) { ++p->joined; };
    e.ended = [this](const std::string& why) { ended_ = why; };
    return e;
  };
  auto sends = events_of(&pair::sender_id), receives = events_of(&pair::receiver_id);
  sends.answered = [this, p](std::uint64_t number, bool accepted) {
    answered(*p, number, accepted);
  };
  receives.received = [this, p](std::uint64_t number, std::int64_t seq, std::size_t) {
    received(*p, number, seq);
  };
  p->sender = server_.make_socket(2 * n, std::move(sends));
  p->receiver = server_.make_socket(2 * n + 1, std::move(receives));
  p->sender->start();
  p->receiver->start();
}

bool pair_traffic::set_up(std::size_t pairs, std::string& problem) {
  if (!server_.prepare(2 * pairs, problem)) return false;
  io_.run([&] {
    for (std::size_t n = 0; n < pairs; ++n) add_pair(n);
  });
  const auto all = [this](auto holds) { return std::all_of(pairs_.begin(), pairs_.end(), holds); };
  const auto signed_in = [&] {
    return !ended_.empty() ||
           all([](const auto& p) { return !p->sender_id.empty() && !p->receiver_id.empty(); });
  };
  const bool known = io_.wait(signed_in, join_limit);
  for (std::size_t n = 0; known && why_ended().empty() && n < pairs; ++n) {
    auto& p = *pairs_[n];
    const auto to = server_.direct(2 * n, p.sender_id, 2 * n + 1, p.receiver_id, problem);
    if (!to) return false;
    p.target = to->first;
    p.stored = to->messages;
    p.last_seq = static_cast<std::int64_t>(to->messages);
    io_.run([&] {
      p.sender->join(to->first, true);
      p.receiver->join(to->second, false);
    });
  }
  const bool open =
      io_.wait([&] { return !ended_.empty() || all([](const auto& p) { return p->joined == 2; }); },
               join_limit);
  const auto why = why_ended();
  if (!why.empty()) problem = "a socket ended: " + why;
  else if (!open) problem = "not every socket came in";
  return open && why.empty();
}

std::string pair_traffic::why_ended() {
  std::string why;
  io_.run([&] { why = ended_; });
  return why;
}

void pair_traffic::send(pair& p, std::uint64_t intended_us) {
  const auto number = p.first + p.made++;
  p.intended.push_back(intended_us);
  p.sender->send(number, shape_.text_bytes);
}

void pair_traffic::answered(pair& p, std::uint64_t number, bool accepted) {
  if (number < p.first || number - p.first >= p.intended.size()) return;
  ++p.answered;
  if (!accepted) {
    ++p.refused;
    // The next one takes its place in the window, unless the run is over by then.
    io_.after(again_after, [this, &p, run = p.first, alive = std::weak_ptr<int>(alive_)] {
      if (!alive.expired() && run == p.first && sending_ && shape_.rate == 0) send(p, now_us());
    });
    return;
  }
  if (measuring_) {
    ++acked_;
    result_.answer.add_us(now_us() - p.intended[number - p.first]);
  }
  if (sending_ && shape_.rate == 0) send(p, now_us());
}

void pair_traffic::received(pair& p, std::uint64_t number, std::int64_t seq) {
  const bool known = number >= p.first && number - p.first < p.intended.size();
  // A hole in the numbers is a refused send or, at the end, one that was not delivered; in the server's own there is none.
  p.out_of_order +=
      !known || number < p.next_number || (seq != 0 && p.last_seq != 0 && seq != p.last_seq + 1);
  p.next_number = number + 1;
  p.last_seq = seq;
  ++p.delivered;
  if (!measuring_ || !known) return;
  ++delivered_;
  result_.delivery.add_us(now_us() - p.intended[number - p.first]);
}

/// Open loop: what is due is sent when the window allows it, and timed from when it was due.
void pair_traffic::pace() {
  if (!sending_) return;
  const auto now = static_cast<double>(now_us());
  const double interval = 1e6 * static_cast<double>(pairs_.size()) / shape_.rate;
  for (auto& p : pairs_)
    while (p->next_due_us <= now && p->made - p->answered < shape_.window) {
      send(*p, static_cast<std::uint64_t>(p->next_due_us));
      p->next_due_us += interval;
    }
  io_.after(std::chrono::milliseconds(1), [this] { pace(); });
}

void pair_traffic::begin() {
  sending_ = true;
  const auto now = static_cast<double>(now_us());
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    auto& p = *pairs_[i];
    p.next_due_us = shape_.rate > 0 ? now + 1e6 * static_cast<double>(i) / shape_.rate : 0;
    for (std::size_t w = 0; shape_.rate == 0 && w < shape_.window; ++w) send(p, now_us());
  }
  if (shape_.rate > 0) pace();
}

traffic_result pair_traffic::run(const traffic_shape& shape, report& out) {
  cpu_split before, after;
  std::uint64_t began = 0, ended = 0;
  std::promise<void> over;
  io_.post([&] {
    shape_ = shape;
    result_ = {};
    acked_ = delivered_ = 0;
    for (auto& p : pairs_) {
      p->first += p->made;
      p->made = p->answered = p->refused = p->delivered = p->out_of_order = 0;
      p->intended.clear();
    }
    begin();
    io_.after(us(shape_.warm_up_seconds), [&] {
      measuring_ = true;
      before = server_.cpu();
      began = now_us();
      io_.after(us(shape_.seconds), [&] {
        measuring_ = sending_ = false;
        after = server_.cpu();
        ended = now_us();
        over.set_value();
      });
    });
  });
  over.get_future().get();
  io_.wait(
      [this] {
        return !ended_.empty() || std::all_of(pairs_.begin(), pairs_.end(), [](const auto& p) {
          return p->answered == p->made && p->delivered + p->refused >= p->made;
        });
      },
      std::chrono::ceil<std::chrono::milliseconds>(us(shape.drain_seconds)));
  // There: what comes too late or twice may still be coming.
  io_.run([&] { measure(out, after - before, static_cast<double>(ended - began) / 1e6); });
  verify(out);
  return result_;
}

pair_traffic::counts pair_traffic::count() const {
  counts c;
  for (const auto& p : pairs_) {
    c.refused += p->refused;
    c.out_of_order += p->out_of_order;
    c.lost += p->made - p->answered;
    c.undelivered += p->made - p->refused - std::min(p->made - p->refused, p->delivered);
  }
  return c;
}

void pair_traffic::measure(report& out, const cpu_split& used, double seconds) {
  const auto acked = static_cast<double>(std::max<std::uint64_t>(1, acked_));
  result_.acked_per_second = static_cast<double>(acked_) / seconds;
  out.number("acked_per_s", result_.acked_per_second, "sends answered, a second");
  out.number("delivered_per_s", static_cast<double>(delivered_) / seconds,
             "pushes at the receivers, a second");
  out.timing("answer", result_.answer);
  out.timing("delivery", result_.delivery);
  out.number("cpu_client_s_per_1000", used.client * 1000 / acked,
             "CPU seconds of this process per 1,000 sends");
  result_.server_cpu_per_1000 = used.server * 1000 / acked;
  out.number("cpu_server_s_per_1000", used.server * 1000 / acked, "CPU seconds of the server");
  result_.postgres_cpu_per_1000 = used.postgres * 1000 / acked;
  out.number("cpu_postgres_s_per_1000", result_.postgres_cpu_per_1000,
             "CPU seconds of its PostgreSQL");
  out.number("server_rss_mib", static_cast<double>(server_.resident_bytes()) / 1048576,
             "resident memory of the server");
  const auto c = count();
  out.number("refused", static_cast<double>(c.refused), "sends answered with an error");
  out.number("lost", static_cast<double>(c.lost), "sends never answered");
  if (!ended_.empty()) out.broken("a socket ended: " + ended_);
  if (c.lost > 0) out.broken(std::to_string(c.lost) + " sends were never answered");
  if (c.undelivered > 0)
    out.broken(std::to_string(c.undelivered) + " accepted sends were not delivered");
  if (c.out_of_order > 0)
    out.broken(std::to_string(c.out_of_order) +
               " deliveries out of order, double or with a hole before");
}

/// What is on disk at the end, as the server says.
void pair_traffic::verify(report& out) {
  std::uint64_t wrong = 0;
  for (std::size_t n = 0; n < pairs_.size(); ++n) {
    auto& p = *pairs_[n];
    const auto on_disk = server_.stored(2 * n, p.target);
    if (!on_disk) return;
    io_.run([&] {
      // A send that was refused may have been committed: more than answered is no loss.
      const auto acked = p.stored + p.answered - p.refused;
      if (*on_disk < acked || (p.refused == 0 && *on_disk != acked)) ++wrong;
      p.stored = *on_disk;
    });
  }
  if (wrong > 0) out.broken(std::to_string(wrong) + " conversations do not hold what was answered");
}

}  // namespace nova::bench
