// See virtual_links.hpp.
#include "tests/simulation/virtual_links.hpp"

#include "protocols/core/log.hpp"

#include <algorithm>

namespace nova::simulation {

using link::Envelope;
using link::Envelopes;
using link::Member;
using link::peer_number;

namespace {

// As links has them.
constexpr milliseconds tick_interval{50}, larger_waits{1000};
constexpr std::uint32_t gossip_ticks = 20, max_doublings = 3;
constexpr std::size_t write_bytes = 256 * 1024;

std::string text_of(const uuid& id) { return {reinterpret_cast<const char*>(id.data), 16}; }

}  // namespace

virtual_network::virtual_network(std::size_t nodes, std::uint64_t seed,
                                 std::function<milliseconds()> now)
    : now_(std::move(now)), choice_(seed * 7 + 5), nodes_(nodes), ways_(nodes * nodes) {}

void virtual_network::put(virtual_connection& c, int sender, std::string bytes) {
  const auto from = static_cast<std::size_t>(sender);
  auto& way = this->way(c.slots[from], c.slots[1 - from]);
  auto& queue = c.under_way[from];
  auto due =
      now() + milliseconds(choice_.next() % static_cast<std::uint64_t>(way.delay.count() + 1));
  if (!queue.empty()) due = std::max(due, queue.back().due);
  queue.push_back({due, std::move(bytes)});
}

bool virtual_network::arrived(const virtual_connection& c, int sender) {
  const auto from = static_cast<std::size_t>(sender);
  const auto& queue = c.under_way[from];
  return !queue.empty() && queue.front().due <= now() && !way(c.slots[from], c.slots[1 - from]).cut;
}

void virtual_network::reset(std::size_t a, std::size_t b) {
  std::erase_if(connections_, [](const auto& c) { return c.expired(); });
  for (const auto& weak : connections_) {
    const auto c = weak.lock();
    if (std::minmax(c->slots[0], c->slots[1]) != std::minmax(a, b)) continue;
    for (const int sender : {0, 1}) {
      auto& queue = c->under_way[static_cast<std::size_t>(sender)];
      if (!queue.empty()) queue.resize(choice_.next() % (queue.size() + 1));
      put(*c, sender, {});
    }
  }
}

class virtual_links::end_alarm final : public link::alarm {
 public:
  end_alarm(virtual_links& l, std::function<void()> ring) : links_(l), ring_(std::move(ring)) {
    links_.alarms_.push_back(this);
  }
  ~end_alarm() override { std::erase(links_.alarms_, this); }
  void set(milliseconds in) override {
    due_ = links_.now_() + in;
    set_ = true;
  }
  bool fire() {
    if (!set_ || links_.now_() < due_) return false;
    set_ = false;
    ring_();
    return true;
  }

