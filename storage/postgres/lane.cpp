// Connection, resolution, claims and the end of a lane; lane_batch.cpp has the transactions.
#include "storage/postgres/lane.hpp"

#include "protocols/core/log.hpp"
#include "protocols/core/planted.hpp"
#include "storage/postgres/lane_sql.hpp"

#include <libpq-fe.h>
#include <boost/asio/post.hpp>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

namespace nova::storage {

using boost::system::error_code;

postgres_lane::postgres_lane(boost::asio::io_context& io, const postgres_options& options,
                             statement_metrics& metrics, lane_place place)
    : io_(io),
      options_(options),
      settings_(options_.settings),
      metrics_(metrics),
      place_(place),
      reconnect_timer_(io),
      renewal_timer_(io),
      watch_timer_(io),
      retry_timer_(io),
      stop_timer_(io),
      collect_timer_(io),
      parked_timer_(io),
      jitter_(std::random_device{}()),
      cautious_sql_("SET LOCAL lock_timeout = " +
                    std::to_string(settings_.suspect_lock_timeout_ms)),
      clock_(2 * milliseconds(settings_.lease_ms)) {
  ids_.push_back(boost::uuids::random_generator()());
  id_ = &ids_.back();
}

void postgres_lane::start() { connect(); }

void postgres_lane::connect() {
  if (stage_ == stage::stopped) return;
  auto ms = [](std::uint32_t x) { return std::to_string(x); };
  auto words = parse_conninfo(
      options_.conninfo,
      {{"application_name", "nova:" + boost::uuids::to_string(id())},
       {"client_encoding", "UTF8"},
       {"options",
        "-c synchronous_commit=on -c default_transaction_read_only=off"
        " -c statement_timeout=" +
            ms(settings_.lane_statement_timeout_ms) +
            " -c lock_timeout=" + ms(settings_.lane_lock_timeout_ms) +
            " -c idle_in_transaction_session_timeout=" + ms(settings_.lane_idle_timeout_ms)}});
  if (!words) {
    log::error("storage.bad_dsn", {{"domain", options_.domain}, {"reason", words.error().detail}});
    return reconnect_later();
  }
  session_ = std::make_shared<session>(io_, *this);
  session_->open(with_keepalive(turns_.next(*words)), milliseconds(settings_.connect_timeout_ms));
}

postgres_lane::milliseconds postgres_lane::backoff() {
  double wait = settings_.reconnect_min_ms;
  for (unsigned i = 0; i < failed_connects_ && wait < settings_.reconnect_max_ms; ++i) wait *= 2;
  wait = std::min<double>(wait, settings_.reconnect_max_ms);
  std::uniform_real_distribution<double> spread(0.5, 1.0);
  return milliseconds(static_cast<std::int64_t>(wait * spread(jitter_)) + 1);
}

void postgres_lane::reconnect_later() {
  stage_ = stage::disconnected;
  reconnect_timer_.expires_after(backoff());
  ++failed_connects_;
  reconnect_timer_.async_wait([self = shared_from_this()](error_code e) {
    if (!e && self->stage_ == stage::disconnected) self->connect();
  });
}

void postgres_lane::on_lost(const std::string& reason) {
  auto keep = shared_from_this();
  bool was_connected = connected_.exchange(false);
  serving_ = false;
  if (stage_ == stage::stopped) return;
  if (was_connected || failed_connects_ % 16 == 0)
    log::warn("storage.lane_lost",
              {{"domain", options_.domain}, {"reason", reason.substr(0, reason.find('\n'))}});
  // Given back or not: the next lane of this place has another id, and the lease of this one ends by itself.
  if (stage_ == stage::releasing) return giving_ && !stopping_ ? begin_anew() : finish_stop();
  retry_timer_.cancel();
  if (under_way_) {
    under_way_->doubtful = true;
    under_way_->burning = false;
    under_way_->failed = {};
  }
  finish_claims({errc::unavailable, "the database is away"});
  in_transaction_ = false;
  reconnect_later();
}

void postgres_lane::on_open() {
  connected_ = true;
  turns_.opened();
  in_transaction_ = false;
  if (ever_connected_) ++metrics_.reconnects;
  ever_connected_ = true;
  resolve();
}

bool postgres_lane::give_up(const std::string& reason) {
  if (const auto host = turns_.stuck()) {
    abandoned_.push_back(session_);
    session_->abandon([self = shared_from_this(), which = session_.get(), host = *host] {
      std::erase_if(self->abandoned_, [&](const auto& s) { return s.get() == which; });
      self->turns_.answered(host);
    });
    if (silent_ && turns_.another()) silent_();
  } else if (turns_.another()) {
    session_->close();
  } else {
    return false;
  }
  on_lost(reason);
  return true;
}

void postgres_lane::resolve() {
  stage_ = stage::resolving;
  watch_request();
  found_row_ = found_fenced_ = found_batch_ = found_burnt_ = warned_ = false;
  resolve_failed_.clear();
  if (std::exchange(in_transaction_, false)) send_plain(lane_sql::rollback, lane_tag::other);
  if (!registered_) {
    params_.clear();
    params_.add(id());
    params_.add(options_.node);
    params_.add(static_cast<std::int64_t>(settings_.lease_ms));
    params_.add(place_.parts > 1 || place_.apart ? value(place_.process) : value());
    session_->execute(lane_sql::register_lane.data(), lane_sql::register_lane, params_,
                      lane_tag::other);
  } else {
    send_plain(lane_sql::end_older, lane_tag::other);
  }
  params_.clear();
  params_.add(id());
  const bool hasty =
      planted(planted_fault::standby_ignored) || planted(planted_fault::number_given_up);
  const auto look = hasty ? lane_sql::look_at_lane : lane_sql::read_lane;
  session_->execute(look.data(), look, params_, lane_tag::lane_row);
  params_.clear();
  params_.add(id());
  params_.add(under_way_ ? under_way_->number : std::int64_t{0});
  session_->execute(lane_sql::read_batch.data(), lane_sql::read_batch, params_,
                    lane_tag::batch_row);
  session_->sync(lane_tag::resolve_sync);
  session_->flush();
}

void postgres_lane::resolve_result(session_tag tag, const PGresult* r) {
  auto status = PQresultStatus(r);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    const char* state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    if (resolve_failed_.empty() && status == PGRES_FATAL_ERROR)
      log::warn("storage.resolve_failed",
                {{"domain", options_.domain}, {"reason", PQresultErrorMessage(r)}});
    if (resolve_failed_.empty()) resolve_failed_ = state ? state : "none";
    return;
  }
  auto row = decode_rows(r);
  if (!row || row->size() != 1) return;
  if (tag == lane_tag::lane_row) {
    found_row_ = true;
    found_fenced_ = row->boolean(0, 0);
  } else if (tag == lane_tag::batch_row) {
    found_batch_ = row->boolean(0, 0);
    found_burnt_ = !found_batch_;
  }
}

