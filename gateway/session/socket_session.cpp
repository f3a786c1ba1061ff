#include "gateway/session/socket_session.hpp"

#include "gateway/views/ingest_address.hpp"
#include "protocols/session/session.nova.hpp"

#include <algorithm>

namespace nova::gateway {
namespace {

constexpr unsigned max_failed_opens = 5;
/// For the pong of a resumed socket; then its client's system is asked, as often.
constexpr std::chrono::seconds look_again{1};
constexpr unix_ms far_ms = 10LL * 365 * 24 * 3600 * 1000;  // within what a time_point can hold

std::string printable(rpc::connection_id id) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out += digits[id >> shift & 15];
  return out;
}

}  // namespace

socket_session::socket_session(edge& e, io_thread& thread, session_socket& socket,
                               rpc::connection_id id, encoding enc, const std::string& address)
    : edge_(e),
      thread_(thread),
      socket_(socket),
      id_(id),
      encoding_(enc),
      address_(address),
      rate_(e.settings) {}

template <class F, class Gone>
auto socket_session::on_own_thread(F f, Gone gone) {
  return [weak = thread_.weak_from_this(), &common = edge_, id = id_, f, gone](auto answer) {
    auto thread = weak.lock();
    if (!thread) return;
    thread->post([&here = *thread, &common, id, f, gone, answer = std::move(answer)] {
      auto* socket = here.find(id);
      auto* session = socket ? socket->session() : nullptr;
      if (session && !session->ended_) f(*session, answer);
      else gone(common);
    });
  };
}

void socket_session::start(std::optional<principal> who, unauthenticated_place place) {
  auto now = edge_.now();
  place_ = std::move(place);
  if (!who) {
    open_by_ = now + std::chrono::milliseconds(edge_.settings.open_timeout_ms);
    return;
  }
  adopt(*who);
  if (edge_.tokens->revoked(who->session))
    return socket_.end_with(rpc::close_code::unauthenticated, "revoked");
  hold_until_ = now + std::chrono::milliseconds(edge_.settings.hold_for_open_ms);
  attach(make_uuid_v7(edge_.wall.now(), edge_.random), [this](const result<void>& attached) {
    if (!attached) socket_.end_with(rpc::close_code::restart, "not available at the moment");
  });
}

void socket_session::adopt(const principal& p) {
  who_ = p;
  place_.leave();
  open_by_ = time_point::max();
  auto left = std::clamp<unix_ms>(p.expires_at - edge_.wall.now(), 0, far_ms);
  expires_ = edge_.now() + std::chrono::milliseconds(left);
}

void socket_session::handle(incoming_call call) {
  const auto now = edge_.now();
  if (auto ok = rate_.take(now); !ok) return refuse_for_rate(call, ok.error());
  if (call.failure) return refuse(call, *call.failure);
  bool opens = call.method == &session::session_interface::open::info();
  bool for_all = call.method->caller == rpc::caller_kind::anonymous ||
                 (call.method->caller == rpc::caller_kind::guest && edge_.settings.anonymous_read);
  bool needs_account = !opens && !for_all;
  if (needs_account && !who_) return refuse(call, failure_of(make_error(errc::unauthenticated)));
  if (auto ok = admit(*call.method, now); !ok) return refuse_for_rate(call, ok.error());
  if (opens) return open(std::move(call));
  issue(std::move(call), now);
}

result<void> socket_session::admit(const rpc::method& method, time_point now) {
  auto ok = edge_.admission.by_address(method, address_, now);
  return ok && who_ ? edge_.admission.by_account(method, who_->account, now) : ok;
}

void socket_session::issue(incoming_call call, time_point began) {
  first_call_came();
  ++inflight_;
  auto from = who_ ? caller_of(*who_) : rpc::caller{};
  from.connection = id_;
  from.address = address_;
  auto c = make_call(*call.method, std::move(from), next_request_id(), began);
  c.request = std::move(call.params);
  auto answer = [began, request_id = last_request_id_,
                 id = call.notification ? std::string() : std::move(call.id),
                 method = call.method](socket_session& s, const rpc::reply_result& reply) {
    s.answered(id, *method, reply, {request_id, began});
  };
  c.reply = on_own_thread(std::move(answer), [](edge&) {});
  edge_.bus->call(std::move(c));
}

