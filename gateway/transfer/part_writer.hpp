// Writes the bytes of one request into a part on file threads. At most two buffers of it exist: one is filled by the connection's
// thread while the other is written, and a file thread takes the next one without asking. Used by upload; all calls and callbacks
// are on the connection's thread.
#pragma once

#include "gateway/transfer/checksum.hpp"
#include "protocols/core/blobs.hpp"

#include <functional>
#include <memory>
#include <mutex>
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
  /// Buffers that a file thread writes before other transfers have their turn.
  static constexpr int buffers_a_turn = 16;

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
  /// All bytes that were taken are written then, but may be lost in a crash of the machine: for keep(), which flushes. Errors as flush.
  void write_all(done then);
  /// Drops the bytes from `offset` on. Also behind a keep that has failed.
  void cut(std::int64_t offset, done then);
  /// After write_all: the part becomes a blob.
  void keep(std::function<void(result<kept>)> then);
  /// The part's bytes are those of `parts`, in this order.
  void concatenate(std::vector<std::string> parts, done then);

  /// Gives the part free for another writer. Only while nothing is being written.
  void close() { part_.reset(); }

  /// Behind the bytes that were taken.
  std::int64_t offset() const noexcept { return offset_; }

 private:
  void write_on();
  /// True: drained_ is due.
  bool take_filled();
  result<void> write_waiting();
  void written(const result<void>& r);
  /// Runs `then` when nothing is being written.
  void when_idle(std::function<void()> then);
  void settle(done then, bool to_disk);
  template <class Work, class Then>
  void run(Work work, Then then);

  const std::shared_ptr<io_thread> thread_;
  file_threads& files_;
  blobs::store& store_;
  std::string name_;
  std::unique_ptr<blobs::part> part_;  ///< null when it is kept, or could not be
  std::optional<checksum> check_;
  std::function<void()> drained_;
  std::mutex mutex_;  ///< of the next two
  std::string
      filling_;        ///< not empty for long: it is written when it is large enough, or at a flush
  bool full_ = false;  ///< drained_ is due
  std::string writing_;  ///< the file thread's
  std::int64_t offset_ = 0;
  std::int64_t written_ = 0;  ///< the file thread's while busy_
  bool busy_ = false;
  std::optional<error> failed_;
  std::function<void()> idle_;
};

}  // namespace nova::gateway
