// What the workload's devices do: one function an operation. See workload.hpp.
#include "tests/crash/workload_parts.hpp"

#include "tests/support/client/json_text.hpp"

#include <algorithm>

namespace nova::crash {

using client::find_number;
using client::find_string;
using client::quoted;

namespace {

constexpr std::size_t own_kept = 40;
constexpr std::string_view send_method = "messaging.send";
constexpr int resume_elsewhere = 1012;

std::string in_conversation(const std::string& id) { return R"({"conversation_id":)" + quoted(id); }

}  // namespace

bool may_succeed_later(std::string_view code) noexcept {
  return code == "unavailable" || code == "overloaded" || code == "deadline_exceeded" ||
         code == "rate_limited" || code == "internal";
}

void workload::later(std::chrono::microseconds delay, std::function<void()> what) {
  io_.after(delay, [alive = std::weak_ptr(alive_), what = std::move(what)] {
    if (!alive.expired()) what();
  });
}

void workload::tick(device& d) {
  if (!issuing_) return;
  if (d.in_flight < options_.window) issue(d);
  const auto most = static_cast<std::uint64_t>(options_.pause.count()) * 1000;
  later(std::chrono::microseconds(most / 10 + random(most * 9 / 10)), [this, &d] { tick(d); });
}

void workload::issue(device& d) {
  if (d.places.empty()) return;
  if (random(300) == 0) return drop(d);
  if (random(100) < options_.relations) return relate(d);
  const auto other = options_.posts == 0 ? 100 : random(100);
  if (other < options_.posts) return post(d);
  if (other < 2 * options_.posts) return look_at_feed(d);
  const auto roll = random(100);
  if (roll < 70) return send(d);
  if (roll < 78) return change_own(d, false);
  if (roll < 82) return change_own(d, true);
  if (roll < 88) return react(d);
  if (roll < 94) return mark(d, "messaging.read");
  if (roll < 97) return mark(d, "messaging.delivered");
  change_members(d);
}

void workload::send(device& d) {
  auto* p = d.places[random(d.places.size())];
  const auto id = d.name.substr(d.name.size() - 6) + "-" + std::to_string(++made_);
  const auto length = random(8) == 0 ? random(3000) : random(120);
  record_.sends.push_back(
      {p->id, accounts_[d.account].id, id, "said as " + id + std::string(length, '.'), {}});
  ++counts_.operations;
  d.begin(send_method);
  ++in_flight_;
  transmit(d, record_.sends.size() - 1, std::chrono::steady_clock::now());
}

void workload::drop(device& d) {
  ++d.drops;
  d.session->drop();
}

std::function<void(const client::call_reply&, std::chrono::milliseconds)> workload::watched(
    device& d, const std::string& at) {
  if (!attempts_ || d.slow || !d.session->is_open()) return {};
  const auto here = [&](const client::endpoint& e) {
    return e.port == d.session->to().port && e.host == d.session->to().host;
  };
  const auto other = std::ranges::find_if(options_.others, here);
  if (!here(options_.to) && other == options_.others.end()) return {};
  const auto gateway =
      here(options_.to) ? 0 : 1 + static_cast<std::size_t>(other - options_.others.begin());
  return [into = attempts_, &d, drops = d.drops, gateway, place = place_of_[at]->number](
             const client::call_reply& r, std::chrono::milliseconds took) {
    auto& count = into->of(place, gateway);
    if (r.lost) {
      if (d.drops == drops)
        d.lost_attempts.push_back([into, &count](int close_code) {
          if (close_code == resume_elsewhere) return void(++count.moved);
          ++count.tried;
          ++count.cut;
        });
      return;
    }
    const bool later = !r.ok && may_succeed_later(r.code());
    ++count.tried;
    ++(later ? count.put_off : took <= into->in_time ? count.answered : count.late);
  };
}

void workload::transmit(device& d, std::size_t send, std::chrono::steady_clock::time_point first) {
  const auto& s = record_.sends[send];
  const auto params = in_conversation(s.conversation) + R"(,"client_id":)" + quoted(s.client_id) +
                      R"(,"text":)" + quoted(s.text) + "}";
  const auto start = std::chrono::steady_clock::now();
  d.session->call(
      send_method, params,
      [this, &d, send, start, first, was_open = d.session->is_open(),
       watched = watched(d, s.conversation)](const client::call_reply& r) {
        auto& s = record_.sends[send];
        const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - start);
        const auto took = time.count();
        const bool later = !r.lost && !r.ok && may_succeed_later(r.code());
        if (watched) watched(r, time);
        const bool measured = was_open && !r.lost && measuring_ && !d.slow;
        if (measured)
          counts_.slowest_answer_ms = std::max<std::int64_t>(counts_.slowest_answer_ms, took);
        if (measured && later)
          counts_.slowest_refusal_ms = std::max<std::int64_t>(counts_.slowest_refusal_ms, took);
        refused_later_ += later;
        if (later) ++counts_.put_off[r.code()];
        if (r.lost || later) {
          ++counts_.resent;
          s.open = !options_.others.empty();
          d.last_refusal = r.lost ? "lost" : r.code();
          this->later(std::chrono::milliseconds(r.lost ? 0 : 50 + random(150)),
                      [this, &d, send, first] { transmit(d, send, first); });
          return;
        }
        d.end(send_method);
        --in_flight_;
        if (!r.ok) {
          s.refused = true;
          ++counts_.refused[r.code()];
          return;
        }
        s.answers.push_back({find_number(r.body, "seq").value_or(0),
                             std::string(find_string(r.body, "message_id"))});
        acknowledged(start, first);
        d.own.push_back({place_of_[s.conversation], s.answers.back().seq});
        if (d.own.size() > own_kept) d.own.pop_front();
      });
}

