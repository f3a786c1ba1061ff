// A ZIP file that is made while it is read, read by libzip.
#include "gateway/transfer/zip_stream.hpp"

#include <doctest/doctest.h>
#include <zip.h>
#include <zlib.h>

#include <cstring>

using namespace nova;
using namespace nova::gateway;

namespace {

class in_memory final : public blobs::reader {
 public:
  explicit in_memory(std::string bytes) : bytes_(std::move(bytes)) {}
  std::int64_t size() const override { return std::ssize(bytes_); }
  result<std::size_t> read(std::int64_t offset, char* to, std::size_t bytes) const override {
    const auto at = std::min(bytes_.size(), static_cast<std::size_t>(offset));
    const auto n = std::min(bytes, bytes_.size() - at);
    std::memcpy(to, bytes_.data() + at, n);
    return n;
  }

 private:
  std::string bytes_;
};

zip_entry entry(std::string name, const std::string& bytes, bool known) {
  zip_entry e{std::move(name), std::ssize(bytes), std::nullopt, {}};
  if (known)
    e.crc = static_cast<std::uint32_t>(
        ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
  e.open = [bytes]() -> result<std::shared_ptr<const blobs::reader>> {
    return std::shared_ptr<const blobs::reader>(std::make_shared<in_memory>(bytes));
  };
  return e;
}

result<std::string> whole(const zip_stream& zip, std::size_t piece) {
  std::string out, part(piece, '\0');
  for (;;) {
    const auto n = zip.read(std::ssize(out), part.data(), part.size());
    if (n.has_error()) return n.error();
    if (*n == 0) return out;
    out.append(part, 0, *n);
  }
}

/// Of the file with this name, as libzip reads it; its checksum is compared.
std::string unpacked(zip_t* zip, const std::string& name) {
  zip_stat_t about;
  zip_stat_init(&about);
  REQUIRE(zip_stat(zip, name.c_str(), 0, &about) == 0);
  auto* file = zip_fopen(zip, name.c_str(), 0);
  REQUIRE(file != nullptr);
  std::string out(about.size, '\0');
  CHECK(zip_fread(file, out.data(), out.size()) == static_cast<zip_int64_t>(about.size));
  char more = 0;
  CHECK(zip_fread(file, &more, 1) == 0);
  zip_fclose(file);
  return out;
}

}  // namespace

TEST_CASE(
    "a ZIP file that is made while it is read has the length that was stated, and its files") {
  const std::string large(300'000, 'x');
  for (const bool wide : {false, true})
    for (const std::size_t piece : {1'000'000, 4'096, 7}) {
      CAPTURE(wide);
      CAPTURE(piece);
      const zip_stream zip(
          {entry("manifest.json", "{}", true), entry("media/files/1-é.bin", large, false),
           entry("media/empty", "", false), entry("user/profile-1.json", large, true)},
          wide);
      const auto bytes = whole(zip, piece);
      REQUIRE(bytes.has_value());
      CHECK(std::ssize(*bytes) == zip.size());
      zip_error_t why;
      zip_error_init(&why);
      auto* source = zip_source_buffer_create(bytes->data(), bytes->size(), 0, &why);
      auto* read = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &why);
      REQUIRE_MESSAGE(read != nullptr, std::string(zip_error_strerror(&why)));
      CHECK(zip_get_num_entries(read, 0) == 4);
      CHECK(unpacked(read, "manifest.json") == "{}");
      CHECK(unpacked(read, "media/files/1-é.bin") == large);
      CHECK(unpacked(read, "media/empty").empty());
      CHECK(unpacked(read, "user/profile-1.json") == large);
      zip_discard(read);
      zip_error_fini(&why);
    }
}

TEST_CASE("a file that is gone, or shorter than stated, ends the reading; a jump is refused") {
  auto shorter = entry("a", "1234", false);
  shorter.size = 5;
  CHECK(whole(zip_stream({shorter}), 100).error().code == errc::unavailable);
  auto gone = entry("a", "1234", false);
  gone.open = []() -> result<std::shared_ptr<const blobs::reader>> {
    return make_error(errc::not_found);
  };
  CHECK(whole(zip_stream({gone}), 100).error().code == errc::not_found);
  char to = 0;
  CHECK(zip_stream({entry("a", "1234", true)}).read(1, &to, 1).error().code == errc::internal);
}