void postgres_lane::resolved() {
  if (resolve_failed_ == "55P03" || resolve_failed_ == "57014" || warned_)
    return retry_later(true, {resolve_failed_, "", nullptr, -1, 0}, &postgres_lane::resolve);
  if (!resolve_failed_.empty()) {
    session_->close();
    return on_lost("the lane's row could not be read");
  }
  registered_ = true;
  if (!giving_)  // a lane that is to be given back has only reconnected
    for (auto& done : std::exchange(reincarnated_, {})) done({});
  stage_ = stage::idle;
  if (under_way_ && found_batch_) committed(under_way_->first_sent);
  if (planted(planted_fault::fence_removed)) found_fenced_ = false;
  if (!found_row_ || found_fenced_) return become_fenced();
  serving_ = true;
  failed_connects_ = 0;
  arm_renewal();
  if (under_way_) return found_burnt_ ? burnt() : send_statements();
  last_renewal_ = {};
  proceed();
}

void postgres_lane::become_fenced() {
  bool was_fenced;
  {
    std::lock_guard lock(mutex_);  // append() looks at it under this lock
    was_fenced = fenced_.exchange(true);
  }
  if (!was_fenced)
    log::warn("storage.lane_fenced",
              {{"domain", options_.domain}, {"lane", boost::uuids::to_string(id())}});
  lease_until_ = 0;
  stage_ = stage::idle;
  renewal_timer_.cancel();
  counters_.clear();
  fail_everything(commit_status::fenced, "");
  finish_claims({errc::unavailable, "the lane is fenced"});
  if (stopping_) finish_stop();
  else if (giving_) begin_anew();
}

