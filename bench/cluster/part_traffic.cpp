// See part_traffic.hpp.
#include "bench/cluster/part_traffic.hpp"

#include "protocols/core/ids.hpp"
#include "tests/support/client/json_text.hpp"

#include <algorithm>

namespace nova::bench {

namespace {

constexpr std::size_t people = 12;
constexpr std::size_t most_details = 100;
constexpr std::uint64_t calm_us = 1'000'000;
constexpr auto again_after = std::chrono::milliseconds(20);
constexpr auto open_within = std::chrono::seconds(30), answer_within = std::chrono::seconds(30);

}  // namespace

std::vector<std::vector<std::uint64_t>> answers_by_part(const std::vector<part_send>& sends,
                                                        std::size_t parts) {
  std::vector<std::vector<std::uint64_t>> out(parts);
  for (const auto& s : sends)
    if (s.answered_us != 0) out[s.part].push_back(s.answered_us);
  for (auto& one : out) std::ranges::sort(one);
  return out;
}

std::uint64_t longest_gap_us(const std::vector<std::uint64_t>& answers, std::uint64_t from_us,
                             std::uint64_t to_us) {
  auto at = std::ranges::lower_bound(answers, from_us);
  if (at == answers.begin() || at == answers.end()) return 0;
  std::uint64_t longest = 0;
  for (auto before = *(at - 1); at != answers.end(); before = *at++) {
    longest = std::max(longest, *at - before);
    if (*at >= to_us) return longest;
  }
  return 0;
}

part_traffic::~part_traffic() {
  io_.run([this] {
    alive_.reset();
    sending_ = false;
    for (auto& l : lanes_) l->sender.reset();
    sockets_.clear();
  });
}

bool part_traffic::set_up(std::size_t lanes, const std::string& asked, std::string& problem) {
  accounts_ = stage_.accounts(people);
  if (accounts_.empty()) return problem = "accounts were refused", false;
  const auto owned = stage_.parts("messaging", asked);
  parts_ = owned.size();
  std::map<std::uint64_t, std::size_t> part_of;
  for (std::size_t i = 0; i < owned.size(); ++i)
    for (const auto shard : owned[i].shards) part_of[shard] = i;
  if (part_of.empty()) return problem = "no parts of messaging", false;
  std::vector<std::size_t> have(parts_);
  client::http_client http(stage_.at());
  for (std::size_t i = 0; i < people; ++i)
    for (std::size_t j = i + 1; j < people; ++j) {
      if (std::ranges::all_of(have, [&](auto n) { return n >= lanes; })) break;
      const auto id =
          client::create_conversation(http, accounts_[i], "direct", {accounts_[j].id}, &problem);
      if (id.empty()) return false;
      const auto part = part_of.at(stable_hash(id) % part_of.size());
      if (have[part]++ >= lanes) continue;
      lanes_.push_back(std::make_unique<lane>(lane{part, i, j, id}));
      by_conversation_[id] = lanes_.back().get();
    }
  if (std::ranges::any_of(have, [&](auto n) { return n < lanes; }))
    return problem = "too few conversations in a part", false;
  io_.run([this] {
    for (std::size_t i = 0; i < people; ++i) sockets_.push_back(make_socket(i, true));
    for (auto& l : lanes_) l->sender = make_socket(l->from, false);
  });
  if (io_.wait([this] { return open_ >= people + lanes_.size(); }, open_within)) return true;
  problem = "not every socket opened";
  return false;
}

std::shared_ptr<client::session> part_traffic::make_socket(std::size_t account, bool listens) {
  client::session_events e;
  e.opened = [this](std::string_view) { ++open_; };
  if (listens) e.pushed = [this, account](std::string_view frame) { pushed(account, frame); };
  e.closed = [this](int code, int, std::string_view) {
    ++closures_[code];
    last_closed_us_ = now_us();
  };
  e.seen = [this, account] { return seen_by(account); };
  auto made = client::session::make(io_,
                                    {.to = stage_.at(account),
                                     .access_token = accounts_[account].access_token,
                                     .echo = false,
                                     .reconnect = true},
                                    std::move(e));
  made->start();
  return made;
}

std::string part_traffic::seen_by(std::size_t account) const {
  std::string out;
  for (const auto& l : lanes_)
    if (l->to == account || l->from == account)
      out += (out.empty() ? "{" : ",") + client::quoted(l->conversation) + R"(:{"seq":)" +
             std::to_string(l->to == account ? l->seen : l->answered) + R"(,"rev":0})";
  return out.empty() ? out : out + "}";
}

void part_traffic::begin(double rate, std::size_t text_bytes) {
  io_.run([&] {
    text_bytes_ = text_bytes;
    interval_us_ = 1e6 * static_cast<double>(lanes_.size()) / rate;
    sending_ = true;
    const auto now = static_cast<double>(now_us());
    for (std::size_t i = 0; i < lanes_.size(); ++i)
      lanes_[i]->next_due_us = now + 1e6 * static_cast<double>(i) / rate;
    pace();
  });
}

void part_traffic::pace() {
  if (!sending_) return;
  const auto now = static_cast<double>(now_us());
  for (auto& l : lanes_)
    for (; l->next_due_us <= now; l->next_due_us += interval_us_) {
      l->sends.push_back({l->part, static_cast<std::uint64_t>(l->next_due_us)});
      ++l->unanswered;
      send(*l, l->sends.size() - 1);
    }
  io_.after(std::chrono::milliseconds(1), [this, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) pace();
  });
}

