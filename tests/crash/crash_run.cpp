// See crash_run.hpp.
#include "tests/crash/crash_run.hpp"

#include "tests/crash/at_rest.hpp"
#include "tests/crash/poisoned_follows.hpp"
#include "tests/crash/private_disk.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/slowdown.hpp"

#include <sys/stat.h>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>

namespace nova::crash {

using clock_type = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::string_view name_of(strike s) noexcept {
  static constexpr std::string_view names[] = {"kill -9 nova",
                                               "kill -9 nova, again when ready",
                                               "stop PostgreSQL immediately",
                                               "kill -9 nova and stop PostgreSQL",
                                               "stall PostgreSQL, then kill -9 nova",
                                               "stall PostgreSQL",
                                               "pause nova past its lease, take-over, fail back",
                                               "disk full",
                                               "slow consumers",
                                               "reconnect herd",
                                               "a stranger locks rows",
                                               "a backup under load",
                                               "a standby that does not answer",
                                               "kill -9 the primary server",
                                               "freeze the primary server",
                                               "switch the primary server over"};
  return names[static_cast<std::size_t>(s)];
}

namespace {

constexpr std::size_t sends_to_recover = 100;
constexpr seconds recovery_within{40 * test::slowdown}, stopped_within{40 * test::slowdown};
constexpr int most_late_s = 10 * test::slowdown;  // answers to what was committed before a strike

long long since(clock_type::time_point t) {
  return std::chrono::duration_cast<milliseconds>(clock_type::now() - t).count();
}

class run {
 public:
  explicit run(const run_options& options) : options_(options), random_(options.seed) {}

  run_report carry_out() {
    if (start() && set_up() && poison() && rounds() && rest()) load_->judge(report_), end();
    if (!report_.failed.empty() && nova_) report_.failed += "\n" + nova_->log_tail();
    return std::move(report_);
  }

 private:
  bool fail(std::string why) {
    if (report_.failed.empty()) report_.failed = std::move(why);
    return false;
  }
  void say(const char* format, ...) __attribute__((format(printf, 2, 3))) {
    if (options_.quiet) return;
    va_list list;
    va_start(list, format);
    std::vprintf(format, list);
    va_end(list);
    std::fflush(stdout);
  }

  bool start() {
    std::string why;
    client::server_options server{.binary = options_.binary,
                                  .data = options_.data,
                                  .copy_of = options_.copy_of,
                                  .environment = options_.environment};
    if (options_.disk_mb != 0) {
      disk_.emplace();
      if (!disk_->mount(options_.disk_mb, why)) return fail("no disk of its own: " + why);
      server.data = disk_->path();
      server.environment.emplace_back("NOVA_STORAGE__EMBEDDED_MAX_WAL_MB", "128");
    }
    // Little room for a socket, so that a slow one is noticed before the test's time is over.
    server.environment.emplace_back("NOVA_GATEWAY__MAX_QUEUED_BYTES", "65536");
    server.environment.emplace_back("NOVA_GATEWAY__SEND_BUFFER_BYTES", "16384");
    // The second node of a take-over connects to the same server, with as many connections.
    server.environment.emplace_back("NOVA_STORAGE__EMBEDDED_MAX_CONNECTIONS", "250");
    if (options_.servers != nullptr)
      server.arguments = {"--config", options_.servers->settings_file()};
    environment_ = server.environment;
    nova_.emplace(std::move(server));
    if (!nova_->start()) return fail("start: " + nova_->problem());
    if (options_.servers == nullptr) audit_.emplace(nova_->data());
    else
      audit_.emplace([s = options_.servers](const std::string& name) { return s->conninfo(name); });
    return audit_->install(why) || fail("installing the audit: " + why);
  }

  bool set_up() {
    const auto began = clock_type::now();
    std::string why;
    load_ = std::make_unique<load>(workload_options{.to = nova_->at(),
                                                    .seed = options_.seed,
                                                    .people = options_.people,
                                                    .groups = options_.groups,
                                                    .relations = options_.relations,
                                                    .pause = options_.pause});
    if (!load_->begin(why)) return fail("setting up: " + why);
    say("%zu accounts, %zu sockets, %zu conversations, set up in %lld ms\n",
        load_->sockets().accounts().size(), load_->sockets().device_count(),
        load_->record().conversations.size(), since(began));
    return true;
  }

