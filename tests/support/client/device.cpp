// See device.hpp.
#include "tests/support/client/device.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <future>

namespace nova::client {

namespace json = boost::json;

namespace {

const json::value* member(const json::value& v, std::string_view name) {
  const auto* o = v.if_object();
  return o ? o->if_contains(name) : nullptr;
}

json::value parsed(std::string_view text) {
  boost::system::error_code ec;
  auto v = json::parse(text, ec);
  return ec ? json::value() : v;
}

call_result result_of(const call_reply& r) { return {r.ok, r.lost, parsed(r.body)}; }

}  // namespace

std::string call_result::code() const {
  const auto* data = member(body, "data");
  const auto* code = data ? member(*data, "code") : nullptr;
  return code && code->is_string() ? std::string(code->as_string()) : std::string();
}

std::int64_t call_result::number(std::string_view name) const {
  const auto* v = member(body, name);
  return v && v->is_number() ? v->to_number<std::int64_t>() : -1;
}

std::string call_result::text(std::string_view name) const {
  const auto* v = member(body, name);
  return v && v->is_string() ? std::string(v->as_string()) : std::string();
}

device::device(io_thread& io, session_options options) : io_(io) {
  session_events events;
  events.opened = [this](std::string_view result) {
    std::lock_guard lock(mutex_);
    open_ = true;
    opened_ = result.empty() ? json::value() : parsed(result);
    changed_.notify_all();
  };
  events.pushed = [this](std::string_view frame) {
    auto v = parsed(frame);
    std::lock_guard lock(mutex_);
    if (v.is_object()) pushes_.push_back(std::move(v.as_object()));
    changed_.notify_all();
  };
  events.closed = [this](int code, int http, std::string_view reason) {
    std::lock_guard lock(mutex_);
    gone_ = true;
    close_code_ = code;
    http_status_ = http;
    reason_ = reason;
    changed_.notify_all();
  };
  session_ = session::make(io, std::move(options), std::move(events));
}

device::~device() {
  session_->stop(0);
  io_.run([this] { session_.reset(); });
}

bool device::open() {
  session_->start();
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::seconds(10), [this] { return open_ || gone_; });
  return open_;
}

json::value device::opened() const {
  std::lock_guard lock(mutex_);
  return opened_;
}

std::string device::resume_token() const {
  const auto v = opened();
  const auto* token = member(v, "resume_token");
  return token && token->is_string() ? std::string(token->as_string()) : std::string();
}

call_result device::call(std::string_view method, std::string_view params) {
  return call_all(method, {std::string(params)}).front();
}

std::vector<call_result> device::call_all(std::string_view method,
                                          const std::vector<std::string>& params) {
  struct shared_state {
    std::vector<call_result> results;
    std::size_t left;
    std::promise<void> done;
  };
  auto state = std::make_shared<shared_state>();
  state->results.resize(params.size());
  for (auto& r : state->results) r.lost = true;
  state->left = params.size();
  auto done = state->done.get_future();
  io_.run([&] {
    for (std::size_t i = 0; i < params.size(); ++i)
      session_->call(method, params[i], [state, i](const call_reply& r) {
        state->results[i] = result_of(r);
        if (--state->left == 0) state->done.set_value();
      });
  });
  if (done.wait_for(std::chrono::seconds(15)) == std::future_status::ready) return state->results;
  return std::vector<call_result>(params.size(), call_result{false, true, {}});
}

std::optional<json::object> device::push(std::string_view method, const predicate& fits,
                                         wait within) {
  std::unique_lock lock(mutex_);
  std::optional<json::object> out;
  changed_.wait_for(lock, within, [&] {
    for (auto p = pushes_.begin(); p != pushes_.end(); ++p) {
      if (p->at("method").as_string() != method || !p->at("params").is_object()) continue;
      auto& params = p->at("params").as_object();
      if (fits && !fits(params)) continue;
      out = std::move(params);
      pushes_.erase(p);
      return true;
    }
    return gone_;
  });
  return out;
}

bool device::has_push(std::string_view method, const predicate& fits) {
  return push(method, fits, std::chrono::milliseconds(0)).has_value();
}

std::optional<json::object> device::any_push(wait within) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, within, [this] { return !pushes_.empty() || gone_; }) ||
      pushes_.empty())
    return {};
  auto out = std::move(pushes_.front());
  pushes_.pop_front();
  return out;
}

int device::closed(wait within) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, within, [this] { return gone_; });
  return gone_ ? close_code_ : -1;
}

int device::http_status() const {
  std::lock_guard lock(mutex_);
  return http_status_;
}

std::string device::reason() const {
  std::lock_guard lock(mutex_);
  return reason_;
}

void device::close(int code) { session_->stop(code); }

void device::drop() {
  io_.run([this] { session_->stop(0); });
}

}  // namespace nova::client
