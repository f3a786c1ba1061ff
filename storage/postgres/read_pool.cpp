#include "storage/postgres/read_pool.hpp"

#include "protocols/core/log.hpp"

#include <boost/asio/post.hpp>
#include <libpq-fe.h>

#include <algorithm>
#include <cmath>

namespace nova::storage {

using boost::system::error_code;
using std::chrono::milliseconds;

/// One session and what is under way on it. Each read has a sync of its own, so that one failure does not touch the next.
class read_pool::member final : public session_sink, public std::enable_shared_from_this<member> {
 public:
  explicit member(read_pool& pool) : pool_(&pool), timer_(pool.io_) {}

  void connect() {
    const auto& settings = pool_->options_.settings;
    auto words = parse_conninfo(
        pool_->options_.conninfo,
        {{"application_name", "nova-read:" + pool_->options_.domain},
         {"client_encoding", "UTF8"},
         {"options", "-c default_transaction_read_only=on -c statement_timeout=" +
                         std::to_string(settings.read_timeout_ms)}});
    if (!words) return on_lost(words.error().detail);
    session_ = std::make_shared<session>(pool_->io_, *this);
    session_->open(with_keepalive(std::move(*words)), milliseconds(settings.connect_timeout_ms));
  }

  void close() {
    timer_.cancel();
    if (session_) session_->close();
    if (abandoned_) std::exchange(abandoned_, nullptr)->close();
    if (std::exchange(open_, false)) --pool_->connected_;
    fail_under_way("stopping");
    under_way_.clear();
    pool_ = nullptr;
  }

  bool open() const { return open_; }
  std::size_t load() const { return under_way_.size(); }

  void send(request r) {
    auto& params = pool_->params_;
    params.clear();
    for (const auto& p : r.what.params) params.add(p);
    const auto& q = *r.what.query;
    session_->execute(&q, q.sql, params, 0);
    session_->sync(0);
    under_way_.push_back({std::move(r), {}, false, clock::now()});
  }
  void flush() { session_->flush(); }

  // The server ends a slow read by itself; a second later the connection is taken for dead.
  void check_age(clock::time_point now) {
    if (!open_ || under_way_.empty()) return;
    if (now - under_way_.front().since < milliseconds(pool_->options_.settings.read_timeout_ms + 1000)) return;
    if (!give_up("no answer from the database")) fail_under_way("no answer from the database");
  }

 private:
  struct answered {
    request what;
    read_result answer;
    bool has_answer;
    clock::time_point since;
  };

  void on_open() override {
    open_ = true;
    ++pool_->connected_;
    attempts_ = 0;
    if (std::exchange(opened_before_, true)) ++pool_->metrics_.reconnects;
    pool_->dispatch();
  }

  void on_result(session_tag, const PGresult* r) override {
    auto& front = under_way_.front();
    if (std::exchange(front.has_answer, true)) return;
    auto status = PQresultStatus(r);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
      front.answer = decode_rows(r);
    } else {
      const char* state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
      front.answer = refusal(state ? state : "", r);
    }
    if (!front.answer) pool_->metrics_.record_error(front.what.what.query->name);
  }

  error refusal(std::string_view state, const PGresult* r) const {
    std::string name(under_way_.front().what.what.query->name);
    for (std::string_view x : {"08", "53", "57", "58", "40", "55", "0A", "26"})
      if (state.empty() || state.starts_with(x)) return {errc::unavailable, name};
    log::error("storage.read_failed", {{"domain", pool_->options_.domain},
                                       {"query", name},
                                       {"sqlstate", state},
                                       {"reason", PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY)}});
    return {errc::internal, name};
  }

  void on_sync(session_tag) override {
    auto keep = shared_from_this();
    auto done = std::move(under_way_.front());
    under_way_.pop_front();
    pool_->metrics_.record(done.what.what.query->name, 1, clock::now() - done.since);
    if (!pool_->ready_.empty() || pool_->stopping_) pool_->dispatch();
    if (done.what.done) done.what.done(std::move(done.answer));
  }

  void on_lost(const std::string& reason) override {
    auto keep = shared_from_this();
    if (std::exchange(open_, false)) {
      --pool_->connected_;
      log::warn("storage.read_lost", {{"domain", pool_->options_.domain},
                                      {"reason", reason.substr(0, reason.find('\n'))}});
    }
    pool_->failed_ = true;
    fail_under_way("connection lost");
    under_way_.clear();
    reconnect_later();
    pool_->dispatch();
  }

  bool on_silent() override { return give_up("no answer while connecting"); }

  /// False when one connection of this place is already left behind: then the server itself is stuck, and this one is kept.
  bool give_up(const char* reason) {
    if (abandoned_) return false;
    abandoned_ = session_;
    session_->abandon([self = shared_from_this()] { self->abandoned_ = nullptr; });
    on_lost(reason);
    return true;
  }

  /// Their answers, should they come, are for nobody.
  void fail_under_way(const char* why) {
    for (auto& r : under_way_)
      if (auto done = std::exchange(r.what.done, nullptr)) done(error{errc::unavailable, why});
  }

  void reconnect_later() {
    const auto& settings = pool_->options_.settings;
    double wait = std::min<double>(settings.reconnect_max_ms, settings.reconnect_min_ms * std::pow(2.0, attempts_));
    if (attempts_ < 16) ++attempts_;
    std::uniform_real_distribution<double> spread(0.5, 1.0);
    timer_.expires_after(milliseconds(static_cast<std::int64_t>(wait * spread(pool_->jitter_)) + 1));
    timer_.async_wait([self = shared_from_this()](error_code e) {
      if (!e && self->pool_) self->connect();
    });
  }

  read_pool* pool_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<session> session_;
  std::shared_ptr<session> abandoned_;  ///< given up and not yet gone
  std::deque<answered> under_way_;
  bool open_ = false, opened_before_ = false;
  int attempts_ = 0;
};

