// The paths of live streams: what encoders put (/v1/ingest) and what players fetch (/v1/streams/{id}/live). Made by server when there
// is a store of segments; nothing is taken when no domain of this Nova decides about streams.
#pragma once

#include "gateway/transfer/live_play.hpp"
#include "gateway/transfer/live_sweep.hpp"

#include <atomic>
#include <thread>

namespace nova::gateway {

class live_routes final : public streamed_routes {
 public:
  live_routes(edge& e, blobs::store& segments, file_threads& files, std::string_view urls_key);

  bool takes(std::string_view verb, std::string_view path) const override;
  std::shared_ptr<body_taker> begin(io_thread& thread, const http_request& request,
                                    const std::string& address, const std::string& request_id,
                                    stream_answers answers) const override;

  /// Removes, on a file thread, segments that no stream names any more. Called by the server from time to time; a run that is still at
  /// work is not joined by a second one.
  void sweep();
  /// Whether a domain of this Nova decides about streams.
  bool complete() const noexcept { return steps_.complete(); }

 private:
  /// Puts the stream, key and encoder in the place of a token.
  void name_publisher(ingest_path& where) const;

  mutable transfer_common shared_;
  const live_steps steps_;
  mutable live_viewers viewers_;
  mutable live_windows windows_;
  live_sweep swept_;
  std::atomic<bool> sweeping_{false};
};

}  // namespace nova::gateway
