#include "actors/runtime/pushes/courier.hpp"

#include "actors/runtime/pushes/couriers.hpp"
#include "protocols/core/trace.hpp"

#include <algorithm>
#include <array>

namespace nova::runtime {

namespace {

constexpr const char* missed = "Pushes may have been missed; resume.";

}  // namespace

courier_seat::courier_seat(couriers& c, std::uint32_t n, std::size_t limit)
    : inbox("courier/" + std::to_string(n), limit), all(c), slot(n) {}

std::unique_ptr<occupant> courier_seat::occupy() {
  // The push that the predecessor fell over is lost, and who should have had it is not known.
  if (std::exchange(occupied, true)) {
    mute();
    lost = true;
  }
  return std::make_unique<courier>(*this);
}

courier::courier(courier_seat& s) : seat_(s), all_(s.all), services_(s.all.node) {}

bool courier::turn() {
  const bool more =
      seat_.drain(services_.settings().items_per_turn * 4, [this](courier_item& item) {
        std::visit([this](auto& x) { handle(x); }, item);
        item = delivery{};
      });
  if (seat_.lost.exchange(false))
    close_all(rpc::close_code::too_slow, "Pushes were lost here; resume.");
  if (seat_.ousted.exchange(false))
    close_all(rpc::close_code::restart, "Another node serves now; come back.");
  if (!seat_.changed.empty() && services_.now() >= seat_.flush_at) flush_presence();
  if (!seat_.paced_due.empty()) flush_paced();
  set_alarm();
  return more;
}

void courier::set_alarm() {
  const auto resume_at = seat_.resume_at.load(std::memory_order_relaxed);
  auto due = seat_.changed.empty() ? steady_time::max() : seat_.flush_at;
  if (!seat_.paced_due.empty()) due = std::min(due, seat_.paced_due.begin()->first);
  if (resume_at != seat::never) {
    if (services_.now().time_since_epoch().count() >= resume_at) {
      seat_.resume_at = seat::never;
      close_all(rpc::close_code::restart, missed, seat_.resume_before.load());
    } else {
      due = std::min(due, steady_time(steady_time::duration(resume_at)));
    }
  }
  if (due == steady_time::max()) seat_.no_alarm();
  else seat_.alarm(due);
}

void courier::close_all(rpc::close_code code, const char* reason, std::uint64_t came_before) {
  for (auto& [account, row] : seat_.accounts)
    for (const auto& s : row.sockets)
      if (s.arrival <= came_before) all_.sink.close(s.connection, code, reason);
}

void courier::handle(delivery& d) {
  seat_.bytes.fetch_sub(d.bytes, std::memory_order_relaxed);
  if (!d.push) return;
  const trace::span traced(trace::station::push, [&] {
    return trace::subject{"", d.push->type().rpc};
  });
  to_.clear();
  const auto slots = all_.slots();
  bool anybody = false;
  if (d.many) {
    collect_many(d);
  } else if (d.part && seat_.accounts.size() < d.accounts->size()) {
    for (const auto& [account, row] : seat_.accounts)
      if (std::binary_search(d.accounts->begin(), d.accounts->end(), account))
        anybody |= collect(account, row, d);
  } else {
    for (const auto& account : *d.accounts)
      if (d.part || courier_of(account, slots) == seat_.slot)
        if (auto i = seat_.accounts.find(account); i != seat_.accounts.end())
          anybody |= collect(account, i->second, d);
  }
  if (d.part && !anybody) d.part->nobody_at = seat_.arrivals.load();
  if (to_.empty()) return;
  all_.sink.deliver(std::make_shared<const std::vector<rpc::connection_id>>(to_),
                    std::move(d.push));
}

// Goes through who is here or through the slices, whichever is shorter.
void courier::collect_many(const delivery& d) {
  const auto slots = all_.slots();
  std::size_t members = 0;
  std::array<bool, account_set::slices> anybody{};
  each_slice_of(seat_.slot, slots, [&](std::size_t i) {
    if (const auto* part = d.many->part(i)) members += part->accounts.size();
  });
  if (seat_.accounts.size() < members) {
    for (const auto& [account, row] : seat_.accounts)
      if (d.many->contains(account) && collect(account, row, d))
        anybody[account_set::slice_of(account)] = true;
  } else {
    each_slice_of(seat_.slot, slots, [&](std::size_t i) {
      if (const auto* part = d.many->part(i))
        for (const auto& account : part->accounts)
          if (auto at = seat_.accounts.find(account); at != seat_.accounts.end())
            anybody[i] |= collect(account, at->second, d);
    });
  }
  if (slots > account_set::slices) return;
  each_slice_of(seat_.slot, slots, [&](std::size_t i) {
    if (const auto* part = d.many->part(i); part && !anybody[i])
      part->nobody_at = seat_.arrivals.load();
  });
}

/// False when the account has no socket.
bool courier::collect(const uuid& account, const account_row& row, const delivery& d) {
  if (row.sockets.empty()) return false;
  const auto closing = seat_.resume_before.load(std::memory_order_relaxed);
  if (account != d.except && (d.pace == nullptr || paced_now(account, d)))
    for (const auto& s : row.sockets)
      if (s.arrival > closing && (s.echo || s.connection != d.origin)) to_.push_back(s.connection);
  return true;
}

/// False when the account had such a push less than a pace ago: this one waits.
bool courier::paced_now(const uuid& account, const delivery& d) {
  const courier_seat::paced_key key{account, d.pace};
  const auto [at, fresh] = seat_.paced.try_emplace(key);
  if (fresh) {
    seat_.paced_due.emplace(services_.now() + d.pace->every, key);
    return true;
  }
  at->second.latest = d.push;
  ++at->second.waiting;
  return false;
}

void courier::flush_paced() {
  const auto now = services_.now();
  while (!seat_.paced_due.empty() && seat_.paced_due.begin()->first <= now) {
    const auto key = seat_.paced_due.begin()->second;
    seat_.paced_due.erase(seat_.paced_due.begin());
    const auto row = seat_.paced.extract(key);
    const auto waiting = row.mapped().waiting;
    const auto account = seat_.accounts.find(key.first);
    if (waiting == 0 || account == seat_.accounts.end() || account->second.sockets.empty())
      continue;
    seat_.paced.try_emplace(key);
    seat_.paced_due.emplace(now + key.second->every, key);
    auto to = std::make_shared<std::vector<rpc::connection_id>>();
    for (const auto& s : account->second.sockets)
      if (s.arrival > seat_.resume_before) to->push_back(s.connection);
    if (to->empty()) continue;
    all_.sink.deliver(std::move(to),
                      waiting == 1 ? row.mapped().latest : key.second->several(waiting));
  }
}

void courier::handle(attach_socket& a) {
  // Looked at here and not where the call came in: what attached before is closed by `ousted`.
  if (all_.hooks.ousted()) return a.attached(unavailable(services_.settings().overload_retry_ms));
  auto& row = seat_.accounts[a.socket.account];
  auto arrival = seat_.arrivals.load() + 1;
  std::erase_if(row.sockets, [&](const courier_seat::socket& s) {
    if (s.connection == a.socket.connection) {
      arrival = s.arrival;  // what was lost before is still missed
      return true;
    }
    if (s.lineage.is_nil() || s.lineage != a.socket.lineage) return false;
    unwatch(s.connection);
    all_.sink.close(s.connection, rpc::close_code::replaced, "The session was resumed elsewhere.");
    return true;
  });
  row.sockets.push_back(
      {a.socket.connection, a.socket.lineage, a.socket.echo, arrival, a.socket.resumed_at});
  ++seat_.arrivals;
  if (row.sockets.size() == 1) note_seen(a.socket.account, row);
  touch(a.socket.account, row);
  a.attached(result<void>());
}

void courier::handle(detach_socket& d) {
  unwatch(d.connection);
  auto i = seat_.accounts.find(d.account);
  if (i == seat_.accounts.end()) return;
  auto& row = i->second;
  if (std::erase_if(row.sockets, [&](const auto& s) { return s.connection == d.connection; }) == 0)
    return;
  row.last_seen = services_.wall();
  if (row.sockets.empty()) {
    note_seen(d.account, row);
    if (all_.hooks.left) all_.hooks.left(d.account);
  }
  touch(d.account, row);
  forget_if_empty(d.account);
}

void courier::handle(watch_accounts& w) {
  auto i = seat_.accounts.find(w.watcher);
  if (i == seat_.accounts.end()) return;
  const auto& sockets = i->second.sockets;
  if (std::none_of(sockets.begin(), sockets.end(),
                   [&](const auto& s) { return s.connection == w.connection; }))
    return;
  const auto slots = all_.slots();
  std::unordered_map<std::uint32_t, watch_here> parts;
  if (w.accounts.size() > services_.settings().max_watched)
    w.accounts.resize(services_.settings().max_watched);
  w.last_seen.resize(w.accounts.size());
  for (std::size_t n = 0; n < w.accounts.size(); ++n) {
    auto& part = parts[courier_of(w.accounts[n], slots)];
    part.accounts.push_back(w.accounts[n]);
    part.last_seen.push_back(w.last_seen[n]);
  }
  auto& known = seat_.watching[w.connection];
  for (auto slot : known) parts.try_emplace(slot);
  known.clear();
  for (auto& [slot, part] : parts) {
    if (!part.accounts.empty()) known.push_back(slot);
    part.connection = w.connection;
    all_.seat(slot).post(std::move(part));
  }
  if (known.empty()) seat_.watching.erase(w.connection);
}

void courier::unwatch(rpc::connection_id connection) {
  auto i = seat_.watching.find(connection);
  if (i == seat_.watching.end()) return;
  for (auto slot : i->second) all_.seat(slot).post(watch_here{connection, {}, {}});
  seat_.watching.erase(i);
}

void courier::handle(watch_here& w) {
  if (auto old = seat_.watchers.find(w.connection); old != seat_.watchers.end()) {
    for (const auto& account : old->second.accounts) {
      if (auto i = seat_.accounts.find(account); i != seat_.accounts.end())
        i->second.watchers.erase(w.connection);
      forget_if_empty(account);
    }
    seat_.watchers.erase(old);
  }
  if (w.accounts.empty()) return;
  for (std::size_t n = 0; n < w.accounts.size(); ++n) {
    const auto& account = w.accounts[n];
    auto& row = seat_.accounts[account];
    row.last_seen = std::max(row.last_seen, w.last_seen[n]);
    // The first watcher sets what was announced; a change that is under way is told by the
    // flush.
    if (row.watchers.empty() && !row.dirty) row.announced = row.online();
    row.watchers.insert(w.connection);
    tell(w.connection, account, row);
  }
  seat_.watchers[w.connection].accounts = std::move(w.accounts);
}

void courier::handle(end_watch& w) {
  auto i = seat_.accounts.find(w.watcher);
  if (i == seat_.accounts.end()) return;
  unwatch_here out{w.watched, {}};
  for (const auto& s : i->second.sockets) out.connections.push_back(s.connection);
  if (!out.connections.empty()) all_.seat(courier_of(w.watched, all_.slots())).post(std::move(out));
}

void courier::handle(unwatch_here& w) {
  auto i = seat_.accounts.find(w.account);
  if (i == seat_.accounts.end()) return;
  if (w.connections.empty())
    w.connections.assign(i->second.watchers.begin(), i->second.watchers.end());
  for (auto connection : w.connections) {
    i->second.watchers.erase(connection);
    if (auto set = seat_.watchers.find(connection); set != seat_.watchers.end())
      std::erase(set->second.accounts, w.account);
  }
  forget_if_empty(w.account);
}

void courier::handle(account_elsewhere& e) {
  auto& row = seat_.accounts[e.account];
  std::erase(row.elsewhere, e.gateway);
  if (e.here) row.elsewhere.push_back(e.gateway);
  else row.last_seen = std::max(row.last_seen, services_.wall());
  if (!e.lineage.is_nil())
    for (const auto& s : row.sockets)
      if (s.lineage == e.lineage && (e.resumed_at == 0 || s.resumed_at < e.resumed_at))
        all_.sink.close(s.connection, rpc::close_code::replaced,
                        "The session was resumed elsewhere.");
  touch(e.account, row);
  forget_if_empty(e.account);
}

void courier::handle(resume_account& r) {
  const auto i = seat_.accounts.find(r.account);
  if (i == seat_.accounts.end()) return;
  for (auto& s : i->second.sockets) {
    s.arrival = 0;
    all_.sink.close(s.connection, rpc::close_code::restart, missed);
  }
}

// Coarsely: an account that comes and goes within the interval is not noted again.
void courier::note_seen(const uuid& account, account_row& row) {
  const auto now = services_.wall();
  if (!all_.hooks.note_seen || now - row.noted_at < services_.settings().last_seen_interval_ms)
    return;
  row.noted_at = now;
  all_.hooks.note_seen(account, now);
}

void courier::touch(const uuid& account, account_row& row) {
  const bool online = row.online();
  if (row.watchers.empty()) {
    row.announced = online;
    return;
  }
  if (row.dirty || online == row.announced) return;
  row.dirty = true;
  if (seat_.changed.empty())
    seat_.flush_at =
        services_.now() + std::chrono::milliseconds(services_.settings().presence_interval_ms);
  seat_.changed.push_back(account);
}

void courier::flush_presence() {
  auto changed = std::move(seat_.changed);
  seat_.changed.clear();
  for (const auto& account : changed) {
    auto i = seat_.accounts.find(account);
    if (i == seat_.accounts.end()) continue;
    auto& row = i->second;
    row.dirty = false;
    const bool online = row.online();
    if (online == row.announced) continue;
    row.announced = online;
    if (!row.watchers.empty() && all_.hooks.make_presence) {
      auto to = std::make_shared<const std::vector<rpc::connection_id>>(row.watchers.begin(),
                                                                        row.watchers.end());
      all_.sink.deliver(std::move(to), all_.hooks.make_presence(account, online, row.last_seen));
    }
    forget_if_empty(account);
  }
}

void courier::tell(rpc::connection_id connection, const uuid& account, const account_row& row) {
  if (!all_.hooks.make_presence) return;
  all_.sink.deliver(std::make_shared<const std::vector<rpc::connection_id>>(1, connection),
                    all_.hooks.make_presence(account, row.announced, row.last_seen));
}

void courier::forget_if_empty(const uuid& account) {
  auto i = seat_.accounts.find(account);
  if (i == seat_.accounts.end() || i->second.dirty) return;
  const auto& row = i->second;
  if (row.online() || !row.watchers.empty()) return;
  if (row.last_seen == 0 || seat_.accounts.size() > services_.settings().max_last_seen)
    seat_.accounts.erase(i);
}

}  // namespace nova::runtime
