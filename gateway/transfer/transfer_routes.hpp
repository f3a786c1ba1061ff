// The paths of uploads and downloads: /v1/uploads (tus 1.0.0), POST /v1/media, contents and variants, exports. Made by server when there is a
// blob store; nothing is taken when no domain of this Nova decides about transfers.
#pragma once

#include "gateway/transfer/export_download.hpp"
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
  /// Of an export's address; empty: another path.
  std::optional<route_match> export_of(std::string_view path) const;

  std::shared_ptr<body_taker> fetch(const route_match& what, io_thread& thread,
                                    const http_request& request, const std::string& address,
                                    const std::string& request_id, stream_answers answers) const;

  mutable transfer_common shared_;
  const export_steps exports_;
  const route_table export_path_;
};

}  // namespace nova::gateway