/// `id` is empty for a notification.
void socket_session::answered(const std::string& id, const rpc::method& method,
                              const rpc::reply_result& reply, const beginning& at) {
  --inflight_;
  const int status = reply ? 200 : describe(reply.error().code).http_status;
  const auto took = edge_.now() - at.time;
  thread_.counts().times.observe(method, status, took);
  const auto begun = reply ? session_begun(method, **reply) : std::nullopt;
  note(&method, status, took, at.request_id, begun);
  if (!id.empty())
    socket_.send_answer(
        reply ? write_result(encoding_, id, method, *told(method, *reply))
              : write_failure(encoding_, id, failure_of(reply.error()), to_string(at.request_id)));
  socket_.settled();
}

rpc::message_ptr socket_session::told(const rpc::method& method, const rpc::message_ptr& reply) {
  return tells_ingest(method) ? with_ingest_address(reply, socket_.local_origin(), edge_.rtmp.port)
                              : reply;
}

void socket_session::note(const rpc::method* method, int status, std::chrono::nanoseconds took,
                          const uuid& request_id, const std::optional<begun_session>& begun) {
  const bool is_sign_in = method && signs_in(*method);
  if (!request_is_logged(status, is_sign_in)) return;
  const auto* account = begun ? &begun->account : who_ ? &who_->account : nullptr;
  log_request(thread_, {"socket", method ? method->name : std::string_view(), status, took,
                        to_string(request_id), account, address_, is_sign_in,
                        begun ? &begun->session : nullptr});
}

void socket_session::refuse(const incoming_call& call, const call_failure& failure) {
  const auto request_id = next_request_id();
  note(call.method, describe(failure.problem.code).http_status, {}, last_request_id_);
  if (!call.notification)
    socket_.send_answer(write_failure(encoding_, call.id, failure, request_id));
}

void socket_session::refuse_for_rate(const incoming_call& call, const error& e) {
  thread_.counts().calls_refused_total.add();
  if (rate_.abused(edge_.now())) return socket_.end_with(rpc::close_code::policy, "too many calls");
  refuse(call, failure_of(e));
}

// The first call's id is a fresh UUIDv7 as on HTTP; the others of the socket count its end up, which
// costs no randomness.
std::string socket_session::next_request_id() {
  if (last_request_id_.is_nil()) last_request_id_ = make_uuid_v7(edge_.wall.now(), edge_.random);
  else
    for (auto at = last_request_id_.end(); at != last_request_id_.begin() + 9 && ++*--at == 0;) {
    }
  return to_string(last_request_id_);
}

void socket_session::open(incoming_call call) {
  if (!replay_.empty()) send_missed(true);
  if (ended_) return;
  hold_until_ = time_point::max();
  opening_ = std::make_unique<open_attempt>();
  opening_->call = std::move(call);
  next_request_id();
  opening_->began = {last_request_id_, edge_.now()};
  opening_->read_at = edge_.wall.now();
  const auto& request = static_cast<const session::OpenRequest&>(*opening_->call.params);
  if (!request.has_access_token()) {
    if (!who_) return fail_open(make_error(errc::unauthenticated));
    return begin_open();
  }
  edge_.tokens->verify(
      request.access_token(),
      on_own_thread([](socket_session& s, const result<principal>& p) { s.verified(p); },
                    [](edge&) {}));
}

void socket_session::verified(const result<principal>& p) {
  if (!p) {
    bool enough = ++failed_opens_ >= max_failed_opens;
    fail_open(p.error());
    if (enough) socket_.end_with(rpc::close_code::unauthenticated, "too many failed attempts");
    return;
  }
  if (who_ && (who_->account != p->account || who_->session != p->session))
    return fail_open(make_error(errc::conflict, "The socket belongs to another session."));
  adopt(*p);
  begin_open();
}

