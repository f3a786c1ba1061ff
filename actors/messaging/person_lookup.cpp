#include "actors/messaging/person_lookup.hpp"

#include "storage/messaging/messaging_store.hpp"

#include <algorithm>
#include <map>

namespace nova::messaging {

namespace {

constexpr std::int64_t retry_every_ms = 50;

// Where the latest answer about persons lies: after persons and blocks, pauses and persons alternate.
std::size_t latest_persons(const runtime::reads& r, std::size_t first) {
  return r.size() == first + 2 ? first : r.size() - 1;
}

// The entity goes on meanwhile: no other call waits for an account to become known.
runtime::need elsewhere(
    std::vector<std::variant<storage::statement, runtime::job, runtime::ask, runtime::pause>>
        items) {
  return {std::move(items), runtime::meanwhile::goes_on};
}

}  // namespace

// Reads from `first` on: persons, blocks, then a pause and persons again for each retry.
lookup look_up_persons(const std::vector<uuid>& accounts, const runtime::context& c,
                       const runtime::reads& r, std::size_t first) {
  if (accounts.empty()) return std::monostate();
  auto wanted = accounts;
  wanted.push_back(c.caller.account);
  if (r.size() == first)
    return elsewhere(
        {store::known_persons(wanted), store::blocks_between(c.caller.account, accounts)});
  std::size_t after = r.size() - first - 2;  // retries: pauses and reads alternate
  bool paused_last = after % 2 == 1;
  if (paused_last) return elsewhere({store::known_persons(wanted)});
  if (r.rows(latest_persons(r, first)).size() < wanted.size()) {
    auto retries = settings_of(c).unknown_member_wait_ms / retry_every_ms;
    if (static_cast<std::int64_t>(after / 2) < retries)
      return elsewhere({runtime::pause{std::chrono::milliseconds(retry_every_ms)}});
    return make_error(errc::not_found, "There is no account with one of these ids.");
  }
  if (!r.rows(first + 1).empty()) return make_error(errc::blocked);
  return std::monostate();
}

void add_names(google::protobuf::RepeatedPtrField<Member>& members, const runtime::reads& r,
               std::size_t first) {
  if (r.size() <= first) return;
  std::map<std::string, person_row> persons;
  for (auto& person : read_persons(r.rows(latest_persons(r, first))))
    persons[to_string(person.account)] = std::move(person);
  for (auto& member : members) {
    auto person = persons.find(member.account_id());
    if (person == persons.end()) continue;
    member.set_handle(person->second.handle);
    member.set_display_name(person->second.display_name);
  }
}

std::vector<uuid> distinct_accounts(const google::protobuf::RepeatedPtrField<std::string>& ids,
                                    const uuid& without) {
  std::vector<uuid> accounts;
  accounts.reserve(static_cast<std::size_t>(ids.size()));
  for (const auto& text : ids)
    if (auto id = parse_uuid(text); id && *id != without) accounts.push_back(*id);
  std::ranges::sort(accounts);
  accounts.erase(std::unique(accounts.begin(), accounts.end()), accounts.end());
  return accounts;
}

}  // namespace nova::messaging
