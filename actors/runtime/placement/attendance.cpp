#include "actors/runtime/placement/attendance.hpp"

namespace nova::runtime {

namespace {

/// Accounts of one message of the whole set.
constexpr std::size_t accounts_a_message = 8192;

}  // namespace

attendance::attendance(services& s, std::chrono::milliseconds patience,
                       std::chrono::milliseconds memory, hooks h)
    : services_(s), patience_(patience), memory_(memory), hooks_(std::move(h)) {}

void attendance::come(const uuid& account, attached_fn attached) {
  bool first = false, waits = false;
  {
    std::lock_guard lock(mutex_);
    here_.insert(account);
    const auto number = ++last_number_;
    link::Envelope e;
    auto& told = *e.mutable_interest();
    told.set_number(number);
    told.set_come(bytes_of(account));
    waiting w;
    w.account = account;
    for (auto& [peer, a] : absent_) a.note(account);
    for (const auto& [peer, l] : listeners_)
      if (hooks_.send(peer, e) && l.pushes) w.unanswered.insert(peer);
    waits = !w.unanswered.empty();
    if (waits) {
      first = waiting_.empty();
      w.attached = std::move(attached);
      w.due = services_.now() + patience_;
      waiting_.emplace(number, std::move(w));
    }
  }
  if (!waits) return attached(result<void>());
  if (first) hooks_.tick_wanted();
}

void attendance::resumed(const uuid& account, const uuid& lineage, unix_ms resumed_at) {
  std::lock_guard lock(mutex_);
  if (!here_.contains(account)) return;
  link::Envelope e;
  auto& told = *e.mutable_interest();
  told.set_come(bytes_of(account));
  told.set_lineage(bytes_of(lineage));
  told.set_resumed_at(resumed_at);
  for (const auto& [peer, l] : listeners_)
    if (l.gateway) hooks_.send(peer, e);
}

void attendance::left(const uuid& account) {
  std::lock_guard lock(mutex_);
  here_.erase(account);
  link::Envelope e;
  e.mutable_interest()->set_gone(bytes_of(account));
  for (const auto& [peer, l] : listeners_) hooks_.send(peer, e);
}

void attendance::up(link::peer_number peer, bool pushes, bool gateway) {
  std::vector<uuid> strange;
  {
    std::lock_guard lock(mutex_);
    if (auto a = absent_.extract(peer); !a.empty()) strange = std::move(a.mapped().came);
    auto& l = listeners_[peer];
    l.pushes = pushes;
    l.gateway = gateway;
    tell_all(peer, l);
  }
  if (strange.size() > most_strange) hooks_.all_strange();
  else if (!strange.empty()) hooks_.strange(strange);
}

void attendance::tell_all(link::peer_number peer, listener& l) {
  link::Envelope e;
  auto* told = e.mutable_interest();
  told->set_anew(true);
  std::size_t n = 0;
  for (const auto& account : here_) {
    append_id(*told->mutable_come(), account);
    if (++n % accounts_a_message != 0) continue;
    hooks_.send(peer, e);
    told->Clear();
  }
  l.whole = ++last_number_;
  told->set_number(l.whole);
  told->set_last_push(hooks_.last_push(peer));
  told->set_takes_lists(true);
  hooks_.send(peer, e);
}

bool attendance::informs(link::peer_number peer) {
  std::lock_guard lock(mutex_);
  const auto l = listeners_.find(peer);
  return l != listeners_.end() && l->second.whole != 0;
}

void attendance::down(link::peer_number peer) {
  std::vector<attached_fn> done;
  {
    std::lock_guard lock(mutex_);
    const auto now = services_.now();
    std::erase_if(absent_, [&](const auto& x) { return now - x.second.since > memory_; });
    absence away{now};
    const auto l = listeners_.extract(peer);
    for (auto i = waiting_.begin(); i != waiting_.end();) {
      auto& w = i->second;
      const bool unanswered = w.unanswered.erase(peer) != 0;
      if (unanswered) away.note(w.account);
      const bool last = unanswered && w.unanswered.empty();
      if (last) done.push_back(std::move(w.attached));
      i = last ? waiting_.erase(i) : std::next(i);
    }
    if (!l.empty() && l.mapped().pushes) absent_[peer] = std::move(away);
  }
  finish(done, {});
}

void attendance::taken(link::peer_number peer, std::uint64_t number) {
  std::vector<attached_fn> done;
  bool whole = false;
  {
    std::lock_guard lock(mutex_);
    const auto l = listeners_.find(peer);
    if (l == listeners_.end()) return;
    if (l->second.whole == number) {
      l->second.whole = 0;
      whole = true;
    }
    if (const auto i = waiting_.find(number); i != waiting_.end()) {
      i->second.unanswered.erase(peer);
      if (i->second.unanswered.empty()) {
        done.push_back(std::move(i->second.attached));
        waiting_.erase(i);
      }
    }
  }
  finish(done, {});
  if (whole) hooks_.informed(peer);
}

bool attendance::tick() {
  std::vector<attached_fn> late;
  bool more = false;
  {
    std::lock_guard lock(mutex_);
    const auto now = services_.now();
    while (!waiting_.empty() && waiting_.begin()->second.due <= now) {
      late.push_back(std::move(waiting_.begin()->second.attached));
      waiting_.erase(waiting_.begin());
    }
    more = !waiting_.empty();
  }
  finish(late, unavailable(services_.settings().overload_retry_ms));
  return more;
}

void attendance::finish(std::vector<attached_fn>& done, result<void> r) {
  for (auto& f : done) f(r);
}

}  // namespace nova::runtime
