#include "storage/blobs/file_store.hpp"

#include "storage/blobs/content_hash.hpp"
#include "storage/blobs/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <mutex>

namespace nova::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t copy_bytes = 256 * 1024;
/// The system begins to write after so many bytes, so that a flush finds most of them on disk.
constexpr std::int64_t begun_bytes = 4 << 20;

bool is_part_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-';
  });
}

unix_time_point modified(const struct stat& s) {
  return unix_time_point(std::chrono::duration_cast<unix_time_point::duration>(
      std::chrono::seconds(s.st_mtim.tv_sec) + std::chrono::nanoseconds(s.st_mtim.tv_nsec)));
}

class file_part final : public blobs::part {
 public:
  file_part(file f, std::string name, std::string path, std::int64_t size)
      : file_(std::move(f)), name_(std::move(name)), path_(std::move(path)), size_(size) {}

  const std::string& name() const override { return name_; }
  std::int64_t size() const override { return size_; }

  result<void> write(std::int64_t offset, std::string_view bytes) override {
    flushed_ = false;
    if (auto done = write_all(file_, offset, bytes); !done) return done;
    if (offset == hash_.bytes()) hash_.add(bytes);
    else if (offset < hash_.bytes()) hash_.forget();
    const auto end = offset + static_cast<std::int64_t>(bytes.size());
    size_ = std::max(size_, end);
    if (end < begun_) begun_ = offset;
    if (end - begun_ >= begun_bytes) {
      ::sync_file_range(file_.fd(), begun_, end - begun_, SYNC_FILE_RANGE_WRITE);
      begun_ = end;
    }
    return {};
  }

  result<void> read(std::int64_t offset, char* to, std::size_t bytes) override {
    auto n = read_some(file_, offset, to, bytes);
    if (!n) return n.error();
    return *n == bytes ? result<void>() : disk_error("read");
  }

  result<void> cut(std::int64_t size) override {
    flushed_ = false;
    if (::ftruncate(file_.fd(), size) != 0) return disk_error("truncate");
    size_ = size;
    if (hash_.bytes() > size) hash_.forget();
    return {};
  }

  // The name comes last: until then nothing depends on it.
  result<void> flush() override {
    if (auto done = flush_bytes(); !done) return done;
    if (named_) return {};
    auto done = flush_folder(path_.substr(0, path_.rfind('/')));
    named_ = done.has_value();
    return done;
  }

  result<void> flush_bytes() {
    if (flushed_) return {};
    auto done = flush_file(file_);
    flushed_ = done.has_value();
    return done;
  }

  result<std::string> hash() override {
    if (hash_.bytes() > size_) hash_.forget();
    std::string piece(copy_bytes, '\0');
    while (hash_.bytes() < size_) {
      auto n = read_some(file_, hash_.bytes(), piece.data(), piece.size());
      if (!n) return n.error();
      if (*n == 0) return disk_error("read");
      hash_.add({piece.data(), *n});
    }
    return hash_.hex();
  }

  const std::string& path() const { return path_; }
  const file& handle() const { return file_; }

 private:
  file file_;
  std::string name_, path_;
  std::int64_t size_;
  std::int64_t begun_ = size_;            ///< all before is on its way to the disk
  bool flushed_ = false, named_ = false;  ///< bytes and name survive a crash of the machine
  content_hash hash_;
};

class file_reader final : public blobs::reader {
 public:
  file_reader(file f, std::int64_t size) : file_(std::move(f)), size_(size) {}
  std::int64_t size() const override { return size_; }
  result<std::size_t> read(std::int64_t offset, char* to, std::size_t bytes) const override {
    return read_some(file_, offset, to, bytes);
  }
  int descriptor() const noexcept override { return file_.fd(); }

 private:
  file file_;
  std::int64_t size_;
};

/// Held by keep and remove of one blob: in this process by a mutex, among processes that share the folder by a locked file.
class blob_lock {
 public:
  blob_lock(std::mutex& here, const std::string& path)
      : here_(here), shared_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    int taken = shared_ ? ::flock(shared_.fd(), LOCK_EX) : -1;
    while (taken != 0 && errno == EINTR) taken = ::flock(shared_.fd(), LOCK_EX);
    held_ = taken == 0;
  }
  explicit operator bool() const noexcept { return held_; }

 private:
  std::lock_guard<std::mutex> here_;
  file shared_;
  bool held_ = false;
};

class file_store final : public blobs::store {
 public:
  explicit file_store(std::string folder)
      : folder_(std::move(folder)), parts_(folder_ + "/parts"), turns_(folder_ + "/locks") {}

  result<void> prepare() {
    std::error_code ec;
    fs::create_directories(parts_, ec);
    if (!ec) fs::create_directories(turns_, ec);
    if (ec) return make_error(errc::unavailable, folder_ + ": " + ec.message());
    fs::permissions(folder_, fs::perms::owner_all, ec);
    return flush_folder(folder_);
  }

  result<std::unique_ptr<blobs::part>> open_part(std::string_view name) override {
    if (!is_part_name(name)) return make_error(errc::not_found);
    auto path = parts_ + '/' + std::string(name);
    file f(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!f) return disk_error("open");
    if (::flock(f.fd(), LOCK_EX | LOCK_NB) != 0)
      return make_error(errc::locked, "Another request writes to this upload.", 1000);
    struct stat s {};
    if (::fstat(f.fd(), &s) != 0) return disk_error("stat");
    if (s.st_nlink == 0) return make_error(errc::locked, {}, 1000);  // dropped in between
    return std::unique_ptr<blobs::part>(
        std::make_unique<file_part>(std::move(f), std::string(name), std::move(path), s.st_size));
  }