  bool poison() {
    std::string why;
    return !options_.poison || poison_.begin(*audit_, why) || fail("poisoning: " + why);
  }

  /// The letters are those of the poison; without it they have their effects, which the checker looks for.
  bool cure(const database_audit& audit, const std::string& data, std::string& why) {
    if (!options_.poison) return true;
    if (!poison_.judge(audit, why)) return why = "letters: " + why, false;
    say("%zu follows were refused, %zu events waited behind them\n", poison_.refused(),
        poison_.behind());
    return poison_.cure(
        audit,
        [&](const std::string& letter) {
          (void)nova("events retry " + letter + " --reason 'it is cured' --data " + data +
                     " 2> /dev/null");
        },
        why);
  }

  bool rounds() {
    int number = 0;
    for (auto kind : options_.plan) {
      const auto before = acked();
      const auto wanted = options_.least_sends + random_() % (options_.more_sends + 1);
      if (!load_->sockets().await_acked(before + wanted, seconds(60 * test::slowdown)))
        return fail("the load stands still before " + std::string(name_of(kind)));
      const auto at = clock_type::now();
      const auto strikes_at = acked();
      recovered_ms_ = 0;
      if (!carry_out(kind)) return false;
      if (recovered_ms_ == 0 && !recovers(kind, at)) return false;
      ++report_.strikes[kind];
      say("%d: %s after %llu acknowledged sends; %zu more were acknowledged %lld ms later\n",
          ++number, std::string(name_of(kind)).c_str(), static_cast<unsigned long long>(strikes_at),
          sends_to_recover, recovered_ms_);
    }
    return true;
  }

  std::uint64_t acked() { return load_->acked(); }

  /// Service is back: so many more sends are acknowledged.
  bool recovers(strike kind, clock_type::time_point from) {
    if (!load_->sockets().await_acked(acked() + sends_to_recover, recovery_within))
      return fail("service did not resume after: " + std::string(name_of(kind)));
    recovered_ms_ = std::max(recovered_ms_, since(from));
    if (recovered_ms_ > report_.slowest_recovery_ms) {
      report_.slowest_recovery_ms = recovered_ms_;
      report_.slowest_strike = kind;
    }
    return true;
  }

  bool carry_out(strike kind) {
    switch (kind) {
      case strike::kill_nova: return restart();
      case strike::kill_nova_twice: return restart() && restart();
      case strike::stop_postgres:
        return nova_->stop_postgres_immediately() || fail("no postmaster found");
      case strike::kill_both: nova_->stop_postgres_immediately(); return restart();
      case strike::stall_and_kill: return stall_and_kill();
      case strike::stall_postgres: return stall();
      case strike::take_over: return take_over();
      case strike::disk_full: return disk_full();
      case strike::slow_consumers: return slow_consumers();
      case strike::herd: load_->sockets().cut_all(); return true;
      case strike::stranger_lock: return stranger_lock();
      case strike::backup: return back_up();
      case strike::standby_silent: return standby_silent();
      case strike::primary_killed: return replace_primary(kind, replacement::killed);
      case strike::primary_frozen: return replace_primary(kind, replacement::frozen);
      case strike::primary_switched: return replace_primary(kind, replacement::switched);
    }
    return false;
  }

  bool restart() {
    nova_->kill();
    return nova_->start() || fail("start after a kill: " + nova_->problem());
  }

  bool stall_and_kill() {
    if (!nova_->pause_postgres()) return fail("no postmaster found");
    (void)load_->acked_within(milliseconds(300));  // nothing is to be acknowledged now
    nova_->kill();
    nova_->resume_postgres();
    return nova_->start() || fail("start after a stall and a kill: " + nova_->problem());
  }

