// See social_mix.hpp.
#include "bench/monolith/social_mix.hpp"

#include "bench/support/stage.hpp"

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

namespace nova::bench {

namespace {

constexpr std::uint64_t logins = 1, profiles = 10, posts = 30,
                        all = 100;  // upper bounds of a hundred

/// Each hundred requests in another order, the same for every system.
social_kind kind_of(std::uint64_t n) {
  const auto place = n * 37 % all;
  if (place < logins) return social_kind::login;
  if (place < profiles) return social_kind::profile;
  return place < posts ? social_kind::post : social_kind::feed;
}

struct lane_result {
  std::array<latencies, social_kinds> took;
  std::uint64_t done = 0, refused = 0;
  updates_made updates;
};

lane_result run_lane(social_client& client, std::size_t lane, std::size_t accounts,
                     const std::atomic<bool>& over) {
  lane_result out;
  std::mt19937_64 random(lane + 1);
  for (std::uint64_t n = lane; !over; ++n) {
    const auto kind = kind_of(n);
    const auto account = kind == social_kind::profile ? lane : random() % accounts;
    const auto began = now_us();
    if (!client.request(kind, account, n)) {
      ++out.refused;
      continue;
    }
    out.took[static_cast<std::size_t>(kind)].add_us(now_us() - began);
    ++out.done;
    if (kind == social_kind::profile) ++out.updates.count, out.updates.last = n;
  }
  return out;
}

}  // namespace

const char* name_of(social_kind k) noexcept {
  constexpr const char* names[] = {"login", "profile", "post", "feed"};
  return names[static_cast<std::size_t>(k)];
}

mix_result run_mix(social_system& system, std::size_t lanes, std::size_t accounts, double seconds) {
  lanes = std::min(lanes, accounts);
  std::atomic<bool> over{false};
  std::vector<lane_result> results(lanes);
  std::vector<std::thread> threads;
  const auto cpu_before = system.cpu_seconds();
  const auto began = now_us();
  for (std::size_t lane = 0; lane < lanes; ++lane)
    threads.emplace_back([&, lane] {
      if (const auto client = system.connect())
        results[lane] = run_lane(*client, lane, accounts, over);
    });
  while (now_us() - began < static_cast<std::uint64_t>(seconds * 1e6))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  over = true;
  for (auto& t : threads) t.join();
  const auto took = static_cast<double>(now_us() - began) / 1e6;
  mix_result out;
  std::uint64_t done = 0;
  std::vector<updates_made> updates(accounts);
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const auto& r = results[lane];
    done += r.done;
    out.refused += r.refused;
    updates[lane] = r.updates;
    for (std::size_t k = 0; k < social_kinds; ++k) out.took[k].merge(r.took[k]);
  }
  out.per_s = static_cast<double>(done) / took;
  out.cpu_ms_each =
      (system.cpu_seconds() - cpu_before) * 1000 / std::max(1.0, static_cast<double>(done));
  out.lost = system.lost_updates(updates);
  return out;
}

}  // namespace nova::bench
