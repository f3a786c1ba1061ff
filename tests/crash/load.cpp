// See load.hpp.
#include "tests/crash/load.hpp"

#include "tests/crash/at_rest.hpp"
#include "tests/support/slowdown.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>

namespace nova::crash {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr seconds idle_within{40 * test::slowdown}, request_within{30 * test::slowdown},
    caught_up_within{10 * test::slowdown}, probed_within{5 * test::slowdown};
constexpr std::size_t repeated_sends = 100;
constexpr std::size_t printed_violations = 40;
constexpr int slow_consumer = 4008;

unsigned long long wide(auto n) { return static_cast<unsigned long long>(n); }

}  // namespace

std::size_t load_report::count(fault f) const {
  return static_cast<std::size_t>(
      std::count_if(found.begin(), found.end(), [f](const auto& v) { return v.what == f; }));
}

void print(const load_report& r) {
  const auto& c = r.counts;
  std::printf(
      "%zu messages by %zu devices, %llu operations (%llu sends repeated), %llu deliveries, %llu "
      "resumes, %llu gaps, "
      "%zu changes, %zu marks, %zu member changes, %zu blocks, %zu accounts, %llu follows, %lld "
      "events\n",
      r.messages, r.devices, wide(c.operations), wide(c.resent), wide(c.deliveries),
      wide(c.resumes), wide(c.gaps), r.changes, r.marks, r.member_changes, r.blocks, r.accounts,
      wide(c.acked_relations), static_cast<long long>(r.events));
  for (const auto& [code, n] : c.closes) std::printf("closed with %d: %llu\n", code, wide(n));
  for (const auto& [code, n] : c.refused)
    std::printf("sends refused as %s: %llu\n", code.c_str(), wide(n));
  for (const auto& [code, n] : c.refused_others)
    std::printf("other operations refused as %s: %llu\n", code.c_str(), wide(n));
  for (const auto& [code, n] : c.put_off)
    std::printf("to come back later, %s: %llu\n", code.c_str(), wide(n));
  for (std::size_t i = 0; i < r.found.size() && i < printed_violations; ++i)
    std::printf("%s: %s\n", std::string(name_of(r.found[i].what)).c_str(),
                r.found[i].detail.c_str());
  if (!r.failed.empty()) std::printf("FAILED: %s\n", r.failed.c_str());
  if (!r.found.empty()) std::printf("FAILED: %zu violations\n", r.found.size());
  std::fflush(stdout);
}

void write_streams(const history& h, const std::string& file) {
  static constexpr const char* kinds[] = {"opened",  "message", "edited", "recalled",
                                          "changed", "gap",     "receipt"};
  std::ofstream out(file);
  for (const auto& d : h.devices)
    for (const auto& e : d.events)
      out << d.name << ' ' << e.at_ms << ' ' << kinds[static_cast<std::size_t>(e.what)] << ' '
          << e.conversation << " seq " << e.seq << " to " << e.to_seq << " rev " << e.rev
          << (e.what == stream_event::kind::opened
                  ? (e.resumed ? " resumed at " : " new at ") + e.text
                  : "")
          << '\n';
}

bool load::begin(std::string& why) {
  sockets_ = std::make_unique<workload>(io_, options_, record_);
  if (!sockets_->set_up(why)) return false;
  const auto& people = sockets_->accounts();
  for (auto i : blocked_by_first) blocked_.push_back(&people[i]);
  std::vector<client::endpoint> gateways{options_.to};
  gateways.insert(gateways.end(), options_.others.begin(), options_.others.end());
  side_ = std::make_unique<side_load>(std::move(gateways), people[0], blocked_);
  sockets_->begin();
  side_->begin();
  return true;
}

std::uint64_t load::acked_within(milliseconds time, std::uint64_t enough) {
  const auto before = acked();
  (void)sockets_->await_acked(before + enough, time);
  return acked() - before;
}

void load::move_to(const client::endpoint& to, bool stubborn_too) {
  sockets_->move_to(to, stubborn_too);
  side_->move_to(to);
}

std::uint64_t load::slow_down() {
  constexpr int tries = 6;
  constexpr seconds each{6 * test::slowdown};
  const auto closed = [this] {
    const auto closes = sockets_->counts().closes;
    const auto at = closes.find(slow_consumer);
    return at == closes.end() ? 0 : at->second;
  };
  const auto before = closed();
  for (int n = 0; n < tries && closed() == before; ++n) {
    sockets_->stop_reading();
    (void)acked_within(each, 2500);
    sockets_->read_again();
    (void)acked_within(each, 50);
  }
  return closed() - before;
}

bool load::rest(const database_audit& audit, const client::endpoint& at, std::string& why,
                const std::function<bool(std::string&)>& taken) {
  side_->finish(record_);
  sockets_->stop_issuing();
  if (!sockets_->await_idle(idle_within))
    return why = "operations stay unanswered: " + sockets_->unanswered(), false;
  client::http_client http(at, request_within);
  const auto& people = sockets_->accounts();
  rest_reader reader{http, people, record_};
  everybody_ = people;
  everybody_.insert(everybody_.end(), side_->registered().begin(), side_->registered().end());
  database_record drained;  // what was asked for has had its effect everywhere before it is probed
  if (!audit.read(drained, why)) return why = "reading the databases: " + why, false;
  if (taken && !taken(why)) return false;
  if (!reader.repeat_sends(repeated_sends) || !reader.probe_blocks(people[0], blocked_) ||
      !reader.read_conversations() || !reader.read_posts())
    return why = "reading at rest: " + reader.why, false;
  (void)sockets_->await_caught_up(caught_up_within);
  sockets_->probe_receipts(probed_within);
  if (!reader.read_accounts(everybody_)) return why = "reading at rest: " + reader.why, false;
  sockets_->probe_presence(probed_within);
  return audit.read(record_.databases.emplace(), why) ||
         (why = "reading the databases: " + why, false);
}

void load::judge(load_report& into) {
  std::set<std::pair<std::string, std::int64_t>> counted;
  for (const auto& s : record_.databases->streams)
    if (counted.insert({s.source, s.shard}).second) into.events += s.head;
  into.counts = sockets_->counts();
  into.devices = sockets_->device_count();
  sockets_.reset();
  for (const auto& c : record_.conversations) into.messages += c.items.size();
  into.changes = record_.changes.size();
  into.marks = record_.marks.size();
  into.member_changes = record_.member_changes.size();
  into.blocks = record_.blocks.size();
  into.accounts = record_.accounts.size();
  for (auto& v : check(record_)) into.found.push_back(std::move(v));
}

}  // namespace nova::crash