void part_traffic::send(lane& l, std::size_t number) {
  std::string params = R"({"conversation_id":)" + client::quoted(l.conversation) +
                       R"(,"client_id":")" + tag_ + "-" + std::to_string(number) + R"(","text":")";
  params.append(text_bytes_, 'x');
  params += "\"}";
  l.sender->call("messaging.send", params,
                 [this, &l, number](const auto& r) { answered(l, number, r); });
}

void part_traffic::answered(lane& l, std::size_t number, const client::call_reply& r) {
  if (sockets_.empty()) return;  // at the end
  if (r.ok) {
    l.sends[number].answered_us = now_us();
    --l.unanswered;
    l.answered = std::max(
        l.answered, static_cast<std::uint64_t>(client::find_number(r.body, "seq").value_or(0)));
    return;
  }
  const auto code = r.lost ? "lost" : r.code();
  ++failures_[code];
  if (!r.lost && details_.size() < most_details)
    details_.push_back(
        {l.part, number, l.sends[number].intended_us, now_us(), std::string(r.body)});
  const auto again = [this, &l, number, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) send(l, number);
  };
  if (r.lost) io_.post(again);  // waits in the session until it is open
  else io_.after(again_after, again);
}

void part_traffic::pushed(std::size_t account, std::string_view frame) {
  const auto view = client::read_frame(frame);
  const bool gap = view.method == "session.gap";
  if (!gap && view.method != "messaging.message") return;
  const auto at = by_conversation_.find(client::find_string(frame, "conversation_id"));
  const auto seq = client::find_number(frame, gap ? "to_seq" : "seq");
  if (at == by_conversation_.end() || !seq) return;
  auto& l = *at->second;
  if (account != l.to) return;  // the sender's, whose socket is another one than when it sent
  if (gap) {
    ++gaps_;
    l.seen = std::max(l.seen, static_cast<std::uint64_t>(*seq));
    return;
  }
  const auto number = static_cast<std::uint64_t>(*seq);
  if (number <= l.seen) {
    ++doubles_;
    return;
  }
  if (number != l.seen + 1) {
    ++holes_;
    if (details_.size() < most_details)
      details_.push_back({l.part, l.seen, 0, now_us(), "a hole before " + std::to_string(number)});
  }
  l.seen = number;
}

bool part_traffic::delivered() const {
  return std::ranges::all_of(lanes_, [](const auto& l) {
    return l->unanswered == 0 && l->seen >= l->base + l->sends.size();
  });
}

