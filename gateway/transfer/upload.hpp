// One request that brings bytes: a PATCH or POST of tus, or POST /v1/media. Opens or finds the upload, gets a grant, writes, and reports what
// is on disk before it answers. Made by transfer_routes.
#pragma once

#include "gateway/transfer/form_reader.hpp"
#include "gateway/transfer/part_writer.hpp"
#include "gateway/transfer/transfer_request.hpp"
#include "protocols/transfer/transfer.pb.h"

#include <optional>
#include <string>
#include <vector>

namespace nova::gateway {

class upload final : public transfer_request {
 public:
  /// Bytes after which what was written is flushed and reported, so that a crash loses no more; or no more than came within the
  /// least pause: the upload stands still meanwhile.
  static constexpr std::int64_t report_bytes = 32 * 1024 * 1024;
  static constexpr std::chrono::seconds report_pause{10}, least_report_pause{2};

  enum class kind {
    tus_open,   ///< POST /v1/uploads
    tus_patch,  ///< PATCH /v1/uploads/{id}
    at_once,    ///< POST /v1/media
  };

  upload(transfer_common& shared, io_thread& thread, const http_request& request,
         const std::string& address, const std::string& request_id, stream_answers answers,
         kind what, std::string upload_id);

  void start();
  bool take(std::string_view bytes) override;
  void end() override;
  void broken() override;

 private:
  enum class phase { opening, writing, reporting, comparing, ending, over };

  std::shared_ptr<upload> self() { return std::static_pointer_cast<upload>(shared_from_this()); }
  std::optional<error> read_fields(const http_request& request);
  std::optional<error> read_tus_fields(const http_request& request);
  std::optional<error> read_at_once_fields(const http_request& request);

  void open();
  void opened(const transfer::Upload& u);
  void ask_for_grant();
  void granted(const transfer::Grant& g);
  void open_part(const transfer::Grant& g);
  void compare(const transfer::Grant& g);
  bool compare(std::string_view bytes);
  void compared();
  void look_at_result();
  void begin_concatenation();

  void pass(std::string_view bytes);
  void report_meanwhile();
  void write_ended(const result<void>& flushed);
  bool whole() const;
  void keep();
  void finish(const part_writer::kept& k);
  void finished(const transfer::Upload& u);
  void give_back(std::int64_t offset, std::function<void()> then);
  void take_back(error why);
  void drop(error why);
  void answer_media(const std::string& media_id);
  void answer_progress(const transfer::Upload& u);

  const kind kind_;
  std::string upload_id_, location_;
  transfer::OpenRequest open_;
  std::optional<std::int64_t> length_;  ///< of the body, when it is stated
  std::int64_t from_ = 0;               ///< Upload-Offset
  bool with_bytes_ = false;             ///< the request brings bytes
  std::optional<checksum> check_;
  bool checked_ = false;  ///< a checksum was stated
  std::optional<form_reader> form_;
  std::shared_ptr<part_writer> writer_;
  std::string grant_id_;
  std::int64_t room_ = 0;  ///< bytes that the grant takes
  std::int64_t reported_ = 0;
  std::chrono::steady_clock::time_point reported_at_{};
  phase phase_ = phase::opening;
  bool partial_ = false;  ///< no medium is made of it
  bool ended_ = false, broken_ = false, wants_ = true;
  std::optional<error> wrong_;  ///< with the bytes so far
};

/// Adds `Tus-Resumable` and, for an upload, its offset and end.
void add_tus_fields(http_answer& a, const transfer::Upload* u);

}  // namespace nova::gateway
