// See auth_scenarios.hpp.
#include "bench/auth/auth_scenarios.hpp"
#include "bench/support/goals.hpp"

#include "actors/auth/password_hash.hpp"
#include "tests/support/client/json_text.hpp"

#include <sodium.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <mutex>
#include <thread>

namespace nova::bench {

namespace {

// Nova's defaults: t = 2, m = 19 MiB.
constexpr unsigned long long argon2_passes = 2;
constexpr std::size_t argon2_bytes = 19'456ull * 1024;
constexpr std::size_t crowd = 300;

using clock = std::chrono::steady_clock;

double elapsed(clock::time_point t) {
  return std::chrono::duration<double>(clock::now() - t).count();
}

enum class memory { fresh, kept };  ///< of each hash: libsodium's own way, or as Nova does it

double bare_verifications_per_second(double seconds, memory how) {
  char hash[crypto_pwhash_STRBYTES];
  const std::string password = "tr0ub4dor b correct horse";
  if (crypto_pwhash_str(hash, password.c_str(), password.size(), argon2_passes, argon2_bytes) != 0)
    return 0;
  const auto verify = [&] {
    return how == memory::kept
               ? auth::verify_password(hash, password)
               : crypto_pwhash_str_verify(hash, password.c_str(), password.size()) == 0;
  };
  std::atomic<std::uint64_t> done{0};
  const auto began = clock::now();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i)
    threads.emplace_back([&] {
      while (elapsed(began) < seconds) done += verify();
    });
  for (auto& t : threads) t.join();
  return static_cast<double>(done) / elapsed(began);
}

client::http_reply log_in(client::http_client& http, const client::account& a) {
  return http.post("/v1/auth/login", R"({"identifier":)" + client::quoted(a.handle) +
                                         R"(,"password":)" + client::quoted(a.password) + "}");
}

/// Logins of `lanes` clients one after the other for the time; the rate.
double steady(stage& s, const std::vector<client::account>& accounts, std::size_t lanes,
              double seconds, report& out, const std::string& name) {
  std::atomic<std::uint64_t> done{0}, refused{0};
  latencies all;
  std::mutex mutex;
  const auto before = s.cpu();
  const auto began = clock::now();
  std::vector<std::thread> threads;
  for (std::size_t lane = 0; lane < lanes; ++lane)
    threads.emplace_back([&, lane] {
      client::http_client http(s.at());
      latencies mine;
      for (std::size_t i = lane; elapsed(began) < seconds; i += lanes) {
        const auto start = now_us();
        const auto reply = log_in(http, accounts[i % accounts.size()]);
        if (reply.status != 200) ++refused;
        else ++done, mine.add_us(now_us() - start);
      }
      std::lock_guard lock(mutex);
      all.merge(mine);
    });
  for (auto& t : threads) t.join();
  const auto took = elapsed(began);
  const auto used = s.cpu() - before;
  const auto rate = static_cast<double>(done) / took;
  out.number(name + "_per_s", rate, "logins a second");
  out.timing(name, all);
  out.number(name + "_refused", static_cast<double>(refused), "answered otherwise");
  out.number(name + "_cpu_server_ms", used.server * 1000 / std::max(1.0, static_cast<double>(done)),
             "CPU ms of nova a login");
  return rate;
}

/// Everybody at once, each under a name of its own (nobody's: the hash costs the same): what is shed must be told soon.
void rush(stage& s, report& out, std::size_t people) {
  const auto prefix = "nobody" + client::unique_suffix() + "_";
  std::latch together(static_cast<std::ptrdiff_t>(people));
  std::mutex mutex;
  latencies shed, served;
  std::uint64_t other = 0;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < people; ++i)
    threads.emplace_back([&, i] {
      client::http_client http(s.at(), std::chrono::seconds(30));
      http.get("/healthz");  // connected
      together.arrive_and_wait();
      const auto start = now_us();
      const auto reply = log_in(http, client::unregistered(prefix + std::to_string(i)));
      const auto took = now_us() - start;
      std::lock_guard lock(mutex);
      if (reply.status == 401) served.add_us(took);
      else if (reply.status == 503) shed.add_us(took);
      else ++other;
    });
  for (auto& t : threads) t.join();
  out.timing("rush_served", served);
  out.timing("rush_shed", shed);
  out.number("rush_other", static_cast<double>(other), "neither answered 401 nor shed with 503");
  if (shed.count() > 0)
    out.goal("rush_shed_p99_ms", shed.percentile_ms(99), goals::shed_p99_ms, false);
}

}  // namespace

void login(const run_options& options, report& out) {
  if (sodium_init() < 0) return out.broken("libsodium does not start");
  stage s(without_sign_in_limits(options));
  std::string problem;
  if (!s.open(problem)) return out.broken("start: " + problem);
  const auto accounts = s.accounts(std::min<std::size_t>(options.sockets, 32));
  if (accounts.empty()) return out.broken("accounts were refused");
  const bool reference = options.reference_seconds > 0;
  const auto bare = [&](memory how) {
    return reference ? bare_verifications_per_second(options.reference_seconds, how) : 0;
  };
  const double before = bare(memory::fresh);
  const auto rate =
      steady(s, accounts, std::min<std::size_t>(options.window, 16), options.seconds, out, "login");
  const double after = bare(memory::fresh);
  if (reference) {
    out.number("bare_argon2id_per_s", (before + after) / 2,
               "verifications a second on all processors");
    const auto kept = bare(memory::kept);
    out.goal("share_of_bare_argon2id", rate / std::max(1.0, kept), goals::share_of_bare_argon2id,
             true,
             "bare Argon2id in kept memory, as Nova keeps it, " +
                 std::to_string(static_cast<int>(kept)) + "/s");
  }
  rush(s, out, std::min(crowd, options.sockets * 5));
}

}  // namespace nova::bench
