#include "actors/runtime/link/links.hpp"

#include "actors/runtime/link/address.hpp"
#include "protocols/core/log.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <future>
#include <limits>

namespace nova::link {

namespace net = boost::asio;
using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;

namespace {

constexpr milliseconds tick_interval{50};
/// Members are told again after so many ticks, so that a lost change does not last.
constexpr std::uint32_t gossip_ticks = 20;
constexpr std::uint32_t max_doublings = 3;
/// Of two nodes the one with the smaller name dials first.
constexpr milliseconds larger_waits{1000};
/// A node that is gone for longer is not dialled any more.
constexpr std::chrono::hours forget_after{1};
/// Nodes of one cluster.
constexpr std::size_t max_members = 256;

class timer_alarm final : public alarm {
 public:
  timer_alarm(net::io_context& io, std::function<void()> ring)
      : timer_(io), ring_(std::move(ring)) {}
  void set(milliseconds in) override {
    timer_.expires_after(in);
    timer_.async_wait([this](boost::system::error_code ec) {
      if (!ec) ring_();
    });
  }

 private:
  net::steady_timer timer_;
  const std::function<void()> ring_;
};

std::string text_of(const uuid& id) { return {reinterpret_cast<const char*>(id.data), 16}; }

}  // namespace

links::links(config::cluster_settings settings, Member self, const wall_clock& wall,
             random_source& random)
    : settings_(std::move(settings)),
      random_(random),
      gate_(io_, settings_, counts_,
            {[this] {
               Hello h;
               h.set_version(gate::version);
               h.set_cluster(settings_.name);
               for (const auto name : capabilities) h.add_capabilities(std::string(name));
               *h.mutable_self() = self_;
               return h;
             },
             [this](introduced i) { proved(std::move(i)); }}),
      self_(std::move(self)),
      tick_(io_) {
  self_.set_node(settings_.node);
  self_.set_incarnation(text_of(make_uuid_v7(wall.now(), random)));
  self_.set_address(settings_.advertise.empty() ? settings_.listen : settings_.advertise);
  self_.set_revision(1);
  for (const auto& address : settings_.seeds) seeds_.push_back({address, {}, false, {}});
  publish();
}

links::~links() { stop(milliseconds(0)); }

result<std::uint16_t> links::start(hooks h) {
  hooks_ = std::move(h);
  auto port = gate_.listen();
  if (!port) return port;
  if (auto at = parse_address(self_.address()); at && at->port() == 0) {
    at->port(*port);
    self_.set_address(to_text(*at));
  }
  publish();
  log::info("link.listening", {{"node", settings_.node}, {"address", self_.address()}});
  tick();
  thread_ = std::thread([this] {
    auto work = net::make_work_guard(io_);
    io_.run();
  });
  return port;
}

void links::stop(milliseconds budget) {
  if (!thread_.joinable()) return;
  auto done = std::make_shared<std::promise<void>>();
  auto ended = done->get_future();
  net::post(io_, [this, done, budget] {
    stopping_ = true;
    gate_.close();
    tick_.cancel();
    auto left = std::make_shared<std::size_t>(1);
    auto one_less = [left, done] {
      if (--*left == 0) done->set_value();
    };
    for (auto& [node, p] : peers_)
      if (p.link) {
        ++*left;
        p.link->end_after_writing(budget, one_less);
      }
    one_less();
  });
  ended.wait_for(budget + milliseconds(500));
  io_.stop();
  thread_.join();
}

bool links::send(peer_number to, const Envelope& e, lane on) {
  std::shared_ptr<wire> link;
  {
    std::shared_lock lock(open_mutex_);
    const auto i = open_.find(to);
    if (i == open_.end()) return false;
    link = i->second;
  }
  return link->send(e, on);
}

members_ptr links::members() const {
  std::lock_guard lock(members_mutex_);
  return members_;
}

void links::publish() {
  auto all = std::make_shared<std::vector<member_view>>();
  all->push_back({self_, 0, true, {}});
  for (const auto& [node, p] : peers_)
    all->push_back({p.record, p.number, p.link != nullptr, p.since, p.understands});
  std::lock_guard lock(members_mutex_);
  members_ = std::move(all);
}

void links::update_self(std::function<void(Member&)> change) {
  net::post(io_, [this, change = std::move(change)] {
    change(self_);
    self_.set_revision(self_.revision() + 1);
    publish();
    gossip();
    if (hooks_.changed) hooks_.changed();
  });
}

result<void> links::renew(const config::cluster_settings& settings) {
  auto done = std::make_shared<std::promise<result<void>>>();
  auto renewed = done->get_future();
  net::post(io_, [this, done, settings] { done->set_value(gate_.renew(settings)); });
  return renewed.get();
}

void links::post(std::function<void()> f) { net::post(io_, std::move(f)); }

std::unique_ptr<alarm> links::make_alarm(std::function<void()> ring) {
  return std::make_unique<timer_alarm>(io_, std::move(ring));
}

Envelope links::told_members() const {
  Envelope e;
  auto& told = *e.mutable_members();
  *told.add_members() = self_;
  for (const auto& [node, p] : peers_)
    if (p.link) *told.add_members() = p.record;
  return e;
}

void links::gossip() {
  const auto told = told_members();
  for (auto& [node, p] : peers_)
    if (p.link) p.link->send(told, lane::control);
}

// Of two links between the same two processes both keep the one that the smaller name dialled.
void links::proved(introduced i) {
  const auto& node = i.hello.self().node();
  if (stopping_ || (peers_.size() >= max_members && !peers_.contains(node)))
    return i.wire->end("no room");
  auto& p = peers_[node];
  const bool by_smaller = i.dialled == (settings_.node < node);
  const bool same = p.record.incarnation() == i.hello.self().incarnation();
  if (p.link && i.hello.self().incarnation() < p.record.incarnation()) {
    counts_.refused.fetch_add(1, std::memory_order_relaxed);
    log::warn("link.refused", {{"from", node}, {"reason", "it is an earlier start of its node"}});
    return i.wire->end("an earlier start");
  }
  if (p.link && same && p.dialled_by_smaller && !by_smaller) return i.wire->end("there is a link");
  if (p.link) {
    auto old = p.link;
    lost(node, old.get(), "replaced");
    old->end("replaced");
  }
  if (p.number == 0 || !same) {
    if (last_number_ == std::numeric_limits<peer_number>::max())
      return i.wire->end("too many starts of other nodes");
    p.number = ++last_number_;
  }
  p.record = std::move(*i.hello.mutable_self());
  p.understands.assign(i.hello.capabilities().begin(), i.hello.capabilities().end());
  p.link = i.wire;
  p.dialled_by_smaller = by_smaller;
  p.since = clock::now();
  p.dial = {};
  {
    std::unique_lock lock(open_mutex_);
    open_[p.number] = p.link;
  }
  publish();
  log::info("link.up", {{"node", p.record.node()}, {"address", p.record.address()}});
  hooks_.up(p.number, p.record);
  p.link->start({[this, number = p.number](Envelopes& batch) { received(number, batch); },
                 [this, name = p.record.node(), which = p.link.get()](const std::string& why) {
                   lost(name, which, why);
                 }});
  gossip();
  if (hooks_.changed) hooks_.changed();
}

void links::lost(const std::string& node, const wire* which, const std::string& reason) {
  const auto i = peers_.find(node);
  if (i == peers_.end() || i->second.link.get() != which) return;
  auto& p = i->second;
  {
    std::unique_lock lock(open_mutex_);
    open_.erase(p.number);
  }
  p.link.reset();
  p.lost = clock::now();
  counts_.losses.fetch_add(1, std::memory_order_relaxed);
  if (!stopping_) log::warn("link.down", {{"node", node}, {"reason", reason}});
  publish();
  if (hooks_.down) hooks_.down(p.number, p.record, reason);
  if (stopping_) return;
  gossip();
  if (hooks_.changed) hooks_.changed();
}

void links::received(peer_number from, Envelopes& batch) {
  for (const auto& e : batch.items())
    if (e.has_members()) take_members(e.members());
  hooks_.received(from, batch);
}

void links::take_members(const Members& told) {
  bool news = false;
  for (const auto& m : told.members()) {
    if (m.node().empty() || m.node() == settings_.node) continue;
    if (!peers_.contains(m.node()) && peers_.size() >= max_members) continue;
    auto& p = peers_[m.node()];
    if (!is_news(m, p.record, p.link != nullptr)) continue;
    if (m.incarnation() > p.record.incarnation()) p.number = 0;
    p.record = m;
    p.lost = clock::now();
    news = true;
  }
  if (!news) return;
  publish();
  if (hooks_.changed) hooks_.changed();
}

void links::dial(dialling& d, const std::string& address,
                 std::function<dialling*(bool self)> found) {
  const auto at = parse_address(address);
  if (!at || at->port() == 0) return;
  d.next = clock::now() + 2 * milliseconds(settings_.handshake_ms);
  gate_.dial(*at, [this, address, found = std::move(found)](const std::string& why, bool self) {
    auto* failed = found(self);
    if (failed == nullptr) return;
    const auto pause =
        milliseconds(settings_.redial_ms) * (1 << std::min(failed->failures, max_doublings));
    if (failed->failures++ == 0)
      log::info("link.cannot_dial", {{"address", address}, {"reason", why}});
    failed->next =
        clock::now() + pause / 2 + milliseconds(random_.next_u64() % (pause.count() + 1));
  });
}

void links::tick() {
  const auto now = clock::now();
  for (auto& [node, p] : peers_) {
    if (p.link || now < p.dial.next || p.record.address().empty()) continue;
    if (now - p.lost > forget_after) continue;
    if (node < settings_.node && now - p.lost < larger_waits) continue;
    dial(p.dial, p.record.address(), [this, node = node](bool) {
      const auto i = peers_.find(node);
      return i != peers_.end() ? &i->second.dial : nullptr;
    });
  }
  for (std::size_t n = 0; n < seeds_.size(); ++n) {
    auto& s = seeds_[n];
    if (s.self || now < s.dial.next) continue;
    const bool known = std::ranges::any_of(
        peers_, [&](const auto& x) { return x.second.record.address() == s.address; });
    if (known) continue;
    dial(s.dial, s.address, [this, n](bool self) {
      seeds_[n].self |= self;
      return &seeds_[n].dial;
    });
  }
  if (++ticks_ % gossip_ticks == 0) gossip();
  tick_.expires_after(tick_interval);
  tick_.async_wait([this](boost::system::error_code ec) {
    if (!ec && !stopping_) tick();
  });
}

traffic links::counted() const {
  traffic t;
  t.bytes_out = counts_.bytes_sent;
  t.bytes_in = counts_.bytes_received;
  t.envelopes_out = counts_.envelopes_sent;
  t.envelopes_in = counts_.envelopes_received;
  t.losses = counts_.losses;
  t.refused = counts_.refused;
  std::shared_lock lock(open_mutex_);
  for (const auto& [number, link] : open_) t.waiting_bytes += link->waiting_bytes();
  return t;
}

}  // namespace nova::link