  result<void> drop_part(std::string_view name) override {
    if (!is_part_name(name)) return make_error(errc::not_found);
    const auto path = parts_ + '/' + std::string(name);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return disk_error("unlink");
    return {};
  }

  result<blobs::blob> keep(std::unique_ptr<blobs::part> from) override {
    auto& part = static_cast<file_part&>(*from);
    auto name = part.hash();
    if (!name) return name.error();
    const blob_lock lock(lock_of(*name), turn_of(*name));
    if (!lock) return disk_error("flock");
    const auto folder = folder_of(*name);
    if (auto made = make_folder(folder); !made) return made.error();
    const auto path = folder + '/' + *name;
    struct stat s {};
    if (::stat(path.c_str(), &s) == 0 && s.st_size == part.size()) {
      if (::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) != 0) return disk_error("utimensat");
      if (::unlink(part.path().c_str()) != 0 && errno != ENOENT) return disk_error("unlink");
    } else {
      if (auto done = part.flush_bytes(); !done) return done.error();
      ::futimens(part.handle().fd(), nullptr);
      if (::rename(part.path().c_str(), path.c_str()) != 0) return disk_error("rename");
    }
    // Should the part's name come back after a crash, nothing asks for it, and the walk over the parts removes it.
    if (auto done = flush_folder(folder); !done) return done.error();
    return blobs::blob{*name, part.size()};
  }

  result<std::shared_ptr<const blobs::reader>> open(std::string_view name) const override {
    if (!blobs::is_blob_name(name)) return make_error(errc::not_found);
    file f(::open(path_of(name).c_str(), O_RDONLY | O_CLOEXEC));
    struct stat s {};
    if (!f || ::fstat(f.fd(), &s) != 0)
      return errno == ENOENT ? make_error(errc::not_found) : disk_error("open");
    return std::shared_ptr<const blobs::reader>(
        std::make_shared<file_reader>(std::move(f), s.st_size));
  }

  result<blobs::local_file> local(std::string_view name) const override {
    if (!blobs::is_blob_name(name)) return make_error(errc::not_found);
    auto path = path_of(name);
    if (::access(path.c_str(), R_OK) != 0) return make_error(errc::not_found);
    return blobs::local_file{std::move(path)};
  }

  result<bool> remove(std::string_view name, unix_time_point since) override {
    if (!blobs::is_blob_name(name)) return make_error(errc::not_found);
    const blob_lock lock(lock_of(name), turn_of(name));
    if (!lock) return disk_error("flock");
    const auto path = path_of(name);
    struct stat s {};
    if (::stat(path.c_str(), &s) != 0)
      return errno == ENOENT ? result<bool>(true) : result<bool>(disk_error("stat"));
    if (modified(s) >= since) return false;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return disk_error("unlink");
    return true;
  }

  result<bool> intact(std::string_view name,
                      const std::function<bool(std::size_t)>& paced) const override {
    const auto file = open(name);
    if (file.has_error()) return file.error();
    return is_named(**file, name, copy_bytes, paced);
  }

  result<void> visit(unix_time_point until,
                     const std::function<void(const blobs::blob&)>& each) const override {
    std::error_code ec;
    for (fs::recursive_directory_iterator at(folder_, ec), end; !ec && at != end;
         at.increment(ec)) {
      const auto name = at->path().filename().string();
      struct stat s {};
      if (blobs::is_blob_name(name) && ::stat(at->path().c_str(), &s) == 0 && modified(s) < until)
        each({name, s.st_size});
    }
    return ec ? result<void>(make_error(errc::unavailable, ec.message())) : result<void>();
  }

  result<void> visit_parts(unix_time_point until,
                           const std::function<void(const std::string&)>& each) const override {
    std::error_code ec;
    for (fs::directory_iterator at(parts_, ec), end; !ec && at != end; at.increment(ec)) {
      struct stat s {};
      if (::stat(at->path().c_str(), &s) == 0 && modified(s) < until)
        each(at->path().filename().string());
    }
    return ec ? result<void>(make_error(errc::unavailable, ec.message())) : result<void>();
  }

 private:
  std::string folder_of(std::string_view name) const {
    return folder_ + '/' + std::string(name.substr(0, 2)) + '/' + std::string(name.substr(2, 2));
  }
  std::string path_of(std::string_view name) const {
    return folder_of(name) + '/' + std::string(name);
  }
  std::string turn_of(std::string_view name) const {
    return turns_ + '/' + std::string(name.substr(0, 2));
  }
  std::mutex& lock_of(std::string_view name) const {
    return locks_[std::hash<std::string_view>()(name) % locks_.size()];
  }

  const std::string folder_, parts_, turns_;
  mutable std::array<std::mutex, 64> locks_;  ///< keep and remove of one blob exclude each other
};

}  // namespace

result<std::unique_ptr<blobs::store>> open_file_store(const std::string& folder) {
  auto store = std::make_unique<file_store>(folder);
  if (auto done = store->prepare(); !done) return done.error();
  return std::unique_ptr<blobs::store>(std::move(store));
}

}  // namespace nova::storage
