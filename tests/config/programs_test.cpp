// Programs of other packages: what they are begun with.
#include "config/process/programs.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

using namespace nova;

namespace {

/// Runs the script with /dev/null at 0 to 2, its output at 3, and a pipe that holds "in" at 4.
std::string said_by(const std::string& script) {
  std::array<int, 2> out{}, in{};
  REQUIRE(::pipe(out.data()) == 0);
  REQUIRE(::pipe(in.data()) == 0);
  REQUIRE(::write(in[1], "in\n", 3) == 3);
  const int files[] = {-1, -1, -1, out[1], in[0]};
  const auto child = config::start_program({"sh", "-c", script}, files);
  REQUIRE(child > 0);
  for (const int fd : {out[1], in[0], in[1]}) ::close(fd);
  std::string text(256, '\0');
  const auto n = ::read(out[0], text.data(), text.size());
  ::close(out[0]);
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  return text;
}

}  // namespace

TEST_CASE("a program gets the descriptors that it is given, in their places, and no others") {
  CHECK(said_by("read line <&4; echo got $line >&3") == "got in\n");
  CHECK(said_by("[ -e /proc/self/fd/5 ] && echo more >&3 || echo none >&3") == "none\n");
  CHECK(said_by("cat; echo empty >&3") == "empty\n");
}

TEST_CASE("a program that is not there does not begin") {
  CHECK(config::start_program({"/no/such/program"}, {}) == 0);
}
