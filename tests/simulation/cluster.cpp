// See cluster.hpp.
#include "tests/simulation/cluster.hpp"

#include <algorithm>

namespace nova::simulation {

namespace {

constexpr unix_ms first_day = 1'767'225'600'000;  // 2026-01-01

std::uint64_t mixed(std::uint64_t trace, std::uint64_t what) {
  return (trace ^ what) * 0x100000001b3ull + 1;
}

}  // namespace

bool http_answer::uncertain() const {
  if (lost) return true;
  if (reply.has_value()) return false;
  switch (reply.error().code) {
    case errc::unavailable:
    case errc::overloaded:
    case errc::deadline_exceeded:
    case errc::rate_limited:
    case errc::internal: return true;
    default: return false;
  }
}

cluster::cluster(cluster_options o)
    : options_(std::move(o)),
      random_(options_.seed),
      choice_(~options_.seed),
      stores_([this] { return first_day + now_.count(); }),
      network_(options_.nodes, options_.seed, [this] { return now_; }),
      nodes_(options_.nodes),
      incarnations_(options_.nodes) {
  start(0);
}

cluster::~cluster() { http_.clear(); }

void cluster::start(std::size_t i) {
  if (nodes_[i]) return;
  ++incarnations_[i];
  node_place place;
  place.slot = i;
  if (options_.linked) place.network = &network_;
  if (i < options_.roles.size()) place.roles = options_.roles[i];
  if (i < options_.weights.size()) place.weight = options_.weights[i];
  nodes_[i] =
      std::make_unique<virtual_node>(stores_, virtual_network::name_of(i), options_.settings,
                                     std::move(place), random_.next(), first_day + now_.count());
}

void cluster::crash(std::size_t i) {
  if (!nodes_[i]) return;
  dead_traces_ = mixed(dead_traces_, nodes_[i]->trace());
  nodes_[i].reset();
  ++incarnations_[i];
  give_up_http([i](const pending_http& p) { return p.slot == i; });
}

bool cluster::has_role(std::size_t slot, std::string_view role) const {
  if (slot >= options_.roles.size()) return true;
  return std::ranges::find(options_.roles[slot], role) != options_.roles[slot].end();
}

virtual_node* cluster::ready_node() {
  const auto first = random(nodes_.size());
  for (std::size_t k = 0; k < nodes_.size(); ++k) {
    auto& n = nodes_[(first + k) % nodes_.size()];
    if (n && n->ready()) return n.get();
  }
  return nullptr;
}

bool cluster::step() {
  const auto n = nodes_.size() + sources_.size();
  const auto first = choice_.next() % n;
  for (std::size_t k = 0; k < n; ++k) {
    const auto i = (first + k) % n;
    const bool did =
        i < nodes_.size() ? nodes_[i] && nodes_[i]->step() : sources_[i - nodes_.size()]();
    if (!did) continue;
    ++steps_;
    trace_ = mixed(trace_, i);
    return true;
  }
  return false;
}

void cluster::settle(std::uint64_t most) {
  std::uint64_t n = 0;
  for (;;) {
    strike_due(n, false);
    if (n == most || !step()) break;
    ++n;
    for (const auto& f : on_step_) f();
  }
  strike_due(0, true);
}

void cluster::plan(milliseconds at, std::uint64_t after_steps, std::function<void()> f) {
  plans_.push_back({at, after_steps, std::move(f)});
}

void cluster::strike_due(std::uint64_t steps_in_tick, bool all) {
  for (std::size_t i = 0; i < plans_.size();) {
    if (plans_[i].at > now_ || (!all && plans_[i].after_steps > steps_in_tick)) {
      ++i;
      continue;
    }
    auto what = std::move(plans_[i].what);
    plans_.erase(plans_.begin() + static_cast<std::ptrdiff_t>(i));
    what();
  }
}

void cluster::tick() {
  now_ += tick_length;
  for (auto& n : nodes_)
    if (n) n->pass(tick_length);
  give_up_http([this](const pending_http& p) { return p.until <= now_; });
  if (std::ranges::any_of(nodes_, [](const auto& n) { return n && n->disturbed(); }))
    disturbed_ = now_;
  for (std::size_t i = 0; i < on_tick_.size(); ++i) on_tick_[i]();
  constexpr std::uint64_t endless = 1'000'000;  // a livelock would show as a run that does not end
  const bool busy = choice_.next() % 5 == 0;
  settle(busy ? 4 + choice_.next() % 60 : endless);
}

bool cluster::run_until(const std::function<bool()>& done, milliseconds limit) {
  const auto end = now_ + limit;
  while (!done()) {
    if (now_ >= end) return false;
    tick();
  }
  return true;
}

void cluster::http(const rpc::method& m, rpc::message_ptr request, rpc::caller caller,
                   std::function<void(const http_answer&)> done, std::string idempotency_key) {
  auto* to = ready_node();
  if (to == nullptr) return done({});
  const auto slot = static_cast<std::size_t>(
      std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& n) { return n.get() == to; }) -
      nodes_.begin());
  const auto id = ++last_http_;
  http_.push_back({id, slot, now_ + http_patience, std::move(done)});
  rpc::call c;
  c.method = &m;
  c.caller = std::move(caller);
  c.request_id = "http-" + std::to_string(id);
  c.idempotency_key = std::move(idempotency_key);
  c.request = std::move(request);
  c.reply = [this, id](rpc::reply_result r) { answered_http(id, r); };
  to->call(std::move(c));
}

void cluster::answered_http(std::uint64_t id, const rpc::reply_result& r) {
  const auto at =
      std::find_if(http_.begin(), http_.end(), [id](const auto& p) { return p.id == id; });
  if (at == http_.end()) return;
  auto done = std::move(at->done);
  http_.erase(at);
  note(r.has_value() ? (*r)->SerializeAsString() : std::string(describe(r.error().code).name));
  done({false, r});
}

void cluster::give_up_http(const std::function<bool(const pending_http&)>& which) {
  std::vector<pending_http> gone;
  for (auto& p : http_)
    if (which(p)) gone.push_back(std::move(p));
  std::erase_if(http_, [](const auto& p) { return p.done == nullptr; });
  for (auto& p : gone) p.done({true});
}

void cluster::note(std::string_view bytes) { trace_ = mixed(trace_, stable_hash(bytes)); }

std::uint64_t cluster::trace() const {
  auto out = mixed(trace_, dead_traces_);
  for (const auto& n : nodes_)
    if (n) out = mixed(out, n->trace());
  return out;
}

}  // namespace nova::simulation
