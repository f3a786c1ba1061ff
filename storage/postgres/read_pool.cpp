#include "storage/postgres/read_pool.hpp"

#include "protocols/core/log.hpp"

#include <libpq-fe.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cmath>

namespace nova::storage {

using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

/// A read goes behind others on one connection only while these have no more work than this before them.
constexpr double most_expected_ms = 2;
/// A query that takes longer goes to the slow ones.
constexpr double slow_ms = 20;
constexpr milliseconds first_closing{100}, longest_closing{1000};

constexpr std::string_view plan_for_parameters = " -c plan_cache_mode=force_custom_plan";
constexpr std::string_view set_timeout = "SELECT set_config('statement_timeout', $1, false)";
constexpr session_tag setting_tag = 1;

std::string account_of(const statement& s) {
  const auto at = s.query->read.account_param;
  if (at < 0 || static_cast<std::size_t>(at) >= s.params.size()) return {};
  const auto& v = s.params[static_cast<std::size_t>(at)];
  if (const auto* id = std::get_if<uuid>(&v))
    return std::string(reinterpret_cast<const char*>(id->data), 16);
  if (const auto* text = std::get_if<std::string>(&v)) return *text;
  return {};
}

}  // namespace

/// One session and what is under way on it. Each read has a sync of its own, so that one failure does not touch the next.
class read_pool::member final : public session_sink, public std::enable_shared_from_this<member> {
 public:
  member(read_pool& pool, section& home) : pool_(&pool), home_(home), timer_(pool.io_) {}

  void connect() {
    const auto& settings = pool_->options_.settings;
    timeout_ms_ = home_.timeout_ms;
    auto words = parse_conninfo(
        pool_->options_.conninfo,
        {{"application_name", "nova-read:" + pool_->options_.domain},
         {"client_encoding", "UTF8"},
         {"options", "-c default_transaction_read_only=on -c statement_timeout=" +
                         std::to_string(timeout_ms_) +
                         " -c lock_timeout=" + std::to_string(settings.read_lock_timeout_ms) +
                         std::string(home_.options)}});
    if (!words) return on_lost(words.error().detail);
    session_ = std::make_shared<session>(pool_->io_, *this);
    session_->open(with_keepalive(turns_.next(for_reading(std::move(*words)))),
                   milliseconds(settings.connect_timeout_ms));
  }

  void close() {
    timer_.cancel();
    if (session_) session_->close();
    for (auto& s : std::exchange(abandoned_, {})) s->close();
    if (std::exchange(open_, false)) --pool_->connected_;
    fail_under_way("stopping");
    under_way_.clear();
    pool_ = nullptr;
  }

  bool open() const { return open_; }
  std::size_t load() const { return under_way_.size(); }
  double expected_ms() const { return expected_ms_; }
  /// Whether one more may go behind what is under way.
  bool takes_more(clock::time_point now) const {
    if (under_way_.empty()) return true;
    return under_way_.size() < home_.per_connection && expected_ms_ <= most_expected_ms &&
           now - head_since_ < std::chrono::duration<double, std::milli>(most_expected_ms);
  }

  void send(waiting_read r, double expected_ms) {
    auto& params = pool_->params_;
    const auto& q = *r.what.query;
    const auto limit = q.read.timeout_ms != 0 ? q.read.timeout_ms : home_.timeout_ms;
    if (limit != timeout_ms_) {
      params.clear();
      params.add(std::to_string(timeout_ms_ = limit));
      session_->execute(set_timeout.data(), set_timeout, params, setting_tag);
      session_->sync(setting_tag);
    }
    params.clear();
    for (const auto& p : r.what.params) params.add(p);
    session_->execute(&q, q.sql, params, 0);
    session_->sync(0);
    const auto now = clock::now();
    if (under_way_.empty()) head_since_ = now;
    expected_ms_ += expected_ms;
    under_way_.push_back({std::move(r), {}, false, false, now, milliseconds(limit), expected_ms});
  }
  void flush() { session_->flush(); }

  void leave_server() {
    if (open_ && turns_.another()) give_up("no answer from the database");
  }

  // The server ends a slow read by itself; a second later the connection is taken for dead.
  void check_age(clock::time_point now) {
    if (!open_ || under_way_.empty()) return;
    if (now - head_since_ < under_way_.front().limit + std::chrono::seconds(1)) return;
    if (!give_up("no answer from the database")) fail_under_way("no answer from the database");
  }

 private:
  struct answered {
    waiting_read what;
    read_result answer;
    bool has_answer, locked;
    clock::time_point since;
    milliseconds limit;
    double expected_ms;
  };

  void on_open() override {
    open_ = true;
    ++pool_->connected_;
    turns_.opened();
    attempts_ = 0;
    if (std::exchange(opened_before_, true)) ++pool_->metrics_.reconnects;
    pool_->dispatch();
  }

