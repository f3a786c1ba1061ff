#include "gateway/transfer/transfer_request.hpp"

#include "gateway/loop/file_threads.hpp"

namespace nova::gateway {

transfer_request::transfer_request(transfer_common& shared, io_thread& thread,
                                   const http_request& request, const std::string& address,
                                   const std::string& request_id, stream_answers answers)
    : shared_(shared),
      thread_(thread.shared_from_this()),
      address_(address),
      request_id_(request_id),
      authorization_(request.authorization),
      user_agent_(request.user_agent.substr(0, 256)),
      idempotency_key_(request.idempotency_key),
      answers_(std::move(answers)) {}

void transfer_request::with_caller(const rpc::method& method, bool guests,
                                   std::function<void()> then) {
  auto& e = shared_.common;
  if (e.draining) return fail(make_error(errc::unavailable, "The server is restarting."));
  if (auto ok = e.admission.by_address(method, address_, e.now()); !ok) return fail(ok.error());
  if (authorization_.empty() && guests && e.settings.anonymous_read) {
    caller_.kind = rpc::caller_kind::node;
    return then();
  }
  const auto token = bearer_token(authorization_);
  if (token.empty()) return fail(make_error(errc::unauthenticated));
  const auto verified = [self = shared_from_this(), &method, then](const result<principal>& p) {
    if (!p) {
      auto out = self->problem(p.error());
      blame_token(out);
      return self->answer(std::move(out));
    }
    auto& common = self->shared_.common;
    if (auto ok = common.admission.by_account(method, p->account, common.now()); !ok)
      return self->fail(ok.error());
    self->caller_ = caller_of(*p);
    self->caller_.kind = rpc::caller_kind::node;
    self->caller_.address = self->address_;
    self->caller_.user_agent = self->user_agent_;
    then();
  };
  e.tokens->verify(token, [self = shared_from_this(), verified](result<principal> p) {
    self->thread_->post([verified, p = std::move(p)] { verified(p); });
  });
}

void transfer_request::ask_any(const rpc::method& method, rpc::message_ptr request, std::string key,
                               std::function<void(rpc::reply_result)> then) {
  auto c = make_call(method, caller_, request_id_, shared_.common.now());
  c.idempotency_key = std::move(key);
  c.request = std::move(request);
  c.reply = [self = shared_from_this(), then = std::move(then)](rpc::reply_result r) {
    self->thread_->post([self, then, r = std::move(r)] { then(r); });
  };
  shared_.common.bus->call(std::move(c));
}

void transfer_request::submit(std::function<void()> work) {
  if (!shared_.files.submit(std::move(work))) {
    fail(make_error(errc::overloaded, "Too many transfers wait for the disk.", 1000));
    broken();
  }
}

void transfer_request::want_more() {
  if (!answered_) answers_.more();
}

void transfer_request::answer(http_answer a) {
  if (std::exchange(answered_, true)) return;
  answers_.done(std::move(a));
}

void transfer_request::fail(const error& e) { answer(problem(e)); }

}  // namespace nova::gateway
