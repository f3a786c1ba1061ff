// Writes the bytes of one request into a part on file threads. At most two buffers of it exist: one is filled by the connection's
// thread while the other is written. Used by upload; all calls and callbacks are on the connection's thread.
#pragma once

#include "gateway/transfer/checksum.hpp"
#include "protocols/core/blobs.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nova::gateway {

class file_threads;
class io_thread;

class part_writer : public std::enable_shared_from_this<part_writer> {
 public:
  /// Bytes from which a buffer is written, and from which no more is read while the other one is being written.
  static constexpr std::size_t write_bytes = 64 * 1024, full_bytes = 64 * 1024;

  part_writer(std::shared_ptr<io_thread> thread, file_threads& files, blobs::store& store)
      : thread_(std::move(thread)), files_(files), store_(store) {}

  using done = std::function<void(result<void>)>;
  struct kept {
    blobs::blob blob;
    std::string type;  ///< that the bytes look like
  };

  /// Opens the part; what lies behind `offset` is dropped. A part that is shorter gives `conflict`; `offset()` is its size then.
  /// `check`: of the bytes that follow. `drained`: take() may go on; kept as long as the writer, so
  /// it must not hold the writer's owner.
  void open(const std::string& part, std::int64_t offset, std::optional<checksum> check,
            std::function<void()> drained, done then);
  /// False: enough for now.
  bool take(std::string_view bytes);
  /// All bytes that were taken are on disk then. Errors: checksum_mismatch; those of the store.
  void flush(done then);
  /// Drops the bytes from `offset` on. Also behind a keep that has failed.
  void cut(std::int64_t offset, done then);
  /// After flush: the part becomes a blob.
  void keep(std::function<void(result<kept>)> then);
  /// The part's bytes are those of `parts`, in this order.
  void concatenate(std::vector<std::string> parts, done then);

  /// Gives the part free for another writer. Only while nothing is being written.
  void close() { part_.reset(); }

  /// Behind the bytes that were taken.
  std::int64_t offset() const noexcept { return offset_; }

 private:
  void write_on();
  void written(const result<void>& r);
  template <class Work, class Then>
  void run(Work work, Then then);

  const std::shared_ptr<io_thread> thread_;
  file_threads& files_;
  blobs::store& store_;
  std::string name_;
  std::unique_ptr<blobs::part> part_;  ///< null when it is kept, or could not be
  std::optional<checksum> check_;
  std::function<void()> drained_;
  std::string filling_, writing_;
  std::int64_t offset_ = 0, written_ = 0;
  bool busy_ = false, full_ = false;
  std::optional<error> failed_;
  done flushing_;
};

}  // namespace nova::gateway
