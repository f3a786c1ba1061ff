#include "storage/postgres/session.hpp"

#include <libpq-fe.h>
#include <boost/asio/post.hpp>

namespace nova::storage {

using boost::system::error_code;
using wait = boost::asio::posix::stream_descriptor::wait_type;

session::session(boost::asio::io_context& io, session_sink& sink)
    : io_(io), sink_(&sink), socket_(io), deadline_(io) {}

session::~session() { close(); }

void session::open(const keywords& words, std::chrono::milliseconds timeout) {
  std::vector<const char*> names, values;
  for (const auto& [name, value] : words)
    names.push_back(name.c_str()), values.push_back(value.c_str());
  names.push_back(nullptr), values.push_back(nullptr);
  connection_ = PQconnectStartParams(names.data(), values.data(), 0);
  patience_ = timeout;
  arm_deadline();
  if (!connection_ || PQstatus(connection_) == CONNECTION_BAD) {
    std::string reason = connection_ ? PQerrorMessage(connection_) : "out of memory";
    boost::asio::post(io_, [self = shared_from_this(), reason] { self->lost(reason); });
    return;
  }
  PQsetNoticeReceiver(
      connection_,
      [](void* self, const PGresult* r) {
        const char* state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
        auto* sink = static_cast<session*>(self)->sink_;
        if (sink && state && std::string_view(state) == "01000") sink->on_warning();
      },
      this);
  bind_socket();
  socket_.async_wait(wait::wait_write, [self = shared_from_this()](error_code e) {
    if (!e) self->poll_connect();
  });
}

void session::arm_deadline() {
  deadline_.expires_after(patience_);
  deadline_.async_wait([self = shared_from_this()](error_code e) {
    if (!e && !self->ready_ && self->sink_ && !self->sink_->on_silent()) self->arm_deadline();
  });
}

void session::abandon(std::function<void()> gone) {
  sink_ = nullptr;
  deadline_.cancel();
  gone_ = std::move(gone);
}

bool session::over_when_abandoned() {
  if (!gone_) return false;
  auto gone = std::exchange(gone_, nullptr);
  close();
  gone();
  return true;
}

// Once more while it connects: a new socket of libpq may have the number of the last one.
void session::bind_socket() {
  if (socket_.is_open()) socket_.release();
  if (PQsocket(connection_) >= 0) socket_.assign(PQsocket(connection_));
}

void session::poll_connect() {
  if (!connection_) return;
  auto state = PQconnectPoll(connection_);
  if (state == PGRES_POLLING_FAILED) return lost(PQerrorMessage(connection_));
  if (state == PGRES_POLLING_OK) return opened();
  bind_socket();
  socket_.async_wait(state == PGRES_POLLING_READING ? wait::wait_read : wait::wait_write,
                     [self = shared_from_this()](error_code e) {
                       if (!e) self->poll_connect();
                     });
}

void session::opened() {
  if (over_when_abandoned()) return;
  bind_socket();
  deadline_.cancel();
  if (PQsetnonblocking(connection_, 1) != 0 || PQenterPipelineMode(connection_) != 1)
    return lost(PQerrorMessage(connection_));
  ready_ = true;
  watch_read();
  sink_->on_open();
}

void session::close() {
  sink_ = nullptr;
  gone_ = nullptr;
  ready_ = false;
  deadline_.cancel();
  if (socket_.is_open()) socket_.release();
  if (connection_) PQfinish(std::exchange(connection_, nullptr));
  pending_.clear();
}

void session::lost(const std::string& reason) {
  if (over_when_abandoned()) return;
  if (!connection_ || !sink_) return;
  auto* sink = sink_;
  close();
  sink->on_lost(reason);
}

bool session::outdated(const prepared& p, std::string_view sql,
                       const parameter_buffer& params) const {
  if (!p.valid || p.sql != sql || p.types.size() != params.size()) return true;
  for (std::size_t i = 0; i < p.types.size(); ++i)
    if (pg_oid t = params.types()[i]; t != 0 && t != p.types[i]) return true;
  return false;
}

void session::prepare(prepared& p, std::string_view sql, const parameter_buffer& params,
                      session_tag tag) {
  auto types = std::vector<pg_oid>(params.types().begin(), params.types().end());
  if (p.sql == sql && p.types.size() == types.size())
    for (std::size_t i = 0; i < types.size(); ++i)
      if (types[i] == 0) types[i] = p.types[i];
  p.name = "s" + std::to_string(++names_);
  p.sql = sql;
  p.types = std::move(types);
  p.valid = true;
  PQsendPrepare(connection_, p.name.c_str(), p.sql.c_str(), static_cast<int>(p.types.size()),
                p.types.data());
  pending_.push_back({kind::prepare, tag, &p});
}

void session::execute(const void* identity, std::string_view sql, parameter_buffer& params,
                      session_tag tag) {
  if (!ready_) return;
  auto& p = prepared_[identity];
  if (outdated(p, sql, params)) prepare(p, sql, params, tag);
  params.finish();
  PQsendQueryPrepared(connection_, p.name.c_str(), static_cast<int>(params.size()), params.values(),
                      params.lengths(), params.formats(), 1);
  pending_.push_back({kind::execute, tag, &p});
}

void session::sync(session_tag tag) {
  if (!ready_) return;
  PQpipelineSync(connection_);
  pending_.push_back({kind::sync, tag, nullptr});
}

void session::flush_request() {
  if (ready_) PQsendFlushRequest(connection_);
}

void session::flush() {
  if (!ready_ || writing_) return;
  int left = PQflush(connection_);
  if (left < 0) {
    // The read side tells what happened, after the results that are still there.
    return;
  }
  if (left > 0) watch_write();
}

void session::watch_write() {
  writing_ = true;
  socket_.async_wait(wait::wait_write, [self = shared_from_this()](error_code e) {
    self->writing_ = false;
    if (!e && self->ready_) self->flush();
  });
}

void session::watch_read() {
  socket_.async_wait(wait::wait_read, [self = shared_from_this()](error_code e) {
    if (e || !self->ready_) return;
    self->read_results();
  });
}

void session::read_results() {
  auto keep = shared_from_this();
  if (over_when_abandoned()) return;
  bool alive = PQconsumeInput(connection_) == 1;
  while (ready_ && !pending_.empty() && !PQisBusy(connection_)) {
    result_ptr r(PQgetResult(connection_));
    if (r) {
      deliver(r.get());
    } else if (pending_.front().answered) {
      pending_.pop_front();
    } else {
      break;
    }
  }
  if (!ready_) return;
  if (!alive || PQstatus(connection_) != CONNECTION_OK) return lost(PQerrorMessage(connection_));
  flush();
  watch_read();
}

void session::deliver(const PGresult* r) {
  auto& front = pending_.front();
  auto status = PQresultStatus(r);
  if (front.what == kind::sync) {
    auto tag = front.tag;
    if (status == PGRES_PIPELINE_SYNC) {
      pending_.pop_front();
      sink_->on_sync(tag);
    }
    return;
  }
  front.answered = true;
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
    if (front.what == kind::execute) sink_->on_result(front.tag, r);
    return;
  }
  const char* state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
  bool stale = state && (std::string_view(state) == "0A000" || std::string_view(state) == "26000");
  if (front.what == kind::prepare || stale) front.statement->valid = false;
  sink_->on_result(front.tag, r);
}

}  // namespace nova::storage