read_pool::read_pool(boost::asio::io_context& io, const postgres_options& options, statement_metrics& metrics)
    : io_(io), options_(options), metrics_(metrics), jitter_(std::random_device{}()), watch_timer_(io), stop_timer_(io) {}

read_pool::~read_pool() = default;

void read_pool::start() {
  for (std::uint32_t i = 0; i < options_.settings.read_connections; ++i) {
    members_.push_back(std::make_shared<member>(*this));
    members_.back()->connect();
  }
  arm_watch();
}

void read_pool::arm_watch() {
  watch_timer_.expires_after(milliseconds(500));
  watch_timer_.async_wait([self = shared_from_this()](error_code e) {
    if (e) return;
    auto now = clock::now();
    for (auto& m : self->members_) m->check_age(now);
    self->expire_waiting(now);
    self->arm_watch();
  });
}

void read_pool::read(statement s, read_callback done) {
  request r{std::move(s), std::move(done), clock::now()};
  bool wake = false, full = stopping_;
  if (!full) {
    std::lock_guard lock(mutex_);
    full = waiting_ >= options_.settings.max_waiting_reads;
    if (!full) {
      ++waiting_;
      arriving_.push_back(std::move(r));
      wake = !std::exchange(wake_posted_, true);
    }
  }
  if (full) {
    ++metrics_.reads_refused;
    auto why = error{stopping_ ? errc::unavailable : errc::overloaded, "reads"};
    return boost::asio::post(io_, [done = std::move(r.done), why] { done(why); });
  }
  if (wake) boost::asio::post(io_, [self = shared_from_this()] { self->woken(); });
}

void read_pool::woken() {
  {
    std::lock_guard lock(mutex_);
    wake_posted_ = false;
    if (ready_.empty()) {
      ready_.swap(arriving_);
    } else {
      std::move(arriving_.begin(), arriving_.end(), std::back_inserter(ready_));
      arriving_.clear();
    }
  }
  dispatch();
}

void read_pool::dispatch() {
  if (stopping_) {
    bool busy = std::any_of(members_.begin(), members_.end(), [](const auto& m) { return m->load() > 0; });
    fail_waiting({errc::unavailable, "stopping"});
    return busy ? void() : finish_stop();
  }
  if (connected_ == 0) return !failed_ ? void() : fail_waiting({errc::unavailable, "the database is away"});
  std::vector<member*> used;
  while (!ready_.empty()) {
    member* best = nullptr;
    for (auto& m : members_)
      if (m->open() && (!best || m->load() < best->load())) best = m.get();
    if (!best || best->load() >= options_.settings.reads_per_connection) break;
    auto r = std::move(ready_.front());
    ready_.pop_front();
    --waiting_;
    best->send(std::move(r));
    if (std::find(used.begin(), used.end(), best) == used.end()) used.push_back(best);
  }
  for (auto* m : used) m->flush();
  metrics_.reads_waiting = waiting_.load();
}

void read_pool::fail_waiting(const error& e) {
  auto failed = std::exchange(ready_, {});
  waiting_ -= failed.size();
  for (auto& r : failed) r.done(e);
}

// With every connection stuck nothing else would end them.
void read_pool::expire_waiting(clock::time_point now) {
  std::deque<request> late;
  while (!ready_.empty() && now - ready_.front().since > milliseconds(options_.settings.read_timeout_ms)) {
    late.push_back(std::move(ready_.front()));
    ready_.pop_front();
  }
  waiting_ -= late.size();
  for (auto& r : late) r.done(error{errc::unavailable, "no connection became free"});
}

void read_pool::stop(std::function<void()> done) {
  stopping_ = true;
  stopped_ = std::move(done);
  stop_timer_.expires_after(milliseconds(options_.settings.stop_ms));
  stop_timer_.async_wait([self = shared_from_this()](error_code e) {
    if (!e) self->finish_stop();
  });
  woken();
}

void read_pool::finish_stop() {
  if (!stopped_) return;
  watch_timer_.cancel();
  stop_timer_.cancel();
  auto done = std::exchange(stopped_, nullptr);
  for (auto& m : std::exchange(members_, {})) m->close();
  boost::asio::post(io_, std::move(done));
}

}  // namespace nova::storage