  bool stall() {
    if (!nova_->pause_postgres()) return fail("no postmaster found");
    (void)load_->acked_within(milliseconds(1000 + random_() % 2000));
    nova_->resume_postgres();
    return true;
  }

  bool take_over() {
    auto environment = environment_;
    for (auto& [name, value] : audit_->settings_for_another())
      environment.emplace_back(name, value);
    client::server_process second({.binary = options_.binary, .environment = environment});
    std::error_code ec;  // one cluster: tokens of one node are good on the other
    std::filesystem::copy(nova_->data() + "/keys", second.data() + "/keys",
                          std::filesystem::copy_options::recursive, ec);
    if (ec) return fail("copying the keys: " + ec.message());
    const auto paused = clock_type::now();
    load_->sockets().measure_answers(false);  // those of a paused process show nothing
    nova_->pause();
    if (!second.start()) return fail("the second node: " + second.problem());
    load_->move_to(second.at(), false);
    if (!recovers(strike::take_over, paused)) return false;
    nova_
        ->resume();  // what it was about to write, and what the stubborn ask of it now, must not be written
    if (!load_->sockets().await_acked(acked() + 3 * sends_to_recover, recovery_within))
      return fail("service did not go on when the first node came back\n" + second.log_tail());
    load_->move_to(second.at(), true);
    if (!load_->sockets().await_acked(acked() + sends_to_recover, recovery_within))
      return fail("service did not go on at the second node\n" + second.log_tail());
    load_->sockets().measure_answers(true);
    const auto killed = clock_type::now();
    second.kill();
    load_->move_to(nova_->at(), true);
    return recovers(strike::take_over, killed);
  }

  bool disk_full() {
    std::string why;
    if (!disk_ || !disk_->fill(why)) return fail("filling the disk: " + why);
    const bool noticed = load_->sockets().await_refused(seconds(15 * test::slowdown));
    disk_->relieve();
    const auto relieved = clock_type::now();
    if (!noticed) return fail("nobody was told of the full disk");
    return recovers(strike::disk_full, relieved);
  }

  bool stranger_lock() {
    std::string why;
    auto held = audit_->lock_members(why);
    if (!held) return fail("locking rows: " + why);
    (void)load_->acked_within(milliseconds(1000));  // until the rows are wanted
    const auto served = load_->acked_within(seconds(3 * test::slowdown), sends_to_recover);
    load_->record().strikes.push_back({"rows were locked by a stranger", served, sends_to_recover});
    return true;
  }

  int nova(const std::string& words) const {
    const auto binary = options_.binary.empty() ? client::default_binary() : options_.binary;
    return std::system((binary + " " + words + " > /dev/null").c_str());
  }

  bool back_up() {
    backup_.emplace();
    load_->io().run([this] { backup_->seen = load_->record(); });
    return nova("backup " + backup_->copy() + " --data " + nova_->data()) == 0 ||
           fail("the backup failed");
  }

  /// What had been acknowledged before the backup began is in it, and it agrees with itself.
  bool restore() {
    if (!backup_) return true;
    const auto data = backup_->folder + "/restored";
    if (nova("restore " + backup_->copy() + " --data " + data) != 0)
      return fail("the restore failed");
    client::server_process again(
        {.binary = options_.binary, .data = data, .environment = environment_});
    if (!again.start()) return fail("start after a restore: " + again.problem());
    auto h = as_of(backup_->seen, load_->record());
    client::http_client http(again.at(), seconds(30 * test::slowdown));
    rest_reader reader{http, load_->sockets().accounts(), h};
    std::string why;
    const database_audit restored_audit(data);
    if (!restored_audit.read(h.databases.emplace(), why) || !cure(restored_audit, data, why) ||
        !restored_audit.read(h.databases.emplace(), why))
      return fail("reading the restored databases: " + why);
    if (!reader.read_conversations() || !reader.read_accounts(load_->everybody()))
      return fail("reading the restored server: " + reader.why);
    std::size_t restored = 0;
    for (const auto& c : h.conversations) restored += c.items.size();
    say("%zu messages were restored\n", restored);
    for (auto& v : check(h)) report_.found.push_back({v.what, "restored: " + v.detail});
    again.kill();
    return true;
  }