void socket_session::begin_open() {
  const auto& request = static_cast<const session::OpenRequest&>(*opening_->call.params);
  auto claims = request.has_resume()
                    ? edge_.resume_tokens.read(request.resume().token(), edge_.wall.now())
                    : std::nullopt;
  opening_->resumed = claims && claims->account == who_->account;
  opening_->marks_of = opening_->resumed ? claims->session : who_->session;
  if (opening_->resumed) {
    opening_->since = claims->expires_at - unix_ms{edge_.settings.resume_ttl_s} * 1000;
    resumed_at_ = std::max(opening_->read_at, opening_->since + 1);
  }
  bool fresh = lineage_ == uuid{};
  opening_->lineage = opening_->resumed ? claims->lineage
                      : fresh           ? make_uuid_v7(edge_.wall.now(), edge_.random)
                                        : lineage_;
  bool echo = !request.has_echo() || request.echo();
  bool same = attached_ && opening_->lineage == lineage_ && echo == echo_;
  echo_ = echo;
  auto attached = [this](const result<void>& r) {
    if (!r) return fail_open(r.error());
    if (opening_->resumed && !edge_.resuming.empty()) return ask_missed();
    answer_open();
  };
  if (!same) return attach(opening_->lineage, attached);
  holding_ = true;
  attached(result<void>{});
}

void socket_session::attach(const uuid& lineage, std::function<void(const result<void>&)> then) {
  lineage_ = lineage;
  holding_ = true;
  attached_ = true;  // from here on a detach is owed
  rpc::attachment a{id_, who_->account, who_->session, lineage, echo_, 0};
  if (opening_ && opening_->resumed) a.lineage = {};  // see replace_others
  auto attached = [then = std::move(then)](socket_session& s, const result<void>& r) {
    if (!r) s.attached_ = false;
    then(r);
  };
  auto gone = [id = id_, account = who_->account](edge& e) { e.bus->detach(id, account); };
  edge_.bus->attach(a, on_own_thread(std::move(attached), std::move(gone)));
}

void socket_session::replace_others() {
  sign_.clear();
  look_at_ = time_point::max();
  rpc::attachment a{id_, who_->account, who_->session, lineage_, echo_, resumed_at_};
  auto attached = [](socket_session& s, const result<void>& r) {
    if (!r) s.socket_.end_with(rpc::close_code::restart, "not available at the moment");
  };
  auto gone = [id = id_, account = who_->account](edge& e) { e.bus->detach(id, account); };
  edge_.bus->attach(a, on_own_thread(std::move(attached), std::move(gone)));
}

void socket_session::on_pong(std::string_view payload) {
  if (ended_ || !attached_ || sign_.empty() || payload != sign_) return;
  replace_others();
}

void socket_session::ask_missed() {
  const auto& request = static_cast<const session::OpenRequest&>(*opening_->call.params);
  auto ask = std::make_shared<session::MissedRequest>();
  ask->set_account_id(to_string(who_->account));
  ask->set_session_id(to_string(opening_->marks_of));
  ask->set_has_seen(request.resume().nothing_seen() || request.resume().seen_size() > 0);
  *ask->mutable_seen() = request.resume().seen();
  ask->set_since(opening_->since);
  opening_->missed.resize(edge_.resuming.size());
  opening_->unanswered = edge_.resuming.size();
  for (std::size_t i = 0; i < edge_.resuming.size(); ++i) {
    rpc::caller us;
    us.kind = rpc::caller_kind::node;
    us.account = who_->account;
    us.session = opening_->marks_of;
    us.connection = id_;
    auto c = make_call(*edge_.resuming[i], std::move(us), to_string(opening_->began.request_id),
                       edge_.now());
    c.request = ask;
    c.reply = on_own_thread(
        [i](socket_session& s, const rpc::reply_result& reply) { s.missed(i, reply); },
        [](edge&) {});
    edge_.bus->call(std::move(c));
  }
}

void socket_session::missed(std::size_t of, const rpc::reply_result& reply) {
  if (reply) opening_->missed[of] = *reply;
  else opening_->failure = reply.error();
  if (--opening_->unanswered > 0) return;
  if (!opening_->failure) return answer_open();
  // Live pushes after this would be a hole without a gap: the attachment ends, and the next attempt
  // starts anew.
  edge_.bus->detach(id_, who_->account);
  attached_ = false;
  held_.clear();
  held_bytes_ = 0;
  fail_open(error(*opening_->failure));
}

