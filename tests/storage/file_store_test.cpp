// The blob store in a folder: one file for the same content, names that are checksums, removal of what was not kept again.
#include "storage/blobs/file_store.hpp"
#include "storage/blobs/files.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

using namespace nova;
namespace fs = std::filesystem;

namespace {

struct folder {
  folder() {
    std::string pattern = (fs::temp_directory_path() / "nova-blobs-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~folder() { fs::remove_all(path); }
  fs::path path;
};

blobs::blob kept(blobs::store& store, std::string_view bytes) {
  auto part = store.open_part("part");
  REQUIRE(part.has_value());
  REQUIRE((*part)->write(0, bytes).has_value());
  auto blob = store.keep(std::move(*part));
  REQUIRE(blob.has_value());
  return *blob;
}

/// Until the system shows a thread that waits for the lock of this open file; false after 10 s.
bool waits_for_lock(int fd) {
  struct stat file {};
  REQUIRE(::fstat(fd, &file) == 0);
  const auto inode = ':' + std::to_string(file.st_ino) + ' ';
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < end) {
    std::ifstream locks("/proc/locks");
    for (std::string line; std::getline(locks, line);)
      if (line.find("-> FLOCK") != line.npos && line.find(inode) != line.npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("the same content is stored once, and is removed unless it was kept again since") {
  const folder f;
  const auto store = std::move(storage::open_file_store(f.path.string()).value());
  const auto first = kept(*store, "hello"), again = kept(*store, "hello");
  CHECK(first.name == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  CHECK(again.name == first.name);
  int seen = 0;
  REQUIRE(store
              ->visit(std::chrono::system_clock::now() + std::chrono::hours(1),
                      [&](const blobs::blob& b) { seen += b.name == first.name; })
              .has_value());
  CHECK(seen == 1);
  const auto now = std::chrono::system_clock::now();
  const auto early = store->remove(first.name, now - std::chrono::hours(1));
  REQUIRE_FALSE(early.has_error());
  CHECK_FALSE(early.value());
  const auto late = store->remove(first.name, now + std::chrono::hours(1));
  REQUIRE_FALSE(late.has_error());
  CHECK(late.value());
  CHECK(store->open(first.name).error().code == errc::not_found);
}

TEST_CASE(
    "keeping waits for the disk four times, in a folder that exists twice, and for known content "
    "once") {
  const folder f;
  const auto store = std::move(storage::open_file_store(f.path.string()).value());
  const auto flushes_of = [&](std::string_view bytes) {
    const auto before = storage::flushes_so_far();
    (void)kept(*store, bytes);
    return storage::flushes_so_far() - before;
  };
  CHECK(flushes_of("hello") == 4);  // the bytes, the names of two new folders, the blob's name
  CHECK(flushes_of("hello") == 1);
  fs::remove(store->local(kept(*store, "hello").name).value().path);
  CHECK(flushes_of("hello") == 2);
}

TEST_CASE(
    "a flush of a part is for what was written since the last one; the first one is for its name, "
    "too") {
  const folder f;
  const auto store = std::move(storage::open_file_store(f.path.string()).value());
  const auto part = std::move(store->open_part("part").value());
  const auto flushes = [&] {
    const auto before = storage::flushes_so_far();
    REQUIRE(part->flush().has_value());
    return storage::flushes_so_far() - before;
  };
  REQUIRE(part->write(0, "hello").has_value());
  CHECK(flushes() == 2);
  CHECK(flushes() == 0);
  REQUIRE(part->write(5, "hello").has_value());
  CHECK(flushes() == 1);
  REQUIRE(part->cut(5).has_value());
  CHECK(flushes() == 1);
}

TEST_CASE("removing waits for another process that keeps the same blob, and then leaves it") {
  const folder f;
  const auto store = std::move(storage::open_file_store(f.path.string()).value());
  const auto blob = kept(*store, "hello");
  const auto path = f.path / blob.name.substr(0, 2) / blob.name.substr(2, 2) / blob.name;
  fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(1));
  const auto old = std::chrono::system_clock::now() - std::chrono::minutes(1);

  const int other = ::open((f.path / "locks" / blob.name.substr(0, 2)).c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(::flock(other, LOCK_EX) == 0);
  std::optional<bool> removed;
  std::thread removing([&] { removed = store->remove(blob.name, old).value(); });
  CHECK(waits_for_lock(other));
  if (fs::exists(path))  // the other process keeps it again
    fs::last_write_time(path, fs::file_time_type::clock::now());
  ::close(other);
  removing.join();
  CHECK(removed == false);
  CHECK(fs::exists(path));
}

TEST_CASE("bytes that are not those of the name are noticed") {
  const folder f;
  const auto store = std::move(storage::open_file_store(f.path.string()).value());
  const auto blob = kept(*store, std::string(700'000, 'x'));
  std::size_t read = 0;
  const auto paced = [&](std::size_t n) {
    read += n;
    return true;
  };
  const auto good = store->intact(blob.name, paced);
  REQUIRE_FALSE(good.has_error());
  CHECK(good.value());
  CHECK(read > 500'000);
  std::fstream(store->local(blob.name).value().path, std::ios::in | std::ios::out).put('y');
  const auto damaged = store->intact(blob.name, paced);
  REQUIRE_FALSE(damaged.has_error());
  CHECK_FALSE(damaged.value());
  CHECK(store->intact(std::string(64, '0'), paced).error().code == errc::not_found);
}
