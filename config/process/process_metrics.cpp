#include "config/process/process_metrics.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

namespace nova::config {
namespace {

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
}

double open_files() {
  std::error_code ignored;
  const std::filesystem::directory_iterator listed("/proc/self/fd", ignored);
  const auto found = std::distance(begin(listed), end(listed));
  return static_cast<double>(found > 0 ? found - 1 : 0);  // the listing has one open itself
}

/// Negative: it is not known.
double processor_seconds() {
  rusage used{};
  if (getrusage(RUSAGE_SELF, &used) != 0) return -1;
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void collect(metric_samples& out, double started) {
  const auto about = this_build();
  out.add(metric::nova_build_info, 1, {about.version, about.build});
  if (const double used = processor_seconds(); used >= 0)
    out.add(metric::process_cpu_seconds_total, used);
  double pages = 0, resident = 0;
  if (std::ifstream("/proc/self/statm") >> pages >> resident) {
    const auto page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
    out.add(metric::process_virtual_memory_bytes, pages * page_bytes);
    out.add(metric::process_resident_memory_bytes, resident * page_bytes);
  }
  out.add(metric::process_open_fds, open_files());
  rlimit most{};
  if (getrlimit(RLIMIT_NOFILE, &most) == 0)
    out.add(metric::process_max_fds, most.rlim_cur == RLIM_INFINITY
                                         ? std::numeric_limits<double>::infinity()
                                         : static_cast<double>(most.rlim_cur));
  out.add(metric::process_start_time_seconds, started);
}

}  // namespace

build_info this_build() noexcept { return {NOVA_VERSION, NOVA_BUILD_TYPE}; }

double processor_seconds_a_core() {
  static const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  return processor_seconds() / cores;
}

metric_source process_metrics() {
  using namespace std::chrono;
  const double started = duration<double>(system_clock::now().time_since_epoch()).count();
  return [started](metric_samples& out) { collect(out, started); };
}

}  // namespace nova::config
