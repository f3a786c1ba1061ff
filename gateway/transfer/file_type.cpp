#include "gateway/transfer/file_type.hpp"

#include <magic.h>

#include <memory>

namespace nova::gateway {
namespace {

struct closer {
  void operator()(magic_set* m) const { magic_close(m); }
};

}  // namespace

// A cookie is for one thread at a time, and loading its table costs milliseconds.
std::string file_type(std::string_view first_bytes) {
  static thread_local const std::unique_ptr<magic_set, closer> table = [] {
    std::unique_ptr<magic_set, closer> m(magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS |
                                                    MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_TAR |
                                                    MAGIC_NO_CHECK_CDF | MAGIC_NO_CHECK_TOKENS));
    if (m && magic_load(m.get(), nullptr) != 0) m.reset();
    return m;
  }();
  const char* found =
      table ? magic_buffer(table.get(), first_bytes.data(), first_bytes.size()) : nullptr;
  const std::string type = found != nullptr ? found : "application/octet-stream";
  // libmagic takes each hundredth file of noise for a DOS program without a head, by its first jump.
  if (type == "application/x-dosexec" && !first_bytes.starts_with("MZ"))
    return "application/octet-stream";
  constexpr std::string_view png = "\x89PNG\r\n\x1a\n";
  return type == "application/octet-stream" && first_bytes.starts_with(png) ? "image/png" : type;
}

}  // namespace nova::gateway
