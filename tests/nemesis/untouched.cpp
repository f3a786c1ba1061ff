// See untouched.hpp.
#include "tests/nemesis/untouched.hpp"

#include "protocols/core/ids.hpp"
#include "tests/support/slowdown.hpp"

#include <chrono>

namespace nova::nemesis {

namespace {

constexpr std::chrono::milliseconds answered_within{1'000 * test::slowdown};
constexpr const char* domain = "messaging";

}  // namespace

std::shared_ptr<crash::watched_attempts> untouched_shards::sheet() const {
  return std::make_shared<crash::watched_attempts>(load_.record().conversations.size(),
                                                   bed::gateways, answered_within);
}

void untouched_shards::begin_calm() { load_.sockets().watch_attempts(calm_); }

void untouched_shards::begin_fault() {
  faults_.push_back({sheet(), {}, bed_.owners_of_shards(domain), {}});
  load_.sockets().watch_attempts(faults_.back().attempts);
}

void untouched_shards::end_fault(std::optional<std::size_t> touched) {
  load_.sockets().watch_attempts(nullptr);
  faults_.back().touched = touched;
  if (touched) faults_.back().after = bed_.owners_of_shards(domain);
}

std::vector<crash::attempt_count> untouched_shards::faults() {
  const auto& conversations = load_.record().conversations;
  std::vector<crash::attempt_count> out;
  out.reserve(faults_.size());
  for (const auto& f : faults_) {
    auto& sum = out.emplace_back();
    if (!f.touched || f.before.empty() || f.before.size() != f.after.size()) continue;
    for (std::size_t c = 0; c < conversations.size(); ++c) {
      const auto shard = stable_hash(conversations[c].id) % f.before.size();
      if (f.before[shard] == *f.touched || f.before[shard] != f.after[shard]) continue;
      for (std::size_t g = 0; g < bed::gateways; ++g)
        if (g != *f.touched) sum += f.attempts->of(c, g);
    }
  }
  return out;
}

crash::attempt_count untouched_shards::calm() {
  crash::attempt_count out;
  for (std::size_t c = 0; c < load_.record().conversations.size(); ++c)
    for (std::size_t g = 0; g < bed::gateways; ++g) out += calm_->of(c, g);
  return out;
}

}  // namespace nova::nemesis
