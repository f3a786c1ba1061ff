// See workload.hpp. Setting up and operations; reading at rest is in at_rest.cpp.
#include "tests/simulation/workload.hpp"

#include "protocols/auth/auth.pb.h"
#include "protocols/messaging/messaging.pb.h"
#include "protocols/user/user.pb.h"
#include "tests/support/client/json_text.hpp"

#include <algorithm>

namespace nova::simulation {

using client::find_number;
using client::find_string;
using client::quoted;
using crash::outcome;

namespace {

constexpr std::size_t own_kept = 20;
/// Well within runtime.settle_ms, after which a block is answered in any case.
constexpr milliseconds settles_within{700};
constexpr std::size_t most_repeated = 15;
constexpr std::size_t guests = 2;

std::string in_conversation(const std::string& id) { return R"({"conversation_id":)" + quoted(id); }

outcome outcome_of(const socket_answer& a) {
  return a.ok ? outcome::acked : a.uncertain() ? outcome::unknown : outcome::refused;
}
outcome outcome_of(const http_answer& a) {
  return a.ok() ? outcome::acked : a.uncertain() ? outcome::unknown : outcome::refused;
}

person make_person(const std::string& handle) {
  return {{}, handle, handle + "@example.org", "correct horse battery " + handle, {}};
}

}  // namespace

workload::workload(cluster& c, workload_options o, crash::history& record)
    : cluster_(c), options_(o), record_(record) {
  c.on_tick([this] { on_tick(); });
  c.add_source([this] {
    const auto n = devices_.size();
    if (n == 0) return false;
    const auto first = cluster_.random(n);
    for (std::size_t k = 0; k < n; ++k)
      if (devices_[(first + k) % n]->step()) return true;
    return false;
  });
}

rpc::message_ptr workload::registration(const person& p) {
  auto q = std::make_shared<auth::RegisterRequest>();
  q->set_email(p.email);
  q->set_handle(p.handle);
  q->set_password(p.password);
  return q;
}

std::string workload::set_up() {
  if (auto why = register_people(); !why.empty()) return why;
  if (auto why = make_places(); !why.empty()) return why;
  return open_devices();
}

std::string workload::register_people() {
  for (std::size_t i = 0; i < options_.people + guests; ++i) {
    people_.push_back(make_person("person_" + std::to_string(i)));
    auto& p = people_.back();
    const auto a = ask("auth.register", registration(p), {});
    if (!a.ok()) return "registering " + p.handle;
    const auto& tokens = static_cast<const auth::Tokens&>(**a.reply);
    p.id = tokens.account_id();
    p.access_token = tokens.access_token();
    record_.accounts.push_back({p.id, p.handle, outcome::acked});
  }
  blocked_.resize(people_.size());
  return {};
}

std::string workload::add_place(const char* kind, std::size_t owner,
                                const std::vector<std::size_t>& others) {
  auto q = std::make_shared<messaging::CreateConversationRequest>();
  q->set_kind(kind);
  for (auto i : others) q->add_member_ids(people_[i].id);
  const auto a = ask("messaging.create", q, people_[owner].caller());
  if (!a.ok()) return std::string("creating a ") + kind;
  auto p = std::make_unique<place>();
  p->id = static_cast<const messaging::Conversation&>(**a.reply).conversation_id();
  p->owner = owner;
  p->group = std::string_view(kind) == "group";
  p->senders = {owner};
  if (std::string_view(kind) != "channel")
    p->senders.insert(p->senders.end(), others.begin(), others.end());
  p->founders = {owner};
  p->founders.insert(others.begin(), others.end());
  crash::conversation_record r;
  r.id = p->id;
  for (auto i : p->founders) r.founders.insert(people_[i].id);
  record_.conversations.push_back(std::move(r));
  place_of_[p->id] = p.get();
  places_.push_back(std::move(p));
  return {};
}

std::string workload::make_places() {
  const auto n = options_.people;
  std::string why;
  for (std::size_t i = 0; i + 1 < n && why.empty(); i += 2) why = add_place("direct", i, {i + 1});
  for (std::size_t g = 0; g < guests && why.empty(); ++g) why = add_place("direct", n + g, {g});
  for (std::size_t g = 0; g < options_.groups && why.empty(); ++g) {
    const auto owner = (g * 3) % n;
    why = add_place("group", owner, {(owner + 1) % n, (owner + 3) % n, (owner + 4) % n});
    if (why.empty()) places_.back()->guest = n + g % guests;
  }
  // Pairs with a block between them now and then.
  for (std::size_t i = first_blockable; i < first_blockable + blockable && why.empty(); ++i)
    why = add_place("direct", 0, {i});
  if (why.empty()) why = add_place("channel", 0, {2 % n, 3 % n, 5 % n});
  return why;
}

void workload::add_device(std::size_t person, int number) {
  const auto& who = people_[person];
  devices_.push_back(
      std::make_unique<device>(cluster_, who, record_, who.handle + "/" + std::to_string(number)));
  actor a;
  a.person = person;
  a.with = devices_.back().get();
  for (auto& p : places_) {
    if (p->founders.contains(person)) a.with->seen.follow(p->id);
    if (std::count(p->senders.begin(), p->senders.end(), person)) a.places.push_back(p.get());
  }
  actors_.push_back(std::move(a));
}

std::string workload::open_devices() {
  for (std::size_t i = 0; i < people_.size(); ++i) {
    add_device(i, 1);
    if (i < options_.people / 2) add_device(i, 2);
  }
  return cluster_.run_until([this] { return all_open(); }, milliseconds(20'000))
             ? ""
             : "not every socket opened";
}

bool workload::all_open() const {
  return std::all_of(devices_.begin(), devices_.end(), [](const auto& d) { return d->is_open(); });
}

std::string workload::unanswered() const {
  for (const auto& d : devices_)
    if (const auto what = d->waits_for(); !what.empty()) return what;
  return "none that a device knows of";
}

bool workload::caught_up() const {
  for (const auto& c : record_.conversations)
    for (const auto& d : devices_)
      if (c.founders.contains(d->who().id) && d->seen.of(c.id).seq < c.last_seq) return false;
  return true;
}

void workload::on_tick() {
  for (auto& d : devices_) d->on_tick();
  if (!issuing_) return;
  const auto now = cluster_.now();
  // The next reader is asked for the effect again and again.
  if (blocks_end_ && block_turn_ != 0 && blocks_repeated_ < most_repeated && now >= next_repeat_) {
    ++blocks_repeated_;
    next_repeat_ = now + milliseconds(50 + cluster_.random(200));
    ask_block(first_blockable + (block_turn_ - 1) % blockable);
  }
  for (auto& a : actors_) {
    if (now < a.next || a.in_flight >= options_.window) continue;
    a.next =
        now + milliseconds(cluster_.random(static_cast<std::uint64_t>(options_.pause.count())));
    issue(a);
  }
  if (now < next_side_) return;
  next_side_ = now + milliseconds(200 + cluster_.random(600));
  if (cluster_.linked()) create_one();
  cluster_.random(3) == 0 ? register_one() : block_one();
}

void workload::issue(actor& a) {
  if (a.places.empty()) return;
  if (cluster_.random(200) == 0) return a.with->cut();
  const auto roll = cluster_.random(100);
  if (roll < 62) return send(a);
  if (roll < 72) return change_own(a, false);
  if (roll < 78) return change_own(a, true);
  if (roll < 85) return react(a);
  if (roll < 92) return mark(a, true);
  if (roll < 95) return mark(a, false);
  change_members(a);
}

void workload::send(actor& a) {
  const auto* p = a.places[cluster_.random(a.places.size())];
  const auto id = "c" + std::to_string(++made_);
  record_.sends.push_back({p->id, people_[a.person].id, id, "said as " + id, {}});
  ++a.in_flight;
  ++in_flight_;
  transmit(a, record_.sends.size() - 1);
}

void workload::transmit(actor& a, std::size_t send) {
  const auto& s = record_.sends[send];
  auto params = in_conversation(s.conversation) + R"(,"client_id":)" + quoted(s.client_id) +
                R"(,"text":)" + quoted(s.text) + "}";
  a.with->call("messaging.send", std::move(params), [this, &a, send](const socket_answer& r) {
    auto& s = record_.sends[send];
    if (r.uncertain()) {
      ++resent_;
      // Between nodes an earlier try may wait for its owner, and be carried out when a later one has been refused.
      s.open = cluster_.linked();
      const milliseconds wait(r.lost ? 0 : 50 + cluster_.random(150));
      return cluster_.plan(cluster_.now() + wait, 0, [this, &a, send] { transmit(a, send); });
    }
    --a.in_flight;
    --in_flight_;
    if (!r.ok) {
      s.refused = true;
      return;
    }
    s.answers.push_back(
        {find_number(r.body, "seq").value_or(0), std::string(find_string(r.body, "message_id"))});
    ++acked_;
    a.own.push_back({place_of_[s.conversation], s.answers.back().seq});
    if (a.own.size() > own_kept) a.own.pop_front();
    // A client whose answer came too late for its own clock repeats, too.
    if (s.answers.size() == 1 && cluster_.random(25) == 0) {
      ++a.in_flight;
      ++in_flight_;
      transmit(a, send);
    }
  });
}

void workload::once(actor& a, std::string_view method, std::string params,
                    std::function<void(outcome)> end) {
  ++a.in_flight;
  ++in_flight_;
  a.with->call(method, std::move(params), [this, &a, end = std::move(end)](const socket_answer& r) {
    --a.in_flight;
    --in_flight_;
    end(outcome_of(r));
  });
}

void workload::change_own(actor& a, bool recall) {
  if (a.own.empty()) return;
  const auto at = cluster_.random(a.own.size());
  const auto m = a.own[at];
  const auto key = m.at->id + "#" + std::to_string(m.seq);
  if (!busy_.insert(key).second) return;
  if (recall) a.own.erase(a.own.begin() + static_cast<std::ptrdiff_t>(at));
  const auto text = recall ? std::string() : "edit " + std::to_string(++made_);
  record_.changes.push_back(
      {recall ? crash::change_record::kind::recall : crash::change_record::kind::edit, m.at->id,
       people_[a.person].id, m.seq, text});
  auto params = in_conversation(m.at->id) + R"(,"seq":)" + std::to_string(m.seq);
  if (!recall) params += R"(,"text":)" + quoted(text);
  once(a, recall ? "messaging.recall" : "messaging.edit", params + "}",
       [this, key, change = record_.changes.size() - 1](outcome end) {
         record_.changes[change].end = end;
         busy_.erase(key);
       });
}

void workload::react(actor& a) {
  auto* p = a.places[cluster_.random(a.places.size())];
  const auto last = a.with->seen.of(p->id).seq;
  if (last == 0) return;
  const auto seq = last - static_cast<std::int64_t>(cluster_.random(
                              static_cast<std::uint64_t>(std::min<std::int64_t>(last, 10))));
  const std::string emoji = cluster_.random(2) ? "\U0001F44D" : "\U0001F389";
  record_.changes.push_back(
      {crash::change_record::kind::reaction, p->id, people_[a.person].id, seq, emoji});
  once(a, "messaging.react",
       in_conversation(p->id) + R"(,"seq":)" + std::to_string(seq) + R"(,"emoji":)" +
           quoted(emoji) + "}",
       [this, change = record_.changes.size() - 1](outcome end) {
         record_.changes[change].end = end;
       });
}

void workload::mark(actor& a, bool read) {
  auto* p = a.places[cluster_.random(a.places.size())];
  const auto seq = a.with->seen.of(p->id).seq;
  if (seq == 0) return;
  const auto at = record_.marks.size();
  record_.marks.push_back({p->id, people_[a.person].id, seq, read});
  once(a, read ? "messaging.read" : "messaging.delivered",
       in_conversation(p->id) + R"(,"seq":)" + std::to_string(seq) + "}",
       [this, at](outcome end) { record_.marks[at].end = end; });
}

void workload::change_members(actor& a) {
  auto* p = a.places[cluster_.random(a.places.size())];
  if (!p->group || p->owner != a.person || p->members_busy) return;
  p->members_busy = true;
  p->guest_wanted = !p->guest_wanted;
  const auto& guest = people_[p->guest].id;
  record_.member_changes.push_back({p->id, guest, p->guest_wanted});
  const auto who = p->guest_wanted ? R"(,"member_ids":[)" + quoted(guest) + "]}"
                                   : R"(,"account_id":)" + quoted(guest) + "}";
  once(a, p->guest_wanted ? "messaging.add_members" : "messaging.remove_member",
       in_conversation(p->id) + who,
       [this, p, change = record_.member_changes.size() - 1](outcome end) {
         record_.member_changes[change].end = end;
         p->members_busy = false;
       });
}

void workload::register_one() {
  if (std::exchange(register_busy_, true)) return;
  late_.push_back(make_person("late_" + std::to_string(++made_)));
  record_.accounts.push_back({{}, late_.back().handle, outcome::unknown});
  ++in_flight_;
  cluster_.http(*rpc::find_rpc("auth.register"), registration(late_.back()), {},
                [this, at = record_.accounts.size() - 1](const http_answer& a) {
                  --in_flight_;
                  register_busy_ = false;
                  auto& r = record_.accounts[at];
                  r.registration = outcome_of(a);
                  if (a.ok()) r.id = static_cast<const auth::Tokens&>(**a.reply).account_id();
                });
}

/// Without an Idempotency-Key: a second time would make a second group.
void workload::create_one() {
  const auto creator = cluster_.random(first_blockable);
  created_.push_back({"group " + std::to_string(++made_), outcome::unknown});
  auto q = std::make_shared<messaging::CreateConversationRequest>();
  q->set_kind("group");
  q->set_title(created_.back().title);
  q->add_member_ids(people_[(creator + 1) % first_blockable].id);
  ++in_flight_;
  cluster_.http(*rpc::find_rpc("messaging.create"), q, people_[creator].caller(),
                [this, at = created_.size() - 1](const http_answer& a) {
                  --in_flight_;
                  created_[at].end = outcome_of(a);
                });
}

void workload::block_one() {
  if (blocks_end_ || std::exchange(block_busy_, true)) return;
  const auto whom = first_blockable + block_turn_++ % blockable;
  blocked_[whom] = !blocked_[whom];
  ask_block(whom);
}

void workload::ask_block(std::size_t whom) {
  record_.blocks.push_back({people_[0].id, people_[whom].id, blocked_[whom]});
  auto q = std::make_shared<user::BlockRequest>();
  q->set_account_id(people_[whom].id);
  ++in_flight_;
  cluster_.http(
      *rpc::find_rpc(blocked_[whom] ? "user.block" : "user.unblock"), q, people_[0].caller(),
      [this, whom, at = record_.blocks.size() - 1, asked = cluster_.now()](const http_answer& a) {
        --in_flight_;
        record_.blocks[at].end = outcome_of(a);
        const bool in_force = a.ok() && cluster_.now() - asked < settles_within &&
                              cluster_.linked() && cluster_.undisturbed_since(asked);
        if (in_force) return probe_now(whom);
        block_busy_ = false;
      });
}

/// The block or its end was answered within the time that its effect is waited for: it is in force.
void workload::probe_now(std::size_t whom) {
  auto q = std::make_shared<messaging::SendRequest>();
  q->set_conversation_id(pair_with_first(whom).id);
  q->set_client_id("now-" + std::to_string(++made_));
  q->set_text("said as " + q->client_id());
  record_.sends.push_back({q->conversation_id(), people_[whom].id, q->client_id(), q->text(), {}});
  ++in_flight_;
  cluster_.http(
      *rpc::find_rpc("messaging.send"), q, people_[whom].caller(),
      [this, whom, at = record_.sends.size() - 1, asked = cluster_.now()](const http_answer& a) {
        --in_flight_;
        block_busy_ = false;
        auto& s = record_.sends[at];
        if (a.ok()) {
          const auto& sent = static_cast<const messaging::SendReply&>(**a.reply);
          s.answers.push_back({sent.seq(), sent.message_id()});
        } else {
          s.open = a.uncertain();
          s.refused = !a.uncertain();
        }
        if (!a.uncertain() && a.ok() == blocked_[whom])
          untrue_.push_back(people_[whom].handle + (blocked_[whom] ? " was blocked" : " was free") +
                            " by an answer of before " + std::to_string(asked.count()) +
                            " ms, and a send behind it ended otherwise");
      });
}

}  // namespace nova::simulation