  bool standby_silent() {
    std::string why;
    if (!audit_->wait_for_standby("nobody", why)) return fail("no standby: " + why);
    // Until the server's processes know, and what was committed before is answered: behind slow consumers that takes longer.
    for (int n = 0; n < most_late_s && load_->acked_within(seconds(1)) != 0; ++n) {
    }
    const auto before = acked();
    // Several times: a batch need not hold a send.
    bool ended = true;
    for (int n = 0; n < 3; ++n) {
      ended = ended && audit_->end_waiting_commits(why);
      (void)load_->acked_within(milliseconds(500));
    }
    const auto served = acked() - before;
    load_->record().strikes.push_back({"no standby had the commits", served, 0, 0});
    std::string more;
    if (!audit_->wait_for_standby("", more)) return fail("the standby: " + more);
    return ended || fail("ending sessions: " + why);
  }

  bool replace_primary(strike kind, replacement how) {
    std::string why;
    auto& servers = *options_.servers;
    if (!servers.await_whole(why)) return fail("the servers are not whole: " + why);
    load_->sockets().watch_pauses();
    if (!servers.replace_primary(how, why)) return fail("no new primary: " + why);
    if (!recovers(kind, clock_type::now())) return false;
    report_.switches.push_back({kind, load_->sockets().counts().longest_pause_ms, recovered_ms_});
    if (report_.switches.size() == options_.plan.size()) return true;  // nothing strikes again
    return servers.give_back(why) || fail("the server that was struck: " + why);
  }

  bool slow_consumers() {
    const auto closed = load_->slow_down();
    if (closed == 0) return fail("no slow consumer was closed with 4008");
    say("%llu slow consumers were told 4008\n", static_cast<unsigned long long>(closed));
    return true;
  }

  bool rest() {
    if (!enough_events()) return false;
    std::string why;
    const auto taken = [this](std::string& problem) {
      return cure(*audit_, nova_->data(), problem);
    };
    return load_->rest(*audit_, nova_->at(), why, taken) ? restore() : fail(why);
  }

  /// For the long form: the faults come over many events.
  bool enough_events() {
    for (std::string why; options_.least_events != 0;) {
      const auto events = audit_->events(why);
      if (events < 0) return fail("counting events: " + why);
      if (static_cast<std::uint64_t>(events) >= options_.least_events) return true;
      if (!load_->sockets().await_acked(acked() + 2000, seconds(120 * test::slowdown)))
        return fail("the load stands still");
    }
    return true;
  }

  bool end() {
    if (!options_.stop) return nova_->kill(), true;
    const auto status = nova_->stop(stopped_within);
    return status == 0 || fail("it did not stop in order: " + std::to_string(status));
  }

  run_options options_;
  std::mt19937_64 random_;
  run_report report_;
  std::optional<private_disk> disk_;
  std::vector<std::pair<std::string, std::string>> environment_;
  std::optional<client::server_process> nova_;
  std::optional<database_audit> audit_;
  poisoned_follows poison_;
  std::unique_ptr<load> load_;
  long long recovered_ms_ = 0;

  struct backup_record {
    backup_record() {
      auto pattern = (std::filesystem::temp_directory_path() / "nova-backup-XXXXXX").string();
      if (::mkdtemp(pattern.data()) != nullptr) folder = pattern;
      ::chmod(folder.c_str(), 0755);  // PostgreSQL's user goes through it
    }
    ~backup_record() {
      std::error_code ec;
      std::filesystem::remove_all(folder, ec);
    }
    backup_record(const backup_record&) = delete;
    backup_record& operator=(const backup_record&) = delete;
    std::string copy() const { return folder + "/copy"; }

    std::string folder;
    history seen;  ///< when the backup began
  };
  std::optional<backup_record> backup_;
};

}  // namespace

run_report run_crash(const run_options& options) { return run(options).carry_out(); }

}  // namespace nova::crash
