// Preloaded into a node of the test bed, so that its wall clock can step: see stepped_clock.hpp. libfaketime cannot do it: its start asks
// the loader for memory, jemalloc's start asks for the time, and the two wait for each other. This file calls nothing that takes memory
// before its constructor. The monotonic clock, and what the kernel itself waits for, stay as they are.
#include "tests/nemesis/stepped_clock.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

namespace {

using nova::nemesis::clock_page;

using reader = int (*)(clockid_t, timespec*);

constexpr long ns_per_s = 1'000'000'000;

std::atomic<clock_page*> page{nullptr};
std::atomic<reader> next{nullptr};  // the C library's, which needs no system call

int ask(clockid_t which, timespec* into) {
  const auto real = next.load(std::memory_order_acquire);
  return real != nullptr ? real(which, into)
                         : static_cast<int>(::syscall(SYS_clock_gettime, which, into));
}

__attribute__((constructor)) void begin() {
  if (const char* file = ::getenv(nova::nemesis::clock_variable)) {
    const int fd = ::open(file, O_RDWR | O_CLOEXEC);
    void* at = fd < 0
                   ? MAP_FAILED
                   : ::mmap(nullptr, sizeof(clock_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0) ::close(fd);
    if (at != MAP_FAILED) page.store(static_cast<clock_page*>(at), std::memory_order_release);
  }
  next.store(reinterpret_cast<reader>(::dlsym(RTLD_NEXT, "clock_gettime")),
             std::memory_order_release);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t which, timespec* into) noexcept {
  const int result = ask(which, into);
  auto* const at = page.load(std::memory_order_acquire);
  if (result != 0 || at == nullptr || (which != CLOCK_REALTIME && which != CLOCK_REALTIME_COARSE))
    return result;
  const auto step = at->step_s.load(std::memory_order_relaxed);
  if (step == 0) return 0;
  at->answers.fetch_add(1, std::memory_order_relaxed);
  into->tv_sec += step;
  return 0;
}

int gettimeofday(timeval* into, void*) noexcept {
  timespec now{};
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  into->tv_sec = now.tv_sec;
  into->tv_usec = now.tv_nsec * 1'000'000 / ns_per_s;
  return 0;
}

time_t time(time_t* into) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (into != nullptr) *into = now.tv_sec;
  return now.tv_sec;
}
}
