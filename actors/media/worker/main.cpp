// nova-media: reads one picture from standard input and writes what it made of it to standard output, as lines and bytes; or reads a
// film and writes which of its bytes are to be hidden. Started by workshop for each medium. Arguments: megapixels or `film`, memory in
// MiB, CPU seconds. Ends with 0, or 2: the picture cannot be read.
#include "actors/media/worker/cage.hpp"
#include "actors/media/worker/film_boxes.hpp"
#include "actors/media/worker/pictures.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr std::size_t most_input = 256ull << 20;

bool read_all(std::string& to) {
  char piece[64 * 1024];
  for (;;) {
    const auto n = ::read(STDIN_FILENO, piece, sizeof piece);
    if (n < 0) return false;
    if (n == 0) return true;
    if (to.size() + static_cast<std::size_t>(n) > most_input) return false;
    to.append(piece, static_cast<std::size_t>(n));
  }
}

bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool write_variant(const char* word, const nova::media::made_variant& v) {
  return write_all(std::string(word) + ' ' + v.name + ' ' + v.type + ' ' + std::to_string(v.width) +
                   ' ' + std::to_string(v.height) + ' ' + std::to_string(v.bytes.size()) + '\n') &&
         write_all(v.bytes);
}

bool read_at(std::int64_t offset, char* to, std::size_t bytes) {
  if (::lseek(STDIN_FILENO, offset, SEEK_SET) != offset) return false;
  while (bytes > 0) {
    const auto n = ::read(STDIN_FILENO, to, bytes);
    if (n <= 0) return false;
    to += n;
    bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

bool write_film() {
  const auto found = nova::media::find_hidden(::lseek(STDIN_FILENO, 0, SEEK_END), read_at);
  std::string out = found.whole ? "boxes\n" : found.boxes ? "unclear\n" : "other\n";
  if (found.whole)
    for (const auto& r : found.hidden)
      out += (r.named ? "free " : "hide ") + std::to_string(r.offset) + ' ' +
             std::to_string(r.length) + '\n';
  return write_all(out + "end\n");
}

bool write_walls(const nova::media::cage_walls& walls) {
  return write_all(std::string("walls") + (walls.landlock ? " landlock" : "") +
                   (walls.seccomp ? " seccomp" : "") + "\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 1;
  const bool film = std::string_view(argv[1]) == "film";
  const auto megapixels = std::strtoull(argv[1], nullptr, 10),
             mebibytes = std::strtoull(argv[2], nullptr, 10);
  const auto cpu_s = static_cast<std::uint32_t>(std::strtoul(argv[3], nullptr, 10));
  ::setenv("VIPS_WARNING", "0", 1);
  if (!film && !nova::media::begin_pictures(argv[0])) return 1;
  const auto walls = nova::media::lock_down({mebibytes << 20, cpu_s});
  if (!walls.enough()) return 1;
  if (film) ::_exit(write_walls(walls) && write_film() ? 0 : 1);
  std::string bytes;
  if (!read_all(bytes)) return 2;
  const auto made = nova::media::make_picture(bytes, megapixels * 1'000'000);
  if (!made) return 2;
  bool good =
      write_walls(walls) &&
      write_all("picture " + std::to_string(made->width) + ' ' + std::to_string(made->height) +
                ' ' + (made->blurhash.empty() ? "-" : made->blurhash) + '\n');
  for (const auto& v : made->variants) good = good && write_variant("variant", v);
  if (made->shown) good = good && write_variant("shown", *made->shown);
  good = good && write_all("end\n");
  ::_exit(good ? 0 : 1);  // what libraries do at an orderly end needs calls that are refused
}
