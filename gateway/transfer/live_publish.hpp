// One PUT or DELETE of an encoder: asks with the key, takes the bytes, tells the stream. Made by live_routes.
#pragma once

#include "gateway/transfer/live_rules.hpp"
#include "gateway/transfer/live_windows.hpp"
#include "gateway/transfer/part_writer.hpp"
#include "gateway/transfer/transfer_request.hpp"
#include "protocols/live/live.pb.h"

namespace nova::gateway {

/// The methods that decide about live streams, by their option `transfer`.
struct live_steps {
  live_steps();
  bool complete() const noexcept { return admit && publish && play && viewers && unnamed; }

  const rpc::method* admit = nullptr;
  const rpc::method* publish = nullptr;
  const rpc::method* play = nullptr;
  const rpc::method* viewers = nullptr;
  const rpc::method* unnamed = nullptr;
};

class live_publish final : public transfer_request {
 public:
  live_publish(transfer_common& shared, const live_steps& steps, live_windows& windows,
               io_thread& thread, const http_request& request, const std::string& address,
               const std::string& request_id, stream_answers answers, ingest_path where);

  /// `removes`: the request is a DELETE.
  void start(bool removes);
  bool take(std::string_view bytes) override;
  void end() override;
  void broken() override;

 private:
  std::shared_ptr<live_publish> self() {
    return std::static_pointer_cast<live_publish>(shared_from_this());
  }
  void admitted(const live::Admission& a);
  void kept(const part_writer::kept& k);
  void publish();
  void give_up(const error& e);

  const live_steps& steps_;
  live_windows& windows_;
  const ingest_path where_;
  live::PublishRequest request_;
  const std::int64_t length_;  ///< −1: not stated
  std::int64_t room_ = 0;      ///< bytes that the body may still have
  bool playlist_ = false;
  std::string part_;
  std::shared_ptr<part_writer> writer_;
};

}  // namespace nova::gateway
