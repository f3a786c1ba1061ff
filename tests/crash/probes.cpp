// What the workload does to its sockets for a fault, and what it tries out at rest. See workload.hpp.
#include "tests/crash/checker.hpp"
#include "tests/crash/workload_parts.hpp"

#include "tests/support/client/json_text.hpp"

#include <algorithm>

namespace nova::crash {

using client::quoted;

void workload::measure_answers(bool on) {
  io_.run([this, on] { measuring_ = on; });
}

void workload::cut_all() {
  io_.run([this] {
    for (auto& d : devices_) drop(*d);
  });
}

void workload::move_to(const client::endpoint& to, bool stubborn_too) {
  io_.run([&] {
    for (auto& d : devices_) {
      if (d->stubborn && !stubborn_too) continue;
      d->session->move_to(to);
      drop(*d);
    }
  });
}

std::size_t workload::stop_reading() {
  std::size_t count = 0;
  io_.run([&] {
    for (auto& d : devices_)
      if (d->slow) d->session->stop_reading(), ++count;
  });
  return count;
}

void workload::read_again() {
  io_.run([this] {
    for (auto& d : devices_)
      if (d->slow) d->session->start_reading();
  });
}

void workload::probe_receipts(std::chrono::milliseconds within) {
  std::vector<std::pair<device*, receipt_probe>> probes;
  std::set<std::string> withheld;
  io_.run([&] {
    for (const auto& c : record_.conversations) {
      const auto& p = *place_of_[c.id];
      const auto reader = std::find_if(devices_.begin(), devices_.end(),
                                       [&](const auto& d) { return d->account == p.owner; });
      if (c.last_seq == 0 || reader == devices_.end()) continue;
      const auto& id = accounts_[p.owner].id;
      if (block_between(record_, c.id)) withheld.insert(c.id);
      const auto already = c.states.find(id);
      // What is read to its end already brings no receipt.
      if (already != c.states.end() && already->second.read_seq == c.last_seq) continue;
      once(
          **reader, "messaging.read",
          R"({"conversation_id":)" + quoted(c.id) + R"(,"seq":)" + std::to_string(c.last_seq) + "}",
          [](outcome, std::string_view) {});
      for (auto& d : devices_)
        if (d->account != p.owner && p.founders.contains(d->account))
          probes.emplace_back(d.get(), receipt_probe{c.id, id, d->name, c.last_seq, 0});
    }
  });
  const auto look = [&] {
    bool all = true;
    for (auto& [d, p] : probes) {
      p.told = d->read_by[{p.conversation, p.reader}];
      all &= p.told == p.asked || withheld.contains(p.conversation);
    }
    return all;
  };
  io_.wait(look, within);
  for (auto& [d, p] : probes) record_.receipts.push_back(std::move(p));
}

void workload::probe_presence(std::chrono::milliseconds within) {
  constexpr std::size_t who =
      2;  // blocks nobody and stays; presence is told to people with a common conversation
  const auto leaves = [](std::size_t account) { return account % 7 == 3; };
  std::vector<std::string> others;
  for (std::size_t i = 0; i < accounts_.size(); ++i)
    if (i != who) others.push_back(accounts_[i].id);
  client::http_client http(options_.to);
  client::create_conversation(http, accounts_[who], "group", others);
  auto& watcher = **std::find_if(devices_.begin(), devices_.end(),
                                 [](const auto& d) { return d->account == who; });
  io_.run([&] {
    std::string ids;
    for (const auto& a : accounts_) ids += (ids.empty() ? "" : ",") + quoted(a.id);
    once(watcher, "presence.subscribe", R"({"account_ids":[)" + ids + "]}",
         [](outcome, std::string_view) {});
  });
  const auto told = [&](bool left) {
    for (std::size_t i = 0; i < accounts_.size(); ++i)
      if (watcher.presence[accounts_[i].id] != (left && leaves(i) ? "offline" : "online"))
        return false;
    return true;
  };
  io_.wait([&] { return told(false); }, within);
  std::vector<presence_probe> before;
  io_.run([&] {
    for (std::size_t i = 0; i < accounts_.size(); ++i)
      if (watcher.presence[accounts_[i].id] != "online")
        before.push_back({accounts_[i].id, true, watcher.presence[accounts_[i].id]});
    for (auto& d : devices_)
      if (leaves(d->account)) d->session->stop();
  });
  io_.wait([&] { return told(true); }, within);
  io_.run([&] {
    for (std::size_t i = 0; i < accounts_.size(); ++i)
      record_.presence.push_back({accounts_[i].id, !leaves(i), watcher.presence[accounts_[i].id]});
  });
  record_.presence.insert(record_.presence.end(), before.begin(), before.end());
}

}  // namespace nova::crash
