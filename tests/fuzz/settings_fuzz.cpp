// The settings' sources: a TOML file, then after a line `---` lines NAME=VALUE: environment (NOVA_…) and command line.
// What is accepted can be printed and read again; what is refused says why, and never tells a secret.
#include "config/settings/declaration.hpp"
#include "config/settings/settings.hpp"
#include "tests/fuzz/claim.hpp"
#include "tests/fuzz/json_grammar.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>

namespace {

using namespace nova;
using fuzz::claim;

/// A file in memory with a path.
class memory_file {
 public:
  explicit memory_file(std::string_view text) : fd_(::memfd_create("settings", MFD_CLOEXEC)) {
    claim(fd_ >= 0 && ::fchmod(fd_, 0600) == 0,
          "a file that others cannot read");  // it may hold a secret
    claim(::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()),
          "a file to read");
  }
  ~memory_file() { ::close(fd_); }
  memory_file(const memory_file&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

void claim_printable(const config::settings& given) {
  std::string printed;
  for (const auto& row : config::declarations())
    printed += std::string(row.name) + " = " + config::to_toml(row.get(given)) + '\n';
  if (!fuzz::is_text(printed))
    return;  // a path or a secret of other bytes, by the environment: TOML cannot say it
  memory_file file(printed);
  auto again = config::load_settings(file.path(), {});
  claim(again.has_value(), "what is printed is accepted", printed);
  for (const auto& row : config::declarations())
    claim(row.get(given) == row.get(*again), "printed and read again it is the same", row.name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto cut = text.find("\n---\n");
  auto lines = cut == text.npos ? std::string_view{} : text.substr(cut + 5);
  config::environment env;
  config::assignments command_line;
  while (!lines.empty()) {
    auto line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    auto equals = line.find('=');
    if (equals == line.npos || line.find('\0') != line.npos) continue;
    auto& to = line.starts_with("NOVA_") ? env : command_line;
    to.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  memory_file file(text.substr(0, cut));
  auto loaded = config::load_settings(file.path(), env, command_line);
  if (loaded) {
    for (const auto& row : config::declarations())
      claim(config::check_bounds(row, row.get(*loaded)).empty(), "every setting within its bounds",
            row.name);
    claim_printable(*loaded);
    return 0;
  }
  claim(loaded.error().code == errc::invalid_request && !loaded.error().fields.empty(),
        "a refusal names settings");
  for (const auto& field : loaded.error().fields) {
    claim(!field.detail.empty(), "a refusal says why", field.field);
    const bool hidden = std::ranges::any_of(config::declarations(),
                                            [&](const auto& row) {  // a wrong name is no secret
                                              return row.secret && row.name == field.field;
                                            });
    claim(!hidden || field.detail.find("sesame") == std::string::npos, "a refusal tells no secret",
          field.detail);
  }
  return 0;
}
