// Hashes share the memory of their thread: nothing of one shows in the next, and its pages are not faulted in again.
#include "actors/auth/password_hash.hpp"

#include <sys/resource.h>

#include <doctest/doctest.h>

#include <string>
#include <thread>

using namespace nova::auth;

namespace {

constexpr hash_cost usual{};
constexpr hash_cost small{.opslimit = 1, .memory_kib = 1024};
constexpr hash_cost large{.opslimit = 1, .memory_kib = 40'000};

long faults_of_this_thread() {
  rusage used{};
  REQUIRE(::getrusage(RUSAGE_THREAD, &used) == 0);
  return used.ru_minflt;
}

bool verified_elsewhere(const std::string& hash, std::string_view password) {
  bool right = false;
  std::thread([&] { right = verify_password(hash, password); }).join();
  return right;
}

}  // namespace

TEST_CASE("hashes of all sizes, one after the other in one memory, are those of a fresh one") {
  for (const auto& cost : {usual, small, usual, large, small, usual}) {
    const auto hash = hash_password("correct horse", cost);
    CHECK(verified_elsewhere(hash, "correct horse"));
    CHECK_FALSE(verified_elsewhere(hash, "correct house"));
    CHECK(verify_password(hash, "correct horse"));
    CHECK_FALSE(verify_password(hash, "correct house"));
  }
}

TEST_CASE("the second hash of a thread faults in no memory") {
  std::thread([] {
    constexpr long pages = usual.memory_kib / 4, hashes = 4;
    const auto hash = hash_password("correct horse", usual);
    const auto before = faults_of_this_thread();
    for (long i = 0; i < hashes; ++i) CHECK(verify_password(hash, "correct horse"));
    CHECK(faults_of_this_thread() - before < hashes * pages / 10);
  }).join();
}