  void on_result(session_tag tag, const PGresult* r) override {
    if (tag == setting_tag) return;
    auto& front = under_way_.front();
    auto status = PQresultStatus(r);
    if (std::exchange(front.has_answer, true)) return;
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
      front.answer = decode_rows(r);
    } else {
      const char* state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
      front.locked = state && std::string_view(state) == "55P03";
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

  void on_sync(session_tag tag) override {
    if (tag == setting_tag) return;
    auto keep = shared_from_this();
    const auto now = clock::now();
    auto done = std::move(under_way_.front());
    under_way_.pop_front();
    pool_->metrics_.record(done.what.what.query->name, 1, now - done.since);
    pool_->learn(*done.what.what.query, now - std::exchange(head_since_, now), done.locked);
    expected_ms_ = under_way_.empty() ? 0 : expected_ms_ - done.expected_ms;
    home_.waiting.finished(done.what.account);
    if (home_.waiting.ready() || pool_->stopping_) pool_->dispatch();
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
    for (auto& r : std::exchange(under_way_, {})) home_.waiting.finished(r.what.account);
    expected_ms_ = 0;
    reconnect_later();
    pool_->dispatch();
  }

  bool on_silent() override { return give_up("no answer while connecting"); }

  /// False when each host has a connection of this place that was left behind: then the servers are stuck, and this one is kept.
  bool give_up(const char* reason) {
    if (const auto host = turns_.stuck()) {
      abandoned_.push_back(session_);
      session_->abandon([self = shared_from_this(), which = session_.get(), host = *host] {
        std::erase_if(self->abandoned_, [&](const auto& s) { return s.get() == which; });
        self->turns_.answered(host);
      });
    } else if (turns_.another()) {
      session_->close();
    } else {
      return false;
    }
    on_lost(reason);
    return true;
  }

  /// Their answers, should they come, are for nobody.
  void fail_under_way(const char* why) {
    for (auto& r : under_way_)
      if (auto done = std::exchange(r.what.done, nullptr)) done(make_error(errc::unavailable, why));
  }

  void reconnect_later() {
    const auto& settings = pool_->options_.settings;
    double wait = std::min<double>(settings.reconnect_max_ms,
                                   settings.reconnect_min_ms * std::pow(2.0, attempts_));
    if (attempts_ < 16) ++attempts_;
    std::uniform_real_distribution<double> spread(0.5, 1.0);
    timer_.expires_after(
        milliseconds(static_cast<std::int64_t>(wait * spread(pool_->jitter_)) + 1));
    timer_.async_wait([self = shared_from_this()](error_code e) {
      if (!e && self->pool_) self->connect();
    });
  }

  read_pool* pool_;
  section& home_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<session> session_;
  host_turns turns_;
  std::vector<std::shared_ptr<session>> abandoned_;  ///< given up and not yet gone; one a host
  std::deque<answered> under_way_;
  clock::time_point head_since_{};  ///< the first of them runs since then
  double expected_ms_ = 0;
  std::uint32_t timeout_ms_ = 0;  ///< the session's statement_timeout
  bool open_ = false, opened_before_ = false;
  int attempts_ = 0;
};

read_pool::read_pool(boost::asio::io_context& io, const postgres_options& options,
                     statement_metrics& metrics)
    : io_(io),
      options_(options),
      metrics_(metrics),
      quick_{read_queue({}),
             {},
             options_.settings.reads_per_connection,
             options_.settings.read_timeout_ms},
      slow_{read_queue({options_.settings.slow_reads_per_account,
                        options_.settings.max_waiting_slow_reads}),
            {},
            1,
            options_.settings.slow_read_timeout_ms,
            plan_for_parameters},
      jitter_(std::random_device{}()),
      watch_timer_(io),
      stop_timer_(io) {}

read_pool::~read_pool() = default;

void read_pool::start() {
  const auto add = [this](section& s, std::uint32_t n) {
    for (std::uint32_t i = 0; i < n; ++i) {
      s.members.push_back(std::make_shared<member>(*this, s));
      s.members.back()->connect();
    }
  };
  add(quick_, options_.settings.read_connections);
  add(slow_, options_.settings.slow_read_connections);
}

void read_pool::leave_server() {
  for (auto* s : {&quick_, &slow_})
    for (const auto& m : s->members) m->leave_server();
}

// While reads wait or are under way; an idle pool costs no wake-ups.
void read_pool::watch() {
  if (!std::exchange(watching_, true)) arm_watch();
}

void read_pool::arm_watch() {
  watch_timer_.expires_after(milliseconds(500));
  watch_timer_.async_wait([self = shared_from_this()](error_code e) {
    if (e) return;
    auto now = clock::now();
    bool busy = false;
    for (auto* s : {&self->quick_, &self->slow_})
      for (auto& m : s->members) {
        m->check_age(now);
        busy |= m->load() != 0;
      }
    self->expire_waiting(now);
    self->watching_ = busy || self->waiting_ != 0;
    if (self->watching_) self->arm_watch();
  });
}

void read_pool::read(statement s, read_callback done) {
  waiting_read r{std::move(s), std::move(done), clock::now(), {}};
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
    auto why = make_error(stopping_ ? errc::unavailable : errc::overloaded, "reads");
    return boost::asio::post(io_, [done = std::move(r.done), why] { done(why); });
  }
  if (wake) boost::asio::post(io_, [self = shared_from_this()] { self->woken(); });
}

