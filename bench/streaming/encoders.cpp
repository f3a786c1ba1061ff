#include "bench/streaming/encoders.hpp"

#include "config/process/programs.hpp"
#include "tests/support/server_process.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <array>
#include <csignal>

namespace nova::bench {
namespace {

constexpr std::array no_files{-1, -1, -1};
constexpr unsigned pictures_per_s = 25, film_segments = 5;

}  // namespace

bool encoders::installed() { return config::find_program("ffmpeg").has_value(); }

encoders::~encoders() {
  for (const auto pid : running_) ::kill(pid, SIGKILL);
  for (const auto pid : running_) ::waitpid(pid, nullptr, 0);
}

bool encoders::film(unsigned segment_s, unsigned kbit_per_s) {
  segment_s_ = segment_s;
  const auto rate = fmt::format("{}k", kbit_per_s);
  const auto pid = config::start_program({"ffmpeg",
                                          "-nostdin",
                                          "-v",
                                          "error",
                                          "-f",
                                          "lavfi",
                                          "-i",
                                          fmt::format("testsrc2=s=640x360:r={}", pictures_per_s),
                                          "-t",
                                          std::to_string(film_segments * segment_s),
                                          "-c:v",
                                          "libx264",
                                          "-preset",
                                          "ultrafast",
                                          "-pix_fmt",
                                          "yuv420p",
                                          "-x264-params",
                                          "nal-hrd=cbr:force-cfr=1",
                                          "-b:v",
                                          rate,
                                          "-minrate",
                                          rate,
                                          "-maxrate",
                                          rate,
                                          "-bufsize",
                                          rate,
                                          "-g",
                                          std::to_string(pictures_per_s * segment_s),
                                          "-sc_threshold",
                                          "0",
                                          "-f",
                                          "mpegts",
                                          folder_ + "/film.ts"},
                                         no_files);
  int status = 0;
  return pid > 0 && ::waitpid(pid, &status, 0) == pid && status == 0;
}

bool encoders::publish(const std::string& url) {
  const auto pid = config::start_program({"ffmpeg",
                                          "-nostdin",
                                          "-v",
                                          "error",
                                          "-re",
                                          "-stream_loop",
                                          "-1",
                                          "-i",
                                          folder_ + "/film.ts",
                                          "-c",
                                          "copy",
                                          "-f",
                                          "hls",
                                          "-hls_time",
                                          std::to_string(segment_s_),
                                          "-hls_list_size",
                                          "6",
                                          "-hls_flags",
                                          "program_date_time",
                                          "-method",
                                          "PUT",
                                          "-http_persistent",
                                          "1",
                                          url},
                                         no_files);
  if (pid > 0) running_.push_back(pid);
  return pid > 0;
}

bool encoders::all_run() const {
  for (const auto pid : running_) {
    siginfo_t ended{};
    if (::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        ended.si_pid != 0)
      return false;
  }
  return true;
}

double encoders::cpu() const {
  double sum = 0;
  for (const auto pid : running_) sum += client::usage_of(pid).cpu_seconds;
  return sum;
}

}  // namespace nova::bench