void postgres_lane::fail_everything(commit_status status, const std::string& detail) {
  std::vector<pending_unit> all;
  auto add = [&](std::vector<pending_unit>& units) {
    for (auto& u : units) all.push_back(std::move(u));
  };
  if (under_way_) add(under_way_->content.units);
  under_way_.reset();
  for (auto* list : {&retry_, &suspects_})
    for (auto& s : std::exchange(*list, {})) add(s.units);
  auto parked = parked_.clear();
  add(parked);
  {
    std::lock_guard lock(mutex_);
    for (auto& u : queue_) all.push_back(std::move(u));
    queue_.clear();
    wake_at_ = 1;
  }
  for (auto& u : all) finish(u, status, detail);
}

// ---- claims

void postgres_lane::claim(std::uint32_t shard_count, claim_callback done) {
  if (stopping_ || fenced_)
    return done(make_error(errc::unavailable, fenced_ ? "the lane is fenced" : "stopping"));
  claims_.push_back({shard_count, std::move(done)});
  proceed();
}

void postgres_lane::send_claim() {
  stage_ = stage::claiming;
  watch_request();
  claim_sent_ = last_request_;
  claim_suspended_ = suspended();
  if (std::exchange(in_transaction_, false)) send_plain(lane_sql::rollback, lane_tag::other);
  claim_answer_.reset();
  params_.clear();
  params_.add(id());
  params_.add(options_.node);
  params_.add(static_cast<std::int64_t>(claims_.front().shard_count));
  params_.add(static_cast<std::int64_t>(place_.part));
  params_.add(static_cast<std::int64_t>(place_.parts));
  const auto now = clock_.now(own_time());
  params_.add(now ? value(timestamp{std::chrono::floor<milliseconds>(*now).count()}) : value());
  if (place_.apart) params_.add(static_cast<std::int64_t>(settings_.lease_ms));
  const auto sql = place_.apart ? lane_sql::claim_apart : lane_sql::claim;
  session_->execute(sql.data(), sql, params_, lane_tag::claim);
  session_->sync(lane_tag::claim_sync);
  session_->flush();
}

void postgres_lane::claim_result(session_tag, const PGresult* r) {
  if (claim_answer_) return;
  if (PQresultStatus(r) != PGRES_TUPLES_OK) {
    const char* state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    if (!state) return;
    claim_fenced_ = std::string_view(state) == "NOVF1";
    claim_answer_ = make_error(errc::unavailable, PQresultErrorMessage(r));
    return;
  }
  auto table = decode_rows(r);
  if (!table) {
    claim_answer_ = table.error();
    return;
  }
  std::vector<shard_claim> owned;
  for (std::size_t i = 0; i < table->size(); ++i) {
    auto shard = static_cast<std::uint32_t>(table->int8(i, 0));
    auto seq = static_cast<std::uint64_t>(table->int8(i, 2));
    auto [counter, added] = counters_.try_emplace(shard, seq);
    owned.push_back({shard, table->int8(i, 1), counter->second});
    if (added) last_renewal_ = {};  // the first batch comes at once
  }
  claim_answer_ = std::move(owned);
}

void postgres_lane::claimed() {
  stage_ = stage::idle;
  const bool owns = claim_answer_ && claim_answer_->has_value() && !claim_answer_->value().empty();
  // It gave the lane a lease. Calls that waited for the claim are served before there is a batch.
  if (owns && place_.apart && !warned_) extend_lease(claim_sent_, claim_suspended_);
  if (!claims_.empty()) {  // stop() may have answered it
    auto c = std::move(claims_.front());
    claims_.pop_front();
    c.done(claim_answer_ ? std::move(*claim_answer_) : make_error(errc::unavailable, "no answer"));
  }
  if (std::exchange(claim_fenced_, false)) return become_fenced();
  proceed();
}

void postgres_lane::finish_claims(const error& e) {
  for (auto& c : std::exchange(claims_, {})) c.done(e);
}

// ---- a new incarnation, and the end

void postgres_lane::reincarnate(const uuid& process, std::function<void(result<void>)> done) {
  if (stopping_) return done(make_error(errc::unavailable, "stopping"));
  place_.process = process;
  reincarnated_.push_back(std::move(done));
  if (fenced_ || !registered_) return begin_anew();
  {
    std::lock_guard lock(mutex_);
    giving_ = true;
  }
  proceed();
}