void workload::acknowledged(std::chrono::steady_clock::time_point began,
                            std::chrono::steady_clock::time_point first) {
  const auto now = std::chrono::steady_clock::now();
  series_.answered(now, std::chrono::duration_cast<std::chrono::milliseconds>(now - first));
  const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(now - acknowledged_at_);
  counts_.longest_pause_ms = std::max<std::int64_t>(counts_.longest_pause_ms, pause.count());
  acknowledged_at_ = now;
  if (counts_.first_answer_ms < 0 && began >= watched_from_)
    counts_.first_answer_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(now - watched_from_).count();
  ++counts_.acked_sends;
}

void workload::once(device& d, std::string_view method, const std::string& params,
                    std::function<void(outcome, std::string_view body)> end) {
  ++counts_.operations;
  d.begin(method);
  ++in_flight_;
  d.session->call(
      method, params,
      [this, &d, method = std::string(method), end = std::move(end)](const client::call_reply& r) {
        d.end(method);
        --in_flight_;
        if (r.ok) return end(outcome::acked, r.body);
        if (r.lost) return end(outcome::unknown, {});
        const bool later = may_succeed_later(r.code());
        ++(later ? counts_.put_off : counts_.refused_others)[r.code()];
        end(later ? outcome::unknown : outcome::refused, {});
      });
}

void workload::change_own(device& d, bool recall) {
  if (d.own.empty()) return;
  const auto at = random(d.own.size());
  const auto m = d.own[at];
  const auto key = m.at->id + "#" + std::to_string(m.seq);
  if (!busy_.insert(key).second) return;
  if (recall) d.own.erase(d.own.begin() + static_cast<std::ptrdiff_t>(at));
  const auto text = recall ? std::string() : "edit " + std::to_string(++made_);
  record_.changes.push_back({recall ? change_record::kind::recall : change_record::kind::edit,
                             m.at->id, accounts_[d.account].id, m.seq, text});
  auto params = in_conversation(m.at->id) + R"(,"seq":)" + std::to_string(m.seq);
  if (!recall) params += R"(,"text":)" + quoted(text);
  once(d, recall ? "messaging.recall" : "messaging.edit", params + "}",
       [this, key, change = record_.changes.size() - 1](outcome end, std::string_view) {
         record_.changes[change].end = end;
         busy_.erase(key);
       });
}

void workload::react(device& d) {
  auto* p = d.places[random(d.places.size())];
  const auto last = d.seen.of(p->id).seq;
  if (last == 0) return;
  const auto seq = last - static_cast<std::int64_t>(
                              random(static_cast<std::uint64_t>(std::min<std::int64_t>(last, 20))));
  const std::string emoji = random(2) ? "\U0001F44D" : "\U0001F389";
  record_.changes.push_back(
      {change_record::kind::reaction, p->id, accounts_[d.account].id, seq, emoji});
  once(d, "messaging.react",
       in_conversation(p->id) + R"(,"seq":)" + std::to_string(seq) + R"(,"emoji":)" +
           quoted(emoji) + "}",
       [this, change = record_.changes.size() - 1](outcome end, std::string_view) {
         record_.changes[change].end = end;
       });
}

void workload::mark(device& d, const char* method) {
  auto* p = d.places[random(d.places.size())];
  const auto seq = d.seen.of(p->id).seq;
  if (seq == 0) return;
  const bool read = std::string_view(method) == "messaging.read";
  const auto at = record_.marks.size();
  record_.marks.push_back({p->id, accounts_[d.account].id, seq, read});
  once(d, method, in_conversation(p->id) + R"(,"seq":)" + std::to_string(seq) + "}",
       [this, at](outcome end, std::string_view) { record_.marks[at].end = end; });
}

/// Each is an event that several domains take. The databases say at rest whether all of them agree.
void workload::relate(device& d) {
  const auto other = random(accounts_.size());
  if (other == d.account) return;
  once(d, random(2) ? "user.follow" : "user.unfollow",
       R"({"account_id":)" + quoted(accounts_[other].id) + "}",
       [this](outcome end, std::string_view) {
         if (end == outcome::acked) ++counts_.acked_relations;
       });
}

void workload::post(device& d) {
  const auto text = "post " + std::to_string(++made_);
  record_.posts.push_back({accounts_[d.account].id, text});
  once(d, "content.create", R"({"text":)" + quoted(text) + "}",
       [this, at = record_.posts.size() - 1](outcome end, std::string_view body) {
         record_.posts[at].end = end;
         record_.posts[at].id = find_string(body, "post_id");
       });
}

void workload::look_at_feed(device& d) {
  once(d, "feed.page", "{}", [](outcome, std::string_view) {});
}

void workload::change_members(device& d) {
  auto* p = d.places[random(d.places.size())];
  if (!p->group || p->owner != d.account || p->members_busy) return;
  p->members_busy = true;
  p->guest_wanted = !p->guest_wanted;
  const auto& guest = accounts_[p->guest].id;
  record_.member_changes.push_back({p->id, guest, p->guest_wanted});
  const auto who = p->guest_wanted ? R"(,"member_ids":[)" + quoted(guest) + "]}"
                                   : R"(,"account_id":)" + quoted(guest) + "}";
  once(d, p->guest_wanted ? "messaging.add_members" : "messaging.remove_member",
       in_conversation(p->id) + who,
       [this, p, change = record_.member_changes.size() - 1](outcome end, std::string_view) {
         record_.member_changes[change].end = end;
         p->members_busy = false;
       });
}

}  // namespace nova::crash
