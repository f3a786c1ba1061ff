// One GET or HEAD of a medium's content or variant: by a signature or as a caller who may see it, whole or a range. Made by
// transfer_routes.
#pragma once

#include "gateway/transfer/transfer_request.hpp"
#include "protocols/transfer/transfer.pb.h"

#include <optional>
#include <string>
#include <string_view>

namespace nova::gateway {

struct content_path {
  std::string media_id, variant;  ///< variant empty: the content itself
};
/// Of `/v1/media/{id}/content` and `/v1/media/{id}/variants/{name}`; empty: another path.
std::optional<content_path> content_of(std::string_view path);

class download final : public transfer_request {
 public:
  download(transfer_common& shared, io_thread& thread, const http_request& request,
           const std::string& address, const std::string& request_id, stream_answers answers,
           content_path what);
  void start();

 private:
  std::shared_ptr<download> self() {
    return std::static_pointer_cast<download>(shared_from_this());
  }
  void ask_to_read();
  void may_read(const transfer::ReadReply& what);
  void open(const transfer::ReadReply& what);
  void send(const transfer::ReadReply& what, std::shared_ptr<const blobs::reader> file);

  const content_path what_;
  const std::string range_, if_range_, if_none_match_;
  const bool signed_;
};

}  // namespace nova::gateway
