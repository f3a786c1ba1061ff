// Kills Nova and its PostgreSQL under load, again and again, and has a checker say what is missing, double, out of order or
// invented. `--rounds N --seed S`; a failed run prints its seed; `--data DIR` keeps what is on disk.
#include "tests/crash/at_rest.hpp"
#include "tests/crash/checker.hpp"
#include "tests/crash/side_load.hpp"
#include "tests/crash/workload.hpp"
#include "tests/support/server_process.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <random>

using namespace nova;
using namespace nova::crash;
using clock_type = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

struct run_options {
  int rounds = 6;
  std::uint64_t seed = 0;
  std::string data;
  std::size_t people = 40;
};

enum class fault_kind { kill_nova, kill_nova_twice, stop_postgres, both };
const char* const fault_names[] = {"kill -9 nova", "kill -9 nova, again when ready", "stop PostgreSQL immediately",
                                   "kill -9 nova and stop PostgreSQL"};

milliseconds since(clock_type::time_point t) { return std::chrono::duration_cast<milliseconds>(clock_type::now() - t); }

bool fail(const char* what, const std::string& detail) {
  std::printf("FAILED: %s %s\n", what, detail.c_str());
  return false;
}

class run {
 public:
  run(run_options options) : options_(std::move(options)), random_(options_.seed), nova_({.data = options_.data}) {}

  bool all() {
    if (!nova_.start()) return fail("start:", nova_.problem());
    workload_ = std::make_unique<workload>(io_, workload_options{.to = nova_.at(), .seed = options_.seed, .people = options_.people},
                                           record_);
    std::string why;
    const auto began = clock_type::now();
    if (!workload_->set_up(why)) return fail("setting up:", why + "\n" + nova_.log_tail());
    std::printf("%zu accounts, %zu sockets, %zu conversations, set up in %lld ms\n", workload_->accounts().size(),
                workload_->device_count(), record_.conversations.size(), static_cast<long long>(since(began).count()));
    const auto& people = workload_->accounts();
    for (std::size_t i : {5u, 9u, 13u}) blocked_.push_back(&people[i]);
    side_ = std::make_unique<side_load>(nova_.at(), people[0], blocked_);
    workload_->begin();
    side_->begin();
    for (int r = 1; r <= options_.rounds; ++r)
      if (!round(r)) return false;
    return rest() && judge();
  }

 private:
  std::uint64_t random(std::uint64_t below) { return random_() % below; }

  bool round(int number) {
    const auto before = workload_->counts().acked_sends;
    if (!workload_->await_acked(before + 150 + random(2500), seconds(60)))
      return fail("the load stands still before fault", std::to_string(number) + "\n" + nova_.log_tail());
    // Each kind comes early, whatever the seed.
    const auto kind = number <= 2 ? (number == 1 ? fault_kind::kill_nova : fault_kind::stop_postgres)
                                  : static_cast<fault_kind>(random(4));
    const auto at = clock_type::now();
    if (!strike(kind)) return false;
    const auto acked = workload_->counts().acked_sends;
    if (!workload_->await_acked(acked + 100, seconds(40)))
      return fail("service did not resume after", std::string(fault_names[static_cast<int>(kind)]) + "\n" + nova_.log_tail());
    const long long took = since(at).count();
    slowest_ms_ = std::max(slowest_ms_, took);
    std::printf("round %d: %s after %llu acknowledged sends; 100 more were acknowledged %lld ms later\n", number,
                fault_names[static_cast<int>(kind)], static_cast<unsigned long long>(acked),
                took);
    std::fflush(stdout);
    return true;
  }

  bool strike(fault_kind kind) {
    if (kind == fault_kind::stop_postgres)
      return nova_.stop_postgres_immediately() || fail("no postmaster found in", nova_.data());
    if (kind == fault_kind::both) nova_.stop_postgres_immediately();
    nova_.kill();
    if (!nova_.start()) return fail("start after a kill:", nova_.problem());
    if (kind != fault_kind::kill_nova_twice) return true;
    nova_.kill();
    return nova_.start() || fail("start after a second kill:", nova_.problem());
  }

  bool rest() {
    side_->finish(record_);
    workload_->stop_issuing();
    if (!workload_->await_idle(seconds(40))) return fail("operations stay unanswered", nova_.log_tail());
    client::http_client http(nova_.at(), seconds(30));
    rest_reader reader{http, workload_->accounts(), record_};
    auto everybody = workload_->accounts();
    everybody.insert(everybody.end(), side_->registered().begin(), side_->registered().end());
    const bool read = reader.repeat_sends(100) && reader.read_conversations() &&
                      (workload_->await_caught_up(seconds(10)), true) && reader.read_accounts(everybody) &&
                      reader.probe_blocks(workload_->accounts()[0], blocked_);
    return read || fail("reading at rest:", reader.why + "\n" + nova_.log_tail());
  }

  bool judge() {
    const auto counts = workload_->counts();
    workload_.reset();
    std::size_t items = 0;
    for (const auto& c : record_.conversations) items += c.items.size();
    std::printf("%zu messages, %zu sends (%llu repeated), %llu deliveries, %llu resumes, %llu gaps, %zu "
                "changes, %zu reads, %zu member changes, %zu blocks, %zu accounts; slowest recovery %lld ms, slowest answer %lld ms\n",
                items, record_.sends.size(), static_cast<unsigned long long>(counts.resent),
                static_cast<unsigned long long>(counts.deliveries),
                static_cast<unsigned long long>(counts.resumes), static_cast<unsigned long long>(counts.gaps),
                record_.changes.size(), record_.reads.size(), record_.member_changes.size(), record_.blocks.size(),
                record_.accounts.size(), static_cast<long long>(slowest_ms_), static_cast<long long>(counts.slowest_answer_ms));
    for (const auto& [code, n] : counts.closes)
      std::printf("closed with %d: %llu\n", code, static_cast<unsigned long long>(n));
    for (const auto& [code, n] : counts.refused)
      std::printf("sends refused as %s: %llu\n", code.c_str(), static_cast<unsigned long long>(n));
    const auto found = check(record_);
    for (std::size_t i = 0; i < found.size() && i < 40; ++i)
      std::printf("%s: %s\n", std::string(name_of(found[i].what)).c_str(), found[i].detail.c_str());
    return found.empty() || fail("violations:", std::to_string(found.size()));
  }

  run_options options_;
  std::mt19937_64 random_;
  client::server_process nova_;
  history record_;
  client::io_thread io_;
  std::unique_ptr<workload> workload_;
  std::unique_ptr<side_load> side_;
  std::vector<const client::account*> blocked_;
  long long slowest_ms_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Load and faults, then a checker."};
  run_options options;
  app.add_option("--rounds", options.rounds, "faults, one after the other")->check(CLI::Range(1, 10'000));
  app.add_option("--seed", options.seed, "0: a new one");
  app.add_option("--data", options.data, "data folder to use and to keep; without it one of its own, removed");
  app.add_option("--people", options.people, "accounts that send; the first half has two devices")->check(CLI::Range(40, 5000));
  CLI11_PARSE(app, argc, argv);
  if (options.seed == 0) options.seed = std::random_device{}();
  std::printf("seed %llu, %d rounds\n", static_cast<unsigned long long>(options.seed), options.rounds);
  std::fflush(stdout);
  const bool sound = run(options).all();
  std::printf("%s (seed %llu)\n", sound ? "SOUND" : "NOT SOUND", static_cast<unsigned long long>(options.seed));
  return sound ? 0 : 1;
}
