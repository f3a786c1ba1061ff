// See host.hpp.
#include "actors/runtime/placement/host.hpp"

#include "actors/runtime/pushes/courier.hpp"
#include "actors/runtime/events/reader.hpp"
#include "actors/runtime/entities/shard.hpp"
#include "storage/runtime/runtime_queries.hpp"

namespace nova::runtime {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds watch_interval{100};
constexpr milliseconds anchor_interval{20};
constexpr std::chrono::minutes prune_interval{10};
constexpr unix_ms hour_ms = 3'600'000;

}  // namespace

host_seat::host_seat(domain_link& d)
    : inbox(std::string(d.domain.name) + "/host", 1000), domain(d) {}

std::unique_ptr<occupant> host_seat::occupy() { return std::make_unique<host>(*this); }

host::host(host_seat& s) : seat_(s), link_(s.domain), hub_(*s.domain.hub), next_(hub_.now()) {
  ++seat_.sitting;
  link_.serving = false;
  next_prune_ = hub_.now() + prune_interval;
  seat_.alarm(next_);
}

bool host::turn() {
  const bool more = seat_.drain(hub_.settings().items_per_turn, [this](host_item& item) {
    if (item) item(*this);
    item = nullptr;
  });
  const auto now = hub_.now();
  const bool astray = !owned_.empty() && &link_ != &hub_.anchor() &&
                      hub_.anchor().holding == holding::elsewhere;
  if ((seat_.fenced.load() || link_.database->lane().fenced() || astray) &&
      (state_ == state::serving || state_ == state::warming || state_ == state::idle))
    lose();
  if (now >= next_) {
    next_ = now + (may_claim() ? watch_interval : anchor_interval);
    if (state_ == state::idle && may_claim()) claim();
    if (state_ == state::serving && now >= next_prune_) prune();
  }
  seat_.alarm(next_);
  return more;
}

void host::retry(milliseconds in) {
  state_ = state::idle;
  next_ = hub_.now() + in;
}

bool host::may_claim() const {
  if (&link_ == &hub_.anchor()) return true;
  const auto anchor = hub_.anchor().holding.load();
  return anchor == holding::ours || anchor == holding::away;
}

void host::claim() {
  doing_ = "claim";
  state_ = state::claiming;
  seat_.fenced = false;
  link_.database->claim_shards(
      link_.domain.shards,
      poster([](host& h, const result<std::vector<storage::shard_claim>>& r) { h.claimed(r); }));
}

void host::claimed(const result<std::vector<storage::shard_claim>>& r) {
  doing_ = "claimed";
  if (r.has_error()) {
    link_.holding = holding::away;
    return retry(milliseconds(hub_.settings().claim_retry_ms));
  }
  for (const auto& c : r.value()) {
    if (c.shard >= link_.shards.size() || !owned_.insert(c.shard).second) continue;
    link_.shards[c.shard]->post([c](shard& s) { s.open(c); });
  }
  const bool whole = owned_.size() == link_.shards.size();
  link_.holding = whole ? holding::ours : holding::elsewhere;
  if (!whole)
    return retry(milliseconds(hub_.settings().claim_retry_ms));
  state_ = state::warming;
  if (warm_ || !link_.domain.warm_up) return serve();
  warm_up(std::make_shared<reads>());
}

void host::warm_up(std::shared_ptr<reads> results) {
  doing_ = "warm_up";
  static const rpc::caller nobody{rpc::caller_kind::node, {}, {}, 0, {}, {}};
  const context ctx{"",        nobody, hub_.wall(), *hub_.options.random,
                    "warm-up", "",     0,           &link_.domain.services};
  std::variant<need, std::monostate> out;
  try {
    out = link_.domain.warm_up(ctx, *results);
  } catch (const std::exception& x) {
    hub_.crashes.record({hub_.now(), seat_.name(), "warm_up", x.what()}, 0);
    return warmed({});
  }
  auto* more = std::get_if<need>(&out);
  if (more == nullptr || more->items.empty()) return serve();
  struct gathering {
    std::vector<need_result> got;
    std::size_t left;
  };
  auto g = std::make_shared<gathering>(
      gathering{std::vector<need_result>(more->items.size()), more->items.size()});
  const auto patience = hub_.now() + milliseconds(10 * hub_.settings().claim_retry_ms);
  carry_out(
      link_, std::move(*more), {&nobody, "warm-up", patience},
      [post = poster([g, results](host& h, std::size_t i, std::shared_ptr<need_result> r) {
         g->got[i] = std::move(*r);
         if (--g->left != 0 || h.state_ != state::warming) return;
         for (auto& x : g->got) {
           if (x.failed) return h.warmed(*x.failed);
           results->append(std::move(x.value));
         }
         h.warm_up(results);
       })](std::size_t i, need_result r) { post(i, std::make_shared<need_result>(std::move(r))); });
}

/// Warming failed: again after a while, shards stay claimed.
void host::warmed(const error& why) {
  hub_.log("warning", "warm-up failed domain=" + std::string(link_.domain.name) +
                          " error=" + std::string(describe(why.code).name));
  retry(milliseconds(hub_.settings().claim_retry_ms));
}

void host::serve() {
  doing_ = "serve";
  state_ = state::serving;
  warm_ = true;
  link_.serving = true;
  for (auto& r : link_.readers) r->post([](reader& x) { x.open(); });
  hub_.log("info", "serving domain=" + std::string(link_.domain.name) +
                       " shards=" + std::to_string(owned_.size()));
}

void host::lose() {
  doing_ = "fenced";
  hub_.log("warning", "fenced domain=" + std::string(link_.domain.name));
  state_ = state::dropping;
  link_.serving = false;
  link_.holding = holding::elsewhere;
  for (auto& c : hub_.couriers) {
    c->ousted = true;
    c->wake();
  }
  owned_.clear();
  to_drop_ = link_.shards.size() + link_.readers.size();
  for (auto& s : link_.shards)
    s->post([done = poster([](host& h) { h.dropped(); })](shard& x) {
      x.close();
      done();
    });
  for (auto& r : link_.readers)
    r->post([done = poster([](host& h) { h.dropped(); })](reader& x) {
      x.close();
      done();
    });
}

void host::dropped() {
  if (state_ != state::dropping || --to_drop_ != 0) return;
  state_ = state::reborn;
  doing_ = "reincarnate";
  link_.database->reincarnate(poster([](host& h, const result<void>& r) {
    if (h.state_ != state::reborn) return;
    if (r.has_error()) {
      h.to_drop_ = 1;
      h.state_ = state::dropping;
      h.hub_.after(milliseconds(h.hub_.settings().claim_retry_ms),
                   h.poster([](host& x) { x.dropped(); }));
      return;
    }
    h.seat_.fenced = false;
    h.retry(milliseconds(0));
  }));
}

/// Answers kept for Idempotency-Keys are deleted when they are old.
void host::prune() {
  next_prune_ = hub_.now() + prune_interval;
  const auto before = hub_.wall() - hub_.settings().idempotency_hours * hour_ms;
  storage::commit_unit unit;
  unit.statements.push_back(
      {&storage::runtime_queries::prune_idempotency, {storage::timestamp{before}}, 0});
  unit.done = [](const storage::commit_outcome&) {};
  link_.database->lane().append(std::move(unit));
}

}  // namespace nova::runtime
