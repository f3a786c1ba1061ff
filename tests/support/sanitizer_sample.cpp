// Does one wrong thing on demand: sanitized_test shows with it that a build under a sanitizer notices. Built only there.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

namespace {

volatile int sink = 0;

void past_the_end() {
  auto bytes = std::make_unique<char[]>(8);
  volatile int at = 8;
  sink = bytes[at];
}

void forgotten() {
  for (int i = 0; i < 64; ++i) {
    auto* lost = new char[100];
    std::memset(lost, i, 100);
    sink = lost[i];
  }
}

void shifted_too_far() {  // signed overflow would be none: the build has -fno-strict-overflow
  volatile int by = 40;
  sink = 1 << by;
}

void racing() {
  int shared = 0;
  std::thread one([&] {
    for (int i = 0; i < 1000; ++i) sink = ++shared;
  });
  std::thread two([&] {
    for (int i = 0; i < 1000; ++i) sink = ++shared;
  });
  one.join();
  two.join();
}

int run(std::string_view fault) {
  if (fault == "none") return 0;
  if (fault == "past-the-end") past_the_end();
  if (fault == "forgotten") forgotten();
  if (fault == "shifted-too-far") shifted_too_far();
  if (fault == "racing") racing();
  return 0;
}

}  // namespace

/// sanitizer_sample FAULT [killed]: with `killed` a child does it and then kills itself, and all looks well from outside.
int main(int argc, char** argv) {
  const std::string_view fault = argc > 1 ? argv[1] : "none";
  if (argc < 3) return run(fault);
  const pid_t child = fork();
  if (child == 0) {
    run(fault);
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  return 0;
}
