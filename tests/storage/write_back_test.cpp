// Which files of a database folder the kernel is asked to write out, and when.
#include "storage/embedded/write_back.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <cstdlib>
#include <fstream>
#include <string>

using nova::storage::write_back;
namespace fs = std::filesystem;

namespace {

struct base_folder {
  base_folder() {
    std::string name = (fs::temp_directory_path() / "nova-write-back-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~base_folder() { fs::remove_all(path); }

  void write(const std::string& file) const {
    fs::create_directories((path / file).parent_path());
    std::ofstream(path / file, std::ios::app) << std::string(8192, 'x');
  }
  /// As if the last write had been long ago.
  void age(const std::string& file) const {
    const std::timespec hour_ago[] = {{::time(nullptr) - 3600, 0}, {::time(nullptr) - 3600, 0}};
    REQUIRE(::utimensat(AT_FDCWD, (path / file).c_str(), hour_ago, 0) == 0);
  }

  fs::path path;
};

}  // namespace

TEST_CASE("tables and indexes that were written to since the last look, all segments and forks") {
  base_folder base;
  for (const char* file : {"16391/16400", "16391/16400.1", "16391/16400_fsm", "16392/20001"})
    base.write(file);
  write_back dirty(base.path);
  CHECK(dirty.look() == 4);
  for (const char* file : {"16391/16400", "16391/16400.1", "16391/16400_fsm", "16392/20001"})
    base.age(file);
  CHECK(dirty.look() == 0);
  base.write("16391/16400.1");
  base.write("16391/16500");
  CHECK(dirty.look() == 2);
}

TEST_CASE("the system's own databases and tables, and what is no table, are left out") {
  base_folder base;
  for (const char* file : {"1/16400", "5/16400", "16391/1259", "16391/pg_filenode.map",
                           "16391/PG_VERSION", "pgsql_tmp/16400"})
    base.write(file);
  CHECK(write_back(base.path).look() == 0);
}

TEST_CASE("what is gone or cannot be opened is left out, the rest is not") {
  base_folder base;
  CHECK(write_back(base.path / "absent").look() == 0);
  base.write("16391/16400");
  fs::create_symlink(base.path / "absent", base.path / "16391/16401");
  fs::create_symlink(base.path / "16391/16400", base.path / "16391/16402");
  CHECK(write_back(base.path).look() == 1);
}

TEST_CASE(
    "O: little that is unwritten is left to the kernel, and an unknown amount counts as much") {
  base_folder base;
  std::ofstream(base.path / "meminfo")
      << "MemTotal:  8388608 kB\nDirty:     2048 kB\nMapped: 7 kB\n";
  CHECK(nova::storage::unwritten_bytes(base.path / "meminfo") == 2'097'152);
  CHECK(nova::storage::unwritten_bytes(base.path / "absent") == ~std::uint64_t{0});
  CHECK(nova::storage::unwritten_bytes() < ~std::uint64_t{0});
}
