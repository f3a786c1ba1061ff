// See room_traffic.hpp.
#include "bench/messaging/room_traffic.hpp"

#include <algorithm>

namespace nova::bench {

namespace {

constexpr auto join_limit = std::chrono::seconds(120);
constexpr std::size_t opening_at_once = 200;
constexpr auto again_after = std::chrono::milliseconds(100);

std::chrono::microseconds us(double seconds) {
  return std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6));
}

}  // namespace

/// Lets the listeners sign in and join, a bounded number at once.
struct room_traffic::doorway {
  const std::size_t count;
  std::string place = {};  ///< what the publisher joined
  std::size_t made = 0, joined = 0;
  bool over = false;
  std::promise<void> all = {};

  void came_in() {
    if (++joined == count) close();
  }
  void close() {
    if (!std::exchange(over, true)) all.set_value();
  }
};

room_traffic::~room_traffic() {
  io_.run([this] {
    alive_.reset();
    publisher_.reset();
    listeners_.clear();
  });
}

bool room_traffic::set_up(std::size_t sockets, std::size_t accounts, std::string& problem) {
  if (!server_.prepare(1 + std::min(sockets, accounts), problem)) return false;
  const auto target = server_.room(problem);
  if (!target) return false;
  accounts_ = std::min(sockets, accounts);
  order_ = room_order(sockets);
  const auto door = std::make_shared<doorway>(doorway{.count = sockets});
  io_.run([&] {
    chat_events e;
    e.identified = [this, to = *target](const std::string&) { publisher_->join(to, true); };
    e.joined = [this, door](const std::string& place) {
      door->place = place;
      let_in(door);
    };
    e.answered = [this](std::uint64_t number, bool accepted) { answered(number, accepted); };
    e.ended = [this, door](const std::string& why) { socket_ended(door, why); };
    publisher_ = server_.make_socket(0, std::move(e));
    publisher_->start();
  });
  const bool in_time = door->all.get_future().wait_for(join_limit) == std::future_status::ready;
  io_.run([&] {
    problem = !ended_.empty() ? "a socket ended: " + ended_
              : in_time       ? ""
                              : "not every socket came in";
  });
  return problem.empty();
}

void room_traffic::let_in(const std::shared_ptr<doorway>& door) {
  while (door->made < door->count && door->made - door->joined < opening_at_once) {
    const auto i = door->made++;
    chat_events e;
    e.identified = [this, i, door](const std::string&) {
      listeners_[i]->join(server_.room_of_listeners(door->place), false);
    };
    e.joined = [this, door](const std::string&) {
      door->came_in();
      let_in(door);
    };
    e.received = [this, i](std::uint64_t number, std::int64_t seq, std::size_t bytes) {
      push_bytes_ = bytes;
      received(i, number, seq);
    };
    e.ended = [this, door](const std::string& why) { socket_ended(door, why); };
    listeners_.push_back(server_.make_socket(1 + i % accounts_, std::move(e)));
    listeners_.back()->start();
  }
}

void room_traffic::socket_ended(const std::shared_ptr<doorway>& door, const std::string& why) {
  if (ended_.empty()) ended_ = why;
  door->close();
}

void room_traffic::publish() {
  while (publishing_ && in_flight_ < shape_.window) {
    ++in_flight_;
    order_.sent(made_);
    publisher_->send(made_++, shape_.text_bytes);
  }
}

// A refused send (a database that stalls on a busy machine) is sent again under its number, behind those sent meanwhile.
void room_traffic::answered(std::uint64_t number, bool accepted) {
  if (accepted) return;
  ++refused_;
  io_.after(again_after, [this, number, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired() && publisher_) publisher_->send(number, shape_.text_bytes);
  });
}

void room_traffic::received(std::size_t listener, std::uint64_t number, std::int64_t seq) {
  wrong_ += !order_.arrived(listener, number, seq);
  ++delivered_;
  auto [at, fresh] = left_.try_emplace(number, listeners_.size());
  if (--at->second > 0) return;
  left_.erase(at);
  --in_flight_;
  publish();
  if (!publishing_ && in_flight_ == 0) quiet_.set_value();
}

room_figures room_traffic::run(const room_shape& shape, report& out) {
  quiet_ = {};
  auto quiet = quiet_.get_future();
  cpu_split before, after;
  std::uint64_t from = 0, began = 0, ended = 0;
  io_.post([&] {
    shape_ = shape;
    publishing_ = true;
    publish();
    io_.after(us(shape.warm_up_seconds), [&] {
      before = server_.cpu(), from = delivered_, began = now_us();
      io_.after(us(shape.seconds), [&] {
        after = server_.cpu(), counted_ = delivered_ - from, ended = now_us();
        publishing_ = false;
        if (in_flight_ == 0) quiet_.set_value();
      });
    });
  });
  const auto patience = us(shape.warm_up_seconds + shape.seconds + 30);
  if (quiet.wait_for(patience) != std::future_status::ready) {
    // What is still to come refers to this frame: nothing may run behind it.
    std::string why;
    io_.run([&] { publisher_.reset(), listeners_.clear(), why = ended_; });
    out.broken("messages did not reach everybody" + (why.empty() ? "" : ": " + why));
    return {};
  }
  room_figures made;
  // There: what comes too late or twice may still be coming.
  io_.run([&] { made = measure(after - before, static_cast<double>(ended - began) / 1e6, out); });
  return made;
}

room_figures room_traffic::measure(const cpu_split& used, double seconds, report& out) {
  const auto millions = static_cast<double>(std::max<std::uint64_t>(1, counted_)) / 1e6;
  const room_figures made{used.server / millions, millions * 1e6 / seconds,
                          used.postgres / millions};
  out.number("deliveries_per_s", made.deliveries_per_second, "pushes at the listeners, a second");
  out.number("cpu_client_s_per_million", used.client / millions,
             "CPU seconds of this process per million deliveries");
  out.number("cpu_server_s_per_million", made.server_cpu_per_million, "CPU seconds of the server");
  out.number("cpu_postgres_s_per_million", used.postgres / millions,
             "CPU seconds of its PostgreSQL");
  out.number("server_rss_mib", static_cast<double>(server_.resident_bytes()) / 1048576,
             "resident memory of the server");
  out.number("refused", static_cast<double>(refused_),
             "sends answered with an error and sent again");
  if (wrong_ > 0)
    out.broken(std::to_string(wrong_) +
               " deliveries were out of order, double or with a hole before");
  return made;
}

}  // namespace nova::bench