void socket_session::answer_open() {
  if (ended_) return;
  auto reply = std::make_shared<session::OpenReply>();
  reply->set_session_id(to_string(who_->session));
  reply->set_connection_id(printable(id_));
  // The clocks of two gateways differ: along a lineage the time only grows.
  const auto made_at = std::max(edge_.wall.now(), resumed_at_);
  const auto expires = made_at + unix_ms{edge_.settings.resume_ttl_s} * 1000;
  reply->set_resume_token(
      edge_.resume_tokens.make({who_->account, opening_->marks_of, lineage_, expires}));
  reply->set_resumed(opening_->resumed);
  auto done = std::move(opening_);
  note(done->call.method, 200, edge_.now() - done->began.time, done->began.request_id);
  if (!done->call.notification)
    socket_.send_answer(write_result(encoding_, done->call.id, *done->call.method, *reply));
  if (done->resumed) {
    sign_ = to_string(make_uuid_v7(edge_.wall.now(), edge_.random));
    look_at_ = edge_.now() + look_again;
    socket_.send_answer(make_frame(opcode::ping, sign_));
  }
  replay_.assign(done->missed.rbegin(), done->missed.rend());
  replay_at_ = 0;
  send_missed(false);
  socket_.settled();
}

void socket_session::send_missed(bool all) {
  while (!ended_ && !replay_.empty()) {
    const auto of = replay_.back();
    const auto& items = static_cast<const session::MissedReply&>(*of).items();
    if (replay_at_ == items.size()) {
      replay_.pop_back();
      replay_at_ = 0;
      continue;
    }
    if (!all && !socket_.has_room()) return;
    if (auto f = write_push(encoding_, items[replay_at_++])) socket_.send_answer(std::move(*f));
  }
  if (!ended_) release_held();
}

void socket_session::fail_open(const error& e) {
  if (ended_) return;
  auto done = std::move(opening_);
  note(done->call.method, describe(e.code).http_status, edge_.now() - done->began.time,
       done->began.request_id);
  if (!done->call.notification)
    socket_.send_answer(
        write_failure(encoding_, done->call.id, failure_of(e), to_string(done->began.request_id)));
  if (attached_) release_held();
  holding_ = false;
  socket_.settled();
}

void socket_session::first_call_came() {
  if (holding_ && !opening_ && replay_.empty()) release_held();
}

void socket_session::release_held() {
  holding_ = false;
  hold_until_ = time_point::max();
  std::vector<frame> frames;
  frames.swap(held_);
  held_bytes_ = 0;
  for (auto& f : frames) socket_.send_push(std::move(f));
}

void socket_session::on_push(delivery& d) {
  if (ended_) return;
  const auto& f = encoding_ == encoding::json ? d.text() : d.binary();
  if (!holding_) return socket_.send_push(f);
  held_bytes_ += f.bytes().size();
  held_.push_back(f);
  bool over = held_bytes_ > edge_.settings.max_queued_bytes ||
              held_.size() > edge_.settings.max_queued_frames;
  if (over)
    socket_.end_with(rpc::close_code::too_slow, "too much to send before the session was open");
}

void socket_session::end() {
  if (std::exchange(ended_, true)) return;
  place_.leave();
  opening_.reset();
  held_.clear();
  replay_.clear();
  if (attached_) edge_.bus->detach(id_, who_->account);
}

time_point socket_session::deadline() const {
  return std::min({open_by_, hold_until_, expires_, look_at_});
}

void socket_session::on_deadline(time_point now) {
  if (ended_) return;
  if (now >= hold_until_) first_call_came();
  // A client that does not read its socket answers no ping; its system confirms what came all the same.
  if (now >= look_at_) {
    if (attached_ && socket_.all_received()) replace_others();
    else look_at_ = now + look_again;
  }
  if (now >= open_by_)
    return socket_.end_with(rpc::close_code::unauthenticated, "no session.open in time");
  if (now >= expires_)
    return socket_.end_with(rpc::close_code::unauthenticated, "the access token has expired");
}

}  // namespace nova::gateway