void read_pool::woken() {
  std::deque<waiting_read> arrived;
  {
    std::lock_guard lock(mutex_);
    wake_posted_ = false;
    arrived.swap(arriving_);
  }
  for (auto& r : arrived) admit(std::move(r));
  watch();
  dispatch();
}

void read_pool::admit(waiting_read r) {
  const auto& q = *r.what.query;
  bool slow = q.read.slow;
  if (auto at = known_.find(&q); at != known_.end()) {
    auto& e = at->second;
    if (e.closed > r.since) return refuse(std::move(r), {errc::unavailable, "its table is locked"});
    slow |= e.expected_ms > slow_ms;
  }
  if (slow) r.account = account_of(r.what);
  if (!(slow ? slow_ : quick_).waiting.push(r))
    refuse(std::move(r), {errc::overloaded, "reads of the account"});
}

void read_pool::refuse(waiting_read r, const error& why) {
  --waiting_;
  ++metrics_.reads_refused;
  r.done(why);
}

void read_pool::learn(const query& q, std::chrono::nanoseconds took, bool locked) {
  constexpr double weight = 0.3;
  auto& e = known_[&q];
  if (locked) {
    e.pause = std::clamp(e.pause * 2, first_closing, longest_closing);
    e.closed = clock::now() + e.pause;
    return;
  }
  e.pause = {};
  e.closed = {};
  const auto ms = std::chrono::duration<double, std::milli>(took).count();
  e.expected_ms += weight * (ms - e.expected_ms);
}

read_pool::member* read_pool::place(section& s, clock::time_point now) {
  member* best = nullptr;
  for (auto& m : s.members)
    if (m->open() && m->takes_more(now) && (!best || m->load() < best->load())) best = m.get();
  return best;
}

void read_pool::dispatch() {
  if (stopping_) {
    bool busy = false;
    for (auto* s : {&quick_, &slow_})
      busy |= std::any_of(s->members.begin(), s->members.end(),
                          [](const auto& m) { return m->load() > 0; });
    fail_waiting({errc::unavailable, "stopping"});
    return busy ? void() : finish_stop();
  }
  if (connected_ == 0)
    return !failed_ ? void() : fail_waiting({errc::unavailable, "the database is away"});
  dispatch(quick_);
  dispatch(slow_);
  metrics_.reads_waiting = waiting_.load();
}

void read_pool::dispatch(section& s) {
  std::vector<member*> used;
  const auto now = clock::now();
  while (s.waiting.ready()) {
    auto* m = place(s, now);
    if (!m) break;
    auto r = s.waiting.pop();
    if (!r) break;
    const auto known = known_.find(r->what.query);
    if (known != known_.end() && known->second.closed > now) {
      s.waiting.finished(r->account);
      refuse(std::move(*r), {errc::unavailable, "its table is locked"});
      continue;
    }
    if (known != known_.end() && known->second.pause.count() != 0)
      known->second.closed = now + known->second.pause;  // this one asks for all
    --waiting_;
    m->send(std::move(*r), known == known_.end() ? slow_ms : known->second.expected_ms);
    if (std::find(used.begin(), used.end(), m) == used.end()) used.push_back(m);
  }
  for (auto* m : used) m->flush();
}

void read_pool::fail_waiting(const error& e) {
  for (auto* s : {&quick_, &slow_}) {
    auto failed = s->waiting.clear();
    waiting_ -= failed.size();
    for (auto& r : failed) r.done(e);
  }
}

// With every connection stuck nothing else would end them.
void read_pool::expire_waiting(clock::time_point now) {
  for (auto* s : {&quick_, &slow_}) {
    auto late = s->waiting.expired(now - milliseconds(s->timeout_ms));
    waiting_ -= late.size();
    for (auto& r : late) r.done(make_error(errc::unavailable, "no connection became free"));
  }
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
  for (auto* s : {&quick_, &slow_})
    for (auto& m : std::exchange(s->members, {})) m->close();
  boost::asio::post(io_, std::move(done));
}

}  // namespace nova::storage
