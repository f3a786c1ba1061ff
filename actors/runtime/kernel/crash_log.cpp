#include "actors/runtime/kernel/crash_log.hpp"

#include "protocols/core/log.hpp"

namespace nova::runtime {

std::uint64_t crash_log::fingerprint(std::uint32_t number, std::string_view key,
                                     const rpc::message& body) {
  std::string text = std::to_string(number);
  text.append(1, '\0').append(key).append(1, '\0');
  body.AppendToString(&text);
  const auto hash = stable_hash(text);
  return hash == 0 ? 1 : hash;
}

void crash_log::record(crash_report report, std::uint64_t fingerprint) {
  bool quarantined = false;
  {
    std::lock_guard lock(mutex_);
    if (fingerprint != 0) {
      auto [i, added] = suspects_.try_emplace(fingerprint, 0);
      report.times = ++i->second;
      quarantined = report.times == poison_after_;
      if (added) order_.push_back(fingerprint);
      if (order_.size() > max_suspects) {
        suspects_.erase(order_.front());
        order_.pop_front();
      }
      suspects_count_ = suspects_.size();
    }
    reports_.push_back(report);
    if (reports_.size() > max_reports) reports_.pop_front();
  }
  log::error("runtime.crash", {{"actor", report.actor},
                               {"message", report.message},
                               {"times", report.times},
                               {"reason", report.reason}});
  if (quarantined)
    log::error("runtime.quarantined", {{"actor", report.actor}, {"message", report.message}});
}

bool crash_log::poisonous(std::uint32_t number, std::string_view key,
                          const rpc::message& body) const {
  if (!suspicious()) return false;
  const auto print = fingerprint(number, key, body);
  std::lock_guard lock(mutex_);
  auto i = suspects_.find(print);
  return i != suspects_.end() && i->second >= poison_after_;
}

std::vector<crash_report> crash_log::reports() const {
  std::lock_guard lock(mutex_);
  return {reports_.begin(), reports_.end()};
}

}  // namespace nova::runtime
