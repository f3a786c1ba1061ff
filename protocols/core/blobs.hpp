// The blob store as the gateway, domains and side works see it: content under the name of its hash, and parts that are being
// written. Implemented by storage/blobs; composed in gateway/main.cpp. All calls may wait for the disk: only file threads and
// works call them, never an actor and never an I/O thread.
#pragma once

#include "protocols/core/error.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nova::blobs {

/// Content that is kept. Its name is the SHA-256 of the bytes in lower-case hex.
struct blob {
  std::string name;
  std::int64_t size = 0;
};

/// True for 64 lower-case hex digits.
bool is_blob_name(std::string_view name) noexcept;

/// A part that is being written. At most one exists of a name, so two writers never mix their bytes. One thread at a time.
class part {
 public:
  virtual ~part() = default;
  /// As it was opened.
  virtual const std::string& name() const = 0;
  virtual std::int64_t size() const = 0;
  /// Writes all bytes at `offset`. Errors: unavailable (disk full or broken).
  virtual result<void> write(std::int64_t offset, std::string_view bytes) = 0;
  virtual result<void> read(std::int64_t offset, char* to, std::size_t bytes) = 0;
  /// Drops the bytes from `size` on.
  virtual result<void> cut(std::int64_t size) = 0;
  /// After it, all written bytes survive a crash of the machine.
  virtual result<void> flush() = 0;
  /// The name of a blob with these bytes. Those that this writer has not written itself are read.
  virtual result<std::string> hash() = 0;
};

/// Kept content that is being read. A file stays readable until the reader ends, even if the blob is removed; an object of a bucket
/// does not. Any thread.
class reader {
 public:
  virtual ~reader() = default;
  virtual std::int64_t size() const = 0;
  /// Reads up to `bytes`; fewer at the end only.
  virtual result<std::size_t> read(std::int64_t offset, char* to, std::size_t bytes) const = 0;
  /// A descriptor for sendfile; -1: the store has none.
  virtual int descriptor() const noexcept { return -1; }
};

/// Content as a file that other processes of this machine can read.
struct local_file {
  std::string path;
  std::shared_ptr<const void> copy =
      {};  ///< of a store elsewhere; the file leaves the disk with the last owner
};

/// Thread-safe.
class store {
 public:
  virtual ~store() = default;

  /// Opens or creates a part. Names are 1 to 64 of [0-9a-z-]. Errors: locked (another writer has it), unavailable.
  virtual result<std::unique_ptr<part>> open_part(std::string_view name) = 0;
  /// Natural: an absent part is no error. A writer that has it open keeps an unnamed file.
  virtual result<void> drop_part(std::string_view name) = 0;

  /// Keeps the part's bytes as a blob and drops the part. On return, bytes and name survive a crash of the machine.
  /// The same content is stored once. On an error the part's bytes stay, and it can be opened again.
  virtual result<blob> keep(std::unique_ptr<part> from) = 0;
  /// Errors: not_found, unavailable.
  virtual result<std::shared_ptr<const reader>> open(std::string_view name) const = 0;
  /// Errors: not_found, unavailable.
  virtual result<local_file> local(std::string_view name) const = 0;
  /// Removes the blob, unless it was kept (again) after `since`. True: it is gone. A store whose clock is coarse spares those
  /// of the last seconds before `since` as well.
  virtual result<bool> remove(std::string_view name,
                              std::chrono::system_clock::time_point since) = 0;
  /// Reads the whole blob and compares the bytes with its name. `paced` is called behind each piece with its size; false ends the
  /// reading, and the answer is true. Errors: not_found, unavailable.
  virtual result<bool> intact(std::string_view name,
                              const std::function<bool(std::size_t)>& paced) const = 0;
  /// Calls `each` for all blobs that were kept before `until`. Slow.
  virtual result<void> visit(std::chrono::system_clock::time_point until,
                             const std::function<void(const blob&)>& each) const = 0;
  /// Calls `each` with the names of all parts that were last written before `until`.
  virtual result<void> visit_parts(std::chrono::system_clock::time_point until,
                                   const std::function<void(const std::string&)>& each) const = 0;
};

}  // namespace nova::blobs
