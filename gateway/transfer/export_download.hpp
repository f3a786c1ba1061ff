// All that Nova has of one account as a ZIP file, at the signed address of the export: every domain is asked for its part, page after
// page, which goes to a spool on disk; the account's files follow as they lie in the blob store. The file has `manifest.json` and a
// folder for each domain. Made by transfer_routes.
#pragma once

#include "gateway/codec/route_table.hpp"
#include "gateway/transfer/transfer_request.hpp"
#include "gateway/transfer/zip_stream.hpp"
#include "protocols/transfer/transfer.pb.h"
#include "protocols/views/views.pb.h"

namespace nova::gateway {

/// The methods of an export.
struct export_steps {
  export_steps();
  const rpc::method* download = nullptr;  ///< says whose account it is; null: there are no exports
  std::vector<const rpc::method*> parts;  ///< in the order of the domains' names
};

class export_download final : public transfer_request {
 public:
  /// Bytes of all pages, and files of one archive. The rest is left out, and the manifest says so.
  static constexpr std::int64_t most_spool_bytes = 4ll << 30;
  static constexpr std::size_t most_files = 200'000;

  export_download(transfer_common& shared, const export_steps& steps, io_thread& thread,
                  const http_request& request, const std::string& address,
                  const std::string& request_id, stream_answers answers);
  void start(result<rpc::message_ptr> request);
  void broken() override { gone_ = true; }

 private:
  struct page {
    std::string name, bytes;
  };
  std::shared_ptr<export_download> self() {
    return std::static_pointer_cast<export_download>(shared_from_this());
  }
  void open_spool();
  void ask_for_page(const std::string& cursor);
  void spool(std::vector<page> pages, std::function<void()> then);
  void ask_for_files(const std::string& cursor);
  void finish();
  void send();

  const export_steps& steps_;
  std::string account_;
  std::shared_ptr<blobs::part> spool_;
  std::int64_t spool_size_ = 0;
  std::size_t part_ = 0;  ///< the domain that is asked
  std::vector<zip_entry> entries_;
  bool complete_ = true, gone_ = false;
};

}  // namespace nova::gateway
