// The paths of uploads and downloads: /v1/uploads (tus 1.0.0), POST /v1/media, contents and variants. Made by server when there is a
// blob store; nothing is taken when no domain of this Nova decides about transfers.
#pragma once

#include "gateway/transfer/transfer_request.hpp"

#include <atomic>

namespace nova::gateway {

class transfer_routes final : public streamed_routes {
 public:
  transfer_routes(edge& e, blobs::store& store, file_threads& files, std::string_view urls_key);

  bool takes(std::string_view verb, std::string_view path) const override;
  std::shared_ptr<body_taker> begin(io_thread& thread, const http_request& request,
                                    const std::string& address, const std::string& request_id,
                                    stream_answers answers) const override;

 private:
  mutable transfer_common shared_;
};

}  // namespace nova::gateway