void part_traffic::end(report& out) {
  io_.run([this] { sending_ = false; });
  const bool all = io_.wait([this] { return delivered(); }, answer_within);
  client::http_client http(stage_.at());
  std::uint64_t wrong = 0, made = 0, unanswered = 0, undelivered = 0;
  for (auto& l : lanes_) {
    const auto reply =
        http.get("/v1/conversations/" + l->conversation, accounts_[l->from].access_token);
    const auto last = client::find_number(reply.body, "last_seq");
    io_.run([&] {
      made += l->sends.size();
      unanswered += l->unanswered;
      undelivered += l->base + l->sends.size() - std::min(l->seen, l->base + l->sends.size());
      wrong += !last || static_cast<std::uint64_t>(*last) != l->base + l->sends.size();
    });
  }
  std::uint64_t holes = 0, doubles = 0, gaps = 0, closed = 0;
  io_.run([&] {
    holes = holes_, doubles = doubles_, gaps = gaps_;
    for (const auto& [code, n] : closures_) closed += n;
  });
  boost::json::array details;
  io_.run([&] {
    for (const auto& d : details_)
      details.push_back({{"part", d.part},
                         {"number", d.number},
                         {"due_us", d.due_us},
                         {"failed_us", d.failed_us},
                         {"error", d.error}});
  });
  if (!details.empty()) out.set("first_failures", std::move(details));
  for (const auto& [code, n] : failures())
    out.number("failed_" + code, static_cast<double>(n), "answers, each repeated");
  for (const auto& [code, n] : closures())
    out.number("closed_" + std::to_string(code), static_cast<double>(n), "sockets, each resumed");
  out.number("sends", static_cast<double>(made), "in all, each once in its conversation");
  out.number("pushed_again", static_cast<double>(doubles), "messages, after a resume");
  out.number("gaps", static_cast<double>(gaps), "that a resume told of instead of the messages");
  if (closed == 0 && doubles > 0)
    out.broken(std::to_string(doubles) + " messages were delivered twice");
  if (!all && unanswered > 0) out.broken(std::to_string(unanswered) + " sends were never answered");
  if (!all && undelivered > 0)
    out.broken(std::to_string(undelivered) + " sends were not delivered");
  if (holes > 0) out.broken(std::to_string(holes) + " holes in what was delivered");
  if (wrong > 0)
    out.broken(std::to_string(wrong) + " conversations do not hold each send exactly once");
}

std::uint64_t part_traffic::first_answer(std::size_t part, std::uint64_t after_us) {
  std::uint64_t first = 0;
  io_.run([&] {
    for (const auto& l : lanes_) {
      if (l->part != part) continue;
      const auto from = std::ranges::lower_bound(l->sends, after_us, {}, &part_send::intended_us);
      for (auto at = from; at != l->sends.end(); ++at)
        if (at->answered_us != 0 && (first == 0 || at->answered_us < first))
          first = at->answered_us;
    }
  });
  return first;
}

bool part_traffic::await_answers(const std::vector<std::size_t>& parts, std::uint64_t after_us) {
  return io_.wait(
      [&] {
        return std::ranges::all_of(parts, [&](auto part) {
          return std::ranges::any_of(lanes_, [&](const auto& l) {
            if (l->part != part) return false;
            const auto from =
                std::ranges::lower_bound(l->sends, after_us, {}, &part_send::intended_us);
            return std::any_of(from, l->sends.end(),
                               [](const auto& s) { return s.answered_us != 0; });
          });
        });
      },
      answer_within);
}

bool part_traffic::await_calm() {
  return io_.wait([this] { return now_us() - last_closed_us_ > calm_us; }, answer_within);
}

std::vector<part_send> part_traffic::sends() {
  std::vector<part_send> out;
  io_.run([&] {
    for (const auto& l : lanes_) out.insert(out.end(), l->sends.begin(), l->sends.end());
  });
  return out;
}

std::map<std::string, std::uint64_t> part_traffic::failures() {
  std::map<std::string, std::uint64_t> out;
  io_.run([&] { out = failures_; });
  return out;
}

std::map<int, std::uint64_t> part_traffic::closures() {
  std::map<int, std::uint64_t> out;
  io_.run([&] { out = closures_; });
  return out;
}

bool start_two_owners(node_stage& s, std::string& problem) {
  auto base = domains_but({"messaging"});
  base.emplace_back("gateway");
  return s.open(problem) &&
         s.start({{"base", base}, {"left", {"messaging"}}, {"right", {"messaging"}}}, problem);
}

}  // namespace nova::bench
