#include "actors/runtime/placement/domain_head.hpp"

#include "actors/runtime/placement/directory.hpp"
#include "protocols/core/log.hpp"
#include "protocols/core/planted.hpp"

#include <algorithm>
#include <utility>

namespace nova::runtime {

using std::chrono::milliseconds;

namespace {

/// Alarms of all heads fall together: one wake-up of the node.
constexpr milliseconds watch_interval{100}, quiet_interval{500}, anchor_interval{20},
    giving_interval{10};
/// A planned move is taken back when the calls under way take longer.
constexpr milliseconds giving_patience{1000};

steady_time next_multiple(steady_time now, milliseconds interval) {
  return now - now.time_since_epoch() % interval + interval;
}

}  // namespace

domain_head_seat::domain_head_seat(domain_seats& d, domain_part& p, directory& a)
    : inbox(std::string(d.link.domain.name) + "/head/" + std::to_string(p.number), 1000),
      seats(d),
      part(p),
      all(a) {}

std::unique_ptr<occupant> domain_head_seat::occupy() {
  return std::make_unique<domain_head>(*this);
}

domain_head::domain_head(domain_head_seat& s)
    : seat_(s),
      seats_(s.seats),
      link_(s.seats.link),
      part_(s.part),
      all_(s.all),
      services_(link_.services),
      next_(services_.now()) {
  ++seat_.sitting;
  part_.serving = false;
  seat_.alarm(next_);
}

template <class F>
void domain_head::each_shard(F f) const {
  for (auto n = part_.number; n < seats_.shards.size(); n += link_.parts.size())
    f(*seats_.shards[n]);
}

template <class F>
void domain_head::each_reader(F f) const {
  for (const auto& r : seats_.readers)
    if (&link_.part_of(r->home) == &part_) f(*r);
}

std::size_t domain_head::size() const {
  std::size_t n = 0;
  each_shard([&n](shard_seat&) { ++n; });
  return n;
}

bool domain_head::turn() {
  const bool more = seat_.drain(services_.settings().items_per_turn, [this](head_item& item) {
    if (item) item(*this);
    item = nullptr;
  });
  const auto now = services_.now();
  const bool astray = all_.rule() == nullptr && !owned_.empty() && &part_ != &all_.anchor() &&
                      all_.anchor().holding == holding::elsewhere;
  if (state_ == state::giving && !part_.fenced.load()) go_on_giving();
  if (state_ != state::giving) part_.giving = false;
  const bool fenced =
      part_.fenced.load() || part_.any_lane([](const auto& lane) { return lane.fenced(); });
  if ((fenced || astray) && (state_ == state::serving || state_ == state::giving ||
                             state_ == state::warming || state_ == state::idle))
    lose();
  // Answers that wait for these readers do not wait for their database.
  const bool away = part_.any_lane([](const auto& lane) { return !lane.accepting(); });
  if (std::exchange(away_, away) != away && away) each_reader([](reader_seat& r) { r.wake(); });
  if (now >= next_) {
    bool quiet = false;
    if (state_ == state::idle && may_claim()) claim();
    if (state_ == state::serving)
      quiet = part_.number != 0 || !link_.retention->tick(now, services_.wall());
    if (state_ == state::giving) next_ = now + giving_interval;
    else
      next_ = next_multiple(now, quiet                                   ? quiet_interval
                                 : all_.rule() != nullptr || may_claim() ? watch_interval
                                                                         : anchor_interval);
  }
  seat_.alarm(next_);
  return more;
}

void domain_head::retry(milliseconds in) {
  state_ = state::idle;
  next_ = services_.now() + in;
}

bool domain_head::may_claim() const {
  if (const auto* rule = all_.rule()) return rule->may_claim(part_);
  if (&part_ == &all_.anchor()) return true;
  const auto anchor = all_.anchor().holding.load();
  return anchor == holding::ours || anchor == holding::away;
}

void domain_head::claim() {
  doing_ = "claim";
  state_ = state::claiming;
  part_.fenced = false;
  auto done = poster(
      [](domain_head& h, const result<std::vector<storage::shard_claim>>& r) { h.claimed(r); });
  auto& database = *link_.database;
  if (database.apart()) database.claim_lane(part_.number, link_.domain.shards, std::move(done));
  else database.claim_shards(link_.domain.shards, std::move(done));
}

void domain_head::claimed(const result<std::vector<storage::shard_claim>>& r) {
  doing_ = "claimed";
  if (r.has_error()) {
    part_.holding = holding::away;
    return retry(milliseconds(services_.settings().claim_retry_ms));
  }
  for (const auto& c : r.value()) {
    if (c.shard >= seats_.shards.size() || !owned_.insert(c.shard).second) continue;
    auto& seat = *seats_.shards[c.shard];
    // At once: other nodes are told of it before the shard has opened.
    if (seat.last_event.load() < c.last_event_seq) seat.last_event = c.last_event_seq;
    seat.claimed = true;
    seat.post([c](shard& s) { s.open(c); });
    part_.epoch = std::max(part_.epoch.load(), c.epoch);
  }
  const bool whole = owned_.size() == size();
  part_.holding = whole ? holding::ours : holding::elsewhere;
  if (!whole)
    return retry(all_.rule() != nullptr ? watch_interval
                                        : milliseconds(services_.settings().claim_retry_ms));
  state_ = state::warming;
  if (warm_ || !link_.domain.warm_up) return serve();
  warm_up(std::make_shared<reads>());
}

void domain_head::warm_up(std::shared_ptr<reads> results) {
  doing_ = "warm_up";
  static const rpc::caller nobody{rpc::caller_kind::node, {}, {}, 0, {}, {}};
  const context ctx{"", nobody, services_.wall(),       services_.random,   "warm-up",
                    "", 0,      &link_.domain.services, link_.domain.shards};
  std::variant<need, std::monostate> out;
  try {
    out = link_.domain.warm_up(ctx, *results);
  } catch (const std::exception& x) {
    services_.crashes.record({services_.now(), seat_.name(), "warm_up", x.what()}, 0);
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
  const auto patience = services_.now() + milliseconds(10 * services_.settings().claim_retry_ms);
  carry_out(
      link_, std::move(*more), {&nobody, "warm-up", patience},
      [post = poster([g, results](domain_head& h, std::size_t i, std::shared_ptr<need_result> r) {
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
void domain_head::warmed(const error& why) {
  log::warn("runtime.warm_up_failed",
            {{"domain", link_.domain.name}, {"error", describe(why.code).name}});
  retry(milliseconds(services_.settings().claim_retry_ms));
}

void domain_head::serve() {
  doing_ = "serve";
  auto* rule = all_.rule();
  if (rule == nullptr) return open();
  rule->owns(part_, poster([](domain_head& h) {
               if (h.state_ == state::warming) h.open();
             }));
}

void domain_head::open() {
  state_ = state::serving;
  warm_ = true;
  part_.serving = true;
  each_reader([](reader_seat& r) { r.post([](reader& x) { x.open(); }); });
  if (auto* rule = all_.rule()) rule->served(part_, true);
  log::info("runtime.serving",
            {{"domain", link_.domain.name}, {"part", part_.number}, {"shards", owned_.size()}});
}

void domain_head::give() {
  if (state_ != state::serving) return all_.rule()->kept(part_);
  doing_ = "give";
  state_ = state::giving;
  // Before the first look at the calls: the last one wakes this head, or is seen to be over.
  part_.giving = true;
  give_until_ = services_.now() + giving_patience;
  next_ = services_.now();
}

void domain_head::go_on_giving() {
  if (part_.under_way.load() == 0) {
    part_.serving = false;
    // A call is counted before it looks: it has seen that the part is not served, or it is seen here.
    if (part_.under_way.load() == 0) return drop_memory();
    part_.serving = true;
  }
  if (services_.now() < give_until_) return;
  state_ = state::serving;
  all_.rule()->kept(part_);
}

void domain_head::hurry() { next_ = services_.now(); }

void domain_head::lose() {
  doing_ = "fenced";
  log::warn("runtime.fenced", {{"domain", link_.domain.name}, {"part", part_.number}});
  part_.serving = false;
  part_.holding = holding::elsewhere;
  if (auto* rule = all_.rule()) rule->served(part_, false);
  else if (link_.domain.pushes) all_.oust();
  drop_memory();
}

void domain_head::drop_memory() {
  state_ = state::dropping;
  owned_.clear();
  to_drop_ = 0;
  const auto drop = [this](auto& seat) {
    ++to_drop_;
    seat.post([done = poster([](domain_head& h) { h.dropped(); })](auto& x) {
      x.close();
      done();
    });
  };
  each_shard(drop);
  if (!planted(planted_fault::old_owner_applies)) each_reader(drop);
}

void domain_head::dropped() {
  if (state_ != state::dropping || --to_drop_ != 0) return;
  state_ = state::reborn;
  doing_ = "reincarnate";
  auto done = poster([](domain_head& h, const result<void>& r) {
    if (h.state_ != state::reborn) return;
    if (r.has_error()) {
      h.to_drop_ = 1;
      h.state_ = state::dropping;
      h.services_.timers.after(milliseconds(h.services_.settings().claim_retry_ms),
                               h.poster([](domain_head& x) { x.dropped(); }));
      return;
    }
    h.part_.fenced = false;
    if (auto* rule = h.all_.rule()) rule->served(h.part_, false);
    h.retry(milliseconds(0));
  });
  auto& database = *link_.database;
  if (database.apart()) database.reincarnate_lane(part_.number, std::move(done));
  else database.reincarnate(std::move(done));
}

}  // namespace nova::runtime
