// The choice of a planted fault: see protocols/core/planted.hpp. Linked into nova-planted and into in-process tests.
#include "protocols/core/planted.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>

namespace nova {

namespace {

struct fault_row {
  std::string_view name;
  std::uint32_t
      every;  ///< often enough to happen in a short run, seldom enough that most of Nova goes on working
};

constexpr std::array<fault_row, planted_fault_count> rows{{
    {"acknowledge_before_commit", 1}, {"skip_sequence", 50},      {"forget_dedup_key", 1},
    {"reorder_on_resume", 1},         {"drop_push", 50},          {"fence_removed", 1},
    {"offset_before_effect", 1},      {"relay_deletes_early", 1}, {"passivate_pending", 50},
    {"stale_read_model", 1},          {"fall_forgets_pushes", 1}, {"lock_stops_all", 1},
    {"number_given_up", 1},           {"standby_ignored", 1},     {"saga_compensation_lost", 1},
    {"saga_step_twice", 1},           {"call_twice", 1},          {"two_owners", 1},
    {"relink_loses_push", 1},         {"old_owner_applies", 1},   {"stale_owner_believed", 1},
}};

constexpr int nothing = -1;

struct choice {
  std::atomic<int> fault{nothing};
  std::atomic<std::uint32_t> every{1}, after{0};
  std::atomic<std::uint64_t> calls{0};

  choice() {
    const char* name = std::getenv("NOVA_PLANTED_FAULT");
    const auto f = name ? parse_planted_fault(name) : std::nullopt;
    if (name && *name && !f)
      std::abort();  // a run without the fault it asked for would show nothing
    const char* often = std::getenv("NOVA_PLANTED_EVERY");
    choose(f, often ? static_cast<std::uint32_t>(std::strtoul(often, nullptr, 10)) : 0);
    if (const char* later = std::getenv("NOVA_PLANTED_AFTER"))
      after = static_cast<std::uint32_t>(std::strtoul(later, nullptr, 10));
  }

  void choose(std::optional<planted_fault> f, std::uint32_t n) {
    fault = nothing;
    calls = 0;
    after = 0;
    if (!f) return;
    every = n != 0 ? n : rows[static_cast<std::size_t>(*f)].every;
    fault = static_cast<int>(*f);
  }
};

choice& chosen() {
  static choice c;
  return c;
}

}  // namespace

bool planted(planted_fault f) {
  auto& c = chosen();
  if (c.fault.load(std::memory_order_relaxed) != static_cast<int>(f)) return false;
  const auto n = c.calls.fetch_add(1, std::memory_order_relaxed) + 1;
  return n >= c.after.load(std::memory_order_relaxed) &&
         n % c.every.load(std::memory_order_relaxed) == 0;
}

void plant(std::optional<planted_fault> f, std::uint32_t every) { chosen().choose(f, every); }

std::string_view name_of(planted_fault f) noexcept {
  return rows[static_cast<std::size_t>(f)].name;
}

std::optional<planted_fault> parse_planted_fault(std::string_view name) noexcept {
  const auto at =
      std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.name == name; });
  if (at == rows.end()) return std::nullopt;
  return static_cast<planted_fault>(at - rows.begin());
}

}  // namespace nova
