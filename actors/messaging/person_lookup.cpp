#include "actors/messaging/person_lookup.hpp"

#include "storage/messaging/messaging_store.hpp"

#include <algorithm>

namespace nova::messaging {

namespace {

constexpr std::int64_t retry_every_ms = 50;

}  // namespace

// Reads from `first` on: persons, blocks, then a pause and persons again for each retry.
lookup look_up_persons(const std::vector<uuid>& accounts, const runtime::context& c, const runtime::reads& r,
                       std::size_t first) {
  if (accounts.empty()) return std::monostate();
  if (r.size() == first)
    return runtime::need{{store::known_persons(accounts), store::blocks_between(c.caller.account, accounts)}};
  std::size_t after = r.size() - first - 2;  // retries: pauses and reads alternate
  bool paused_last = after % 2 == 1;
  if (paused_last) return runtime::need{{store::known_persons(accounts)}};
  const auto& persons = r.rows(after == 0 ? first : r.size() - 1);
  if (persons.size() < accounts.size()) {
    auto retries = c.service<messaging_services>().settings.unknown_member_wait_ms / retry_every_ms;
    if (static_cast<std::int64_t>(after / 2) < retries)
      return runtime::need{{runtime::pause{std::chrono::milliseconds(retry_every_ms)}}};
    return error{errc::not_found, "There is no account with one of these ids."};
  }
  if (!r.rows(first + 1).empty()) return error{errc::blocked};
  return std::monostate();
}

std::vector<uuid> distinct_accounts(const google::protobuf::RepeatedPtrField<std::string>& ids, const uuid& without) {
  std::vector<uuid> accounts;
  accounts.reserve(static_cast<std::size_t>(ids.size()));
  for (const auto& text : ids)
    if (auto id = parse_uuid(text); id && *id != without) accounts.push_back(*id);
  std::ranges::sort(accounts);
  auto repeated = std::ranges::unique(accounts);
  accounts.erase(repeated.begin(), repeated.end());
  return accounts;
}

}  // namespace nova::messaging
