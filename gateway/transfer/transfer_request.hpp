// The common part of uploads and downloads: the caller, calls to the bus whose replies come back to the connection's thread, and
// the one answer. Derived by download and upload.
#pragma once

#include "gateway/http/body_streams.hpp"
#include "gateway/loop/io_thread.hpp"
#include "gateway/session/edge.hpp"
#include "gateway/transfer/steps.hpp"
#include "protocols/core/blobs.hpp"
#include "protocols/core/signed_urls.hpp"

#include <functional>
#include <memory>
#include <string>

namespace nova::gateway {

class file_threads;

/// The parts that all transfers of a server share.
struct transfer_common {
  edge& common;
  blobs::store& store;
  file_threads& files;
  const url_signer signer;
  const transfer_steps steps;
};

class transfer_request : public body_taker, public std::enable_shared_from_this<transfer_request> {
 public:
  transfer_request(transfer_common& shared, io_thread& thread, const http_request& request,
                   const std::string& address, const std::string& request_id,
                   stream_answers answers);

  bool take(std::string_view) override { return true; }
  void end() override {}
  void broken() override {}

 protected:
  using error_or_void = result<void>;

  /// The caller by the token, counted against the rates of `method`. Answers itself when there is none or too many calls; with
  /// `guests` a request without a token goes on as a guest where the settings allow it.
  void with_caller(const rpc::method& method, bool guests, std::function<void()> then);

  /// Asks for the caller; `then` comes on the connection's thread.
  template <class Reply>
  void ask(const rpc::method& method, rpc::message_ptr request,
           std::function<void(result<Reply>)> then, std::string idempotency_key = {}) {
    ask_any(method, std::move(request), std::move(idempotency_key),
            [then = std::move(then)](const rpc::reply_result& r) {
              if (!r) return then(r.error());
              then(static_cast<const Reply&>(**r));
            });
  }

  /// Does `work` on a file thread and gives its result to `then` on the connection's thread.
  template <class Work, class Then>
  void on_files(Work work, Then then) {
    auto self = shared_from_this();
    submit([self, work = std::move(work), then = std::move(then)]() mutable {
      auto outcome = work();
      self->thread_->post([self, then = std::move(then), outcome = std::move(outcome)]() mutable {
        then(std::move(outcome));
      });
    });
  }

  void want_more();
  bool answered() const noexcept { return answered_; }
  /// The one answer; later ones are dropped.
  virtual void answer(http_answer a);
  void fail(const error& e);
  http_answer problem(const error& e) const { return problem_answer(e, request_id_); }

  transfer_common& shared_;
  const std::shared_ptr<io_thread> thread_;
  const std::string address_, request_id_, authorization_, user_agent_, idempotency_key_;
  rpc::caller caller_;

 private:
  void ask_any(const rpc::method& method, rpc::message_ptr request, std::string idempotency_key,
               std::function<void(rpc::reply_result)> then);
  void submit(std::function<void()> work);

  stream_answers answers_;
  bool answered_ = false;
};

}  // namespace nova::gateway