 private:
  virtual_links& links_;
  const std::function<void()> ring_;
  steady_time due_{};
  bool set_ = false;
};

virtual_links::virtual_links(virtual_network& net, std::size_t slot,
                             config::cluster_settings settings, Member self, unix_ms wall,
                             std::function<steady_time()> now)
    : net_(net),
      slot_(slot),
      settings_(std::move(settings)),
      now_(std::move(now)),
      self_(std::move(self)) {
  self_.set_node(settings_.node);
  self_.set_incarnation(text_of(make_uuid_v7(wall, net.choice())));
  self_.set_address(net_.address_of(slot));
  self_.set_revision(1);
  publish();
}

virtual_links::~virtual_links() { stop(milliseconds(0)); }

result<std::uint16_t> virtual_links::start(hooks h) {
  hooks_ = std::move(h);
  running_ = true;
  net_.nodes_[slot_] = this;
  next_tick_ = now_();
  return std::uint16_t{7400};
}

// The process dies. Its kernel closes the connections, unless the host dies with it: then the others hear nothing more.
void virtual_links::stop(milliseconds) {
  if (!std::exchange(running_, false)) return;
  net_.nodes_[slot_] = nullptr;
  const bool host = net_.choice().next() % 2 == 0;
  for (const auto& h : halves_) {
    h->ended = true;
    if (!host) net_.put(h->its(), h->side, {});
  }
  halves_.clear();
  posted_.clear();
  hooks_ = {};
}

std::unique_ptr<link::alarm> virtual_links::make_alarm(std::function<void()> ring) {
  return std::make_unique<end_alarm>(*this, std::move(ring));
}

bool virtual_links::step() {
  if (!running_) return false;
  const auto sources = 3 + 2 * halves_.size();
  const auto first = net_.choice().next() % sources;
  for (std::size_t k = 0; k < sources; ++k)
    if (step_of((first + k) % sources)) return true;
  return false;
}

bool virtual_links::step_of(std::size_t source) {
  if (source == 0) {
    if (posted_.empty()) return false;
    const auto f = std::move(posted_.front());
    posted_.pop_front();
    f();
    return true;
  }
  if (source == 1) return ring();
  if (source == 2) {
    if (now_() < next_tick_) return false;
    tick();
    return true;
  }
  const auto n = (source - 3) / 2;
  if (n >= halves_.size()) return false;
  const auto h = halves_[n];
  return source % 2 != 0 ? read(h) : write(*h);
}

bool virtual_links::ring() {
  for (std::size_t i = 0; i < alarms_.size(); ++i)
    if (alarms_[i]->fire()) return true;
  return false;
}

void virtual_links::tick() {
  const auto now = now_();
  next_tick_ = now + tick_interval;
  const auto all = halves_;
  for (const auto& h : all) beat(h);
  for (std::size_t slot = 0; slot < net_.nodes_.size(); ++slot) {
    if (slot == slot_) continue;
    const auto name = net_.name_of(slot);
    auto& p = peers_[name];
    if (p.link || now < p.next_dial) continue;
    if (name < settings_.node && now - p.lost < larger_waits) continue;
    dial(slot, p);
  }
  if (++ticks_ % gossip_ticks == 0) gossip();
  std::erase_if(halves_, [](const auto& h) { return h->ended; });
}

void virtual_links::dial(std::size_t slot, peer& p) {
  if (net_.nodes_[slot] == nullptr) return dial_failed(p);  // refused
  p.next_dial = now_() + 2 * milliseconds(settings_.handshake_ms);
  auto h = std::make_shared<half>();
  h->connection = std::make_shared<virtual_connection>();
  h->connection->slots = {slot_, slot};
  h->node = net_.name_of(slot);
  h->opened = now_();
  net_.connections_.push_back(h->connection);
  say_hello(*h);
  halves_.push_back(h);
  net_.nodes_[slot]->accept(h->connection);
}

void virtual_links::dial_failed(peer& p) {
  const auto pause =
      milliseconds(settings_.redial_ms) * (1 << std::min(p.failures++, max_doublings));
  p.next_dial = now_() + pause / 2 +
                milliseconds(net_.choice().next() % static_cast<std::uint64_t>(pause.count() + 1));
}

// The other node reads when the hello has arrived.
void virtual_links::accept(std::shared_ptr<virtual_connection> c) {
  auto h = std::make_shared<half>();
  h->connection = std::move(c);
  h->side = 1;
  h->opened = now_();
  halves_.push_back(std::move(h));
}

void virtual_links::say_hello(half& h) { net_.put(h.its(), h.side, self_.SerializeAsString()); }

bool virtual_links::read(const half_ptr& h) {
  if (h->ended || !net_.arrived(h->its(), 1 - h->side)) return false;
  auto& queue = h->its().under_way[static_cast<std::size_t>(1 - h->side)];
  const auto bytes = std::move(queue.front().bytes);
  queue.pop_front();
  h->heard = now_();
  if (bytes.empty()) {
    end(h, "the other node closed it");
  } else if (!h->introduced) {
    if (h->side == 1) say_hello(*h);
    introduce(h, bytes);
  } else {
    counts_.bytes_in += bytes.size();
    h->in.feed(bytes);
    std::string message;
    std::size_t part_bytes = 0;
    while (!h->ended && h->in.next(message, part_bytes) == link::incoming_lanes::step::message) {
      Envelopes batch;
      if (!batch.ParseFromString(message)) return end(h, "a message cannot be read"), true;
      take(h, batch);
    }
  }
  return true;
}

// What is in the control lane goes at once. The bulk lane may wait a while, so that later envelopes of the other one overtake it.
bool virtual_links::write(half& h) {
  if (h.ended || !h.introduced) return false;
  const auto now = now_();
  std::string bytes;
  while (bytes.size() < write_bytes && !h.out.empty(link::lane::control))
    h.out.take_frame(link::lane::control, bytes);
  if (!h.out.empty(link::lane::bulk) && now >= h.bulk_after) {
    if (net_.choice().next() % 8 == 0)
      h.bulk_after = now + milliseconds(10 * (1 + net_.choice().next() % 3));
    else
      while (bytes.size() < write_bytes && !h.out.empty(link::lane::bulk))
        h.out.take_frame(link::lane::bulk, bytes);
  }
  if (bytes.empty()) return false;
  counts_.bytes_out += bytes.size();
  h.wrote_since_beat = true;
  net_.put(h.its(), h.side, std::move(bytes));
  return true;
}

void virtual_links::beat(const half_ptr& h) {
  if (h->ended) return;
  const auto now = now_();
  if (!h->introduced) {
    if (now - h->opened <= milliseconds(settings_.handshake_ms)) return;
    end(h, "no hello");
    return;
  }
  if (now - h->heard > milliseconds(settings_.silence_ms)) return end(h, "silent");
  if (now < h->beat) return;
  h->beat = now + milliseconds(settings_.heartbeat_ms);
  if (std::exchange(h->wrote_since_beat, false)) return;
  Envelope ping;
  ping.mutable_ping();
  put(*h, ping, link::lane::control);
}

// See links::proved.
void virtual_links::introduce(const half_ptr& h, const std::string& hello) {
  Member other;
  other.ParseFromString(hello);
  const auto& node = h->node = other.node();
  auto& p = peers_[node];
  const bool by_smaller = (h->side == 0) == (settings_.node < node);
  const bool same = p.record.incarnation() == other.incarnation();
  if (p.link && other.incarnation() < p.record.incarnation()) {
    ++counts_.refused;
    return end(h, "an earlier start");
  }
  if (p.link && same && p.dialled_by_smaller && !by_smaller) return end(h, "there is a link");
  if (const auto old = p.link) {
    lost(node, old.get(), "replaced");
    end(old, "replaced");
  }
  if (p.number == 0 || !same) p.number = ++last_number_;
  h->number = p.number;
  h->introduced = true;
  p.record = std::move(other);
  p.link = h;
  p.dialled_by_smaller = by_smaller;
  p.since = now_();
  p.next_dial = {};
  p.failures = 0;
  publish();
  log::info("link.up", {{"node", p.record.node()}, {"from", settings_.node}});
  hooks_.up(p.number, p.record);
  gossip();
  told_change();
}

void virtual_links::take(const half_ptr& h, Envelopes& batch) {
  counts_.envelopes_in += static_cast<std::uint64_t>(batch.items_size());
  for (const auto& e : batch.items())
    if (e.has_members()) take_members(e.members());
  hooks_.received(h->number, batch);
}

bool virtual_links::send(peer_number to, const Envelope& e, link::lane on) {
  for (const auto& [node, p] : peers_)
    if (p.link && p.number == to) {
      if (on != link::lane::bulk || !net_.way(slot_, p.link->other()).full)
        return put(*p.link, e, on);
      end(p.link, "too much waits");
      return false;
    }
  return false;
}

bool virtual_links::put(half& h, const Envelope& e, link::lane on) {
  if (h.ended || !h.out.add(e, on)) return false;
  ++counts_.envelopes_out;
  return true;
}

void virtual_links::end(const half_ptr& h, const std::string& reason) {
  if (std::exchange(h->ended, true)) return;
  h->out.clear();
  net_.put(h->its(), h->side, {});
  if (!h->introduced) {
    if (h->side == 0) dial_failed(peers_[h->node]);
    return;
  }
  post([this, h, reason] { lost(h->node, h.get(), reason); });
}

void virtual_links::lost(const std::string& node, const half* which, const std::string& reason) {
  auto& p = peers_[node];
  if (p.link.get() != which) return;
  p.link.reset();
  p.lost = now_();
  ++counts_.losses;
  log::warn("link.down", {{"node", node}, {"from", settings_.node}, {"reason", reason}});
  publish();
  hooks_.down(p.number, p.record, reason);
  gossip();
  told_change();
}

void virtual_links::update_self(std::function<void(Member&)> change) {
  auto f = [this, change = std::move(change)] {
    change(self_);
    self_.set_revision(self_.revision() + 1);
    publish();
    gossip();
    told_change();
  };
  // What is posted before the thread runs comes before the first hello.
  if (running_) post(std::move(f));
  else f();
}

void virtual_links::take_members(const link::Members& told) {
  bool news = false;
  for (const auto& m : told.members()) {
    if (m.node().empty() || m.node() == settings_.node) continue;
    auto& p = peers_[m.node()];
    if (!link::is_news(m, p.record, p.link != nullptr)) continue;
    if (m.incarnation() > p.record.incarnation()) p.number = 0;
    p.record = m;
    p.lost = now_();
    news = true;
  }
  if (!news) return;
  publish();
  told_change();
}

void virtual_links::gossip() {
  Envelope e;
  auto& told = *e.mutable_members();
  *told.add_members() = self_;
  for (const auto& [node, p] : peers_)
    if (p.link) *told.add_members() = p.record;
  for (const auto& [node, p] : peers_)
    if (p.link) put(*p.link, e, link::lane::control);
}

void virtual_links::publish() {
  auto all = std::make_shared<std::vector<link::member_view>>();
  all->push_back({self_, 0, true, {}});
  for (const auto& [node, p] : peers_)
    if (!p.record.node().empty())
      all->push_back({p.record,
                      p.number,
                      p.link != nullptr,
                      p.since,
                      {link::capabilities.begin(), link::capabilities.end()}});
  members_ = std::move(all);
}

}  // namespace nova::simulation