void postgres_lane::begin_anew() {
  if (session_) session_->close();
  retry_timer_.cancel();
  renewal_timer_.cancel();
  reconnect_timer_.cancel();
  connected_ = serving_ = false;
  const bool given = giving_ && place_.apart;
  {
    std::lock_guard lock(mutex_);
    fenced_ = fenced_ || giving_;
    giving_ = false;
  }
  become_fenced();
  finish_claims({errc::unavailable, "the lane is being replaced"});
  {
    std::lock_guard lock(mutex_);
    ids_.push_back(boost::uuids::random_generator()());
    id_ = &ids_.back();
    refused_.clear();
    refused_order_.clear();
  }
  counters_.clear();
  last_number_ = forgotten_ = forgetting_ = 0;
  registered_ = in_transaction_ = false;
  failed_connects_ = 0;
  fenced_ = false;
  stage_ = stage::disconnected;
  connect();
  // Another process may claim the shards now: it does not wait until this one has its next session.
  if (given)
    for (auto& done : std::exchange(reincarnated_, {})) done({});
}

void postgres_lane::stop(std::function<void()> done) {
  stopped_ = std::move(done);
  stopping_ = true;
  for (auto& waiting : std::exchange(reincarnated_, {}))
    waiting(make_error(errc::unavailable, "stopping"));
  finish_claims({errc::unavailable, "stopping"});
  if (fenced_) return finish_stop();
  stop_timer_.expires_after(milliseconds(settings_.stop_ms));
  stop_timer_.async_wait([self = shared_from_this()](error_code e) {
    if (!e && self->stage_ != stage::stopped) self->finish_stop();
  });
  proceed();
}

void postgres_lane::release() {
  stage_ = stage::releasing;
  watch_request();
  if (std::exchange(in_transaction_, false)) send_plain(lane_sql::rollback, lane_tag::other);
  lease_until_ = 0;
  params_.clear();
  params_.add(id());
  session_->execute(lane_sql::release.data(), lane_sql::release, params_, lane_tag::other);
  session_->sync(lane_tag::release_sync);
  session_->flush();
}

void postgres_lane::finish_stop() {
  if (stage_ == stage::stopped) return;
  stage_ = stage::stopped;
  connected_ = serving_ = false;
  lease_until_ = 0;
  if (session_) session_->close();
  for (auto& s : std::exchange(abandoned_, {})) s->close();
  for (auto* timer : {&reconnect_timer_, &renewal_timer_, &watch_timer_, &retry_timer_,
                      &stop_timer_, &collect_timer_, &parked_timer_})
    timer->cancel();
  fail_everything(commit_status::unavailable,
                  "stopped while the database was away: outcome unknown");
  if (auto done = std::exchange(stopped_, nullptr)) boost::asio::post(io_, std::move(done));
}

// ---- timers

// The lease is renewed by every batch; without any, by an empty one each third of it.
void postgres_lane::arm_renewal() {
  renewal_timer_.expires_after(milliseconds(settings_.lease_ms / 6));
  renewal_timer_.async_wait([self = shared_from_this()](error_code e) {
    if (e || self->fenced_ || self->stage_ == stage::stopped) return;
    self->arm_renewal();
    self->proceed();
  });
}

// While requests are under way; an idle lane costs no wake-ups.
void postgres_lane::watch_request() {
  last_request_ = clock::now();
  if (!std::exchange(watching_, true)) arm_watch();
}

void postgres_lane::arm_watch() {
  watch_timer_.expires_after(
      milliseconds(std::max<std::uint32_t>(settings_.lane_stall_ms / 8, 10)));
  watch_timer_.async_wait([self = shared_from_this()](error_code e) {
    if (e || self->stage_ == stage::stopped) return;
    const bool busy = self->stage_ == stage::batch || self->stage_ == stage::resolving ||
                      self->stage_ == stage::claiming || self->stage_ == stage::releasing;
    const auto age = clock::now() - self->last_request_;
    self->stalled_ = busy && age > milliseconds(self->settings_.lane_stall_ms);
    self->watching_ = busy;
    if (busy) self->arm_watch();
    if (busy && age > milliseconds(self->settings_.lane_giveup_ms))
      self->give_up("no answer from the database");
  });
}

}  // namespace nova::storage
