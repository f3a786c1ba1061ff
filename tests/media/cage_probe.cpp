// Locks itself down as nova-media does, tries what untrusted bytes could make a decoder try, and prints "try errno" for each; 0: it was
// possible. Run by media_worker_test. Arguments: MiB of memory, seconds of processor time, and `before` (no cage), `inside`, or `spin`
// (uses the processor inside until it is ended).
#include "actors/media/worker/cage.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>

namespace {

void tell(const char* name, long answer) {
  std::printf("%s %d\n", name, answer < 0 ? errno : 0);
  std::fflush(stdout);
}

long child() {
  const auto pid = ::fork();
  if (pid == 0) ::_exit(0);
  return pid;
}

long map(std::size_t bytes) {
  auto* const at = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return at == MAP_FAILED ? -1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const auto bytes = std::strtoull(argv[1], nullptr, 10) << 20;
  const auto seconds = static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10));
  const std::string_view what = argv[3];
  if (what != "before") {
    const auto walls = nova::media::lock_down({bytes, seconds});
    std::printf("landlock %d\nseccomp %d\n", walls.landlock ? 1 : 0, walls.seccomp ? 1 : 0);
    if (!walls.enough()) return 1;
  }
  if (what == "spin")
    for (std::atomic<unsigned long> n = 0;; ++n) {
    }
  tell("read_file", ::open("/etc/passwd", O_RDONLY));
  tell("write_file", ::open("/dev/null", O_WRONLY));
  tell("list_folder", ::open("/", O_RDONLY | O_DIRECTORY));
  tell("network", ::socket(AF_INET, SOCK_STREAM, 0));
  tell("local_socket", ::socket(AF_UNIX, SOCK_STREAM, 0));
  tell("process", child());
  tell("signal", ::kill(::getppid(), 0));
  tell("half_of_memory", map(bytes / 2));
  tell("all_of_memory", map(bytes));
  std::thread([] {}).join();
  tell("thread", 0);
  if (what == "before") return 0;
  tell("trace", ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
  char* const nothing[] = {nullptr};
  tell("program", ::execve("/bin/true", nothing, nothing));
  return 0;
}
