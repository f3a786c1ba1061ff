#include "actors/media/works/process.hpp"

#include "config/process/programs.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace nova::media {
namespace {

using clock = std::chrono::steady_clock;

/// Not `exited`: the time is over, the output is too large, or its taker refuses it.
process_end::reason read_output(int from, std::string& to, const process_limits& limits) {
  const auto end = clock::now() + limits.time;
  std::size_t bytes = 0;
  char piece[64 * 1024];
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now()).count();
    if (left <= 0 || (limits.stop != nullptr && *limits.stop)) return process_end::late;
    pollfd ready{from, POLLIN, 0};
    constexpr decltype(left) look_pause_ms = 100;
    const int n = ::poll(&ready, 1, static_cast<int>(std::min(left, look_pause_ms)));
    if (n < 0 && errno != EINTR) return process_end::struck;
    if (n <= 0) continue;
    const auto got = ::read(from, piece, sizeof piece);
    if (got == 0) return process_end::exited;
    if (got < 0 && errno != EINTR) return process_end::struck;
    if (got <= 0) continue;
    const std::string_view more(piece, static_cast<std::size_t>(got));
    bytes += more.size();
    if (bytes > limits.output_bytes) return process_end::struck;
    if (!limits.take) to.append(more);
    else if (!limits.take(more)) return process_end::struck;
  }
}

}  // namespace

process_end run_process(const std::vector<std::string>& arguments, int input,
                        const process_limits& limits) {
  process_end out;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return out;
  const int files[] = {input, ends[1], -1};
  const auto pid = config::start_program(arguments, files);
  ::close(ends[1]);
  if (pid == 0) {
    ::close(ends[0]);
    return out;
  }
  out.how = read_output(ends[0], out.output, limits);
  ::close(ends[0]);
  if (out.how != process_end::exited) ::kill(-pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (out.how != process_end::exited) return out;
  if (WIFEXITED(status)) out.status = WEXITSTATUS(status);
  else out.how = process_end::struck;
  return out;
}

}  // namespace nova::media
