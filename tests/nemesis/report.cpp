// See report.hpp.
#include "tests/nemesis/report.hpp"

#include "tests/support/slowdown.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdio>
#include <map>
#include <vector>

namespace nova::nemesis {

namespace json = boost::json;
using crash::fault;

namespace {

using times = std::vector<std::int64_t>;

constexpr std::size_t judged_faults = 20;
constexpr double recovered_ms = 10'000.0 * test::slowdown;
constexpr std::size_t judged_attempts = 10'000;
constexpr double available_percent = 99.9;

std::int64_t part(times& values, std::size_t tenths) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, values.size() * tenths / 10)];
}

/// The smallest value that 99 of 100 do not exceed.
std::int64_t ninety_nine(times values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[(values.size() * 99 + 99) / 100 - 1];
}

goal recovery(const nemesis_report& r, const char* name, std::int64_t harm_record::*measured) {
  times values;
  values.reserve(r.harms.size());
  for (const auto& h : r.harms) values.push_back(h.*measured);
  return {name, static_cast<double>(ninety_nine(values)), recovered_ms, values.size(),
          judged_faults};
}

double percent_of(const crash::attempt_count& c) {
  return c.tried == 0 ? 100 : 100 * static_cast<double>(c.answered) / static_cast<double>(c.tried);
}

crash::attempt_count untouched_of(const nemesis_report& r) {
  crash::attempt_count out;
  for (const auto& h : r.harms) out += h.untouched;
  return out;
}

goal availability(const nemesis_report& r) {
  const auto sum = untouched_of(r);
  return {"% of sends to untouched shards answered in time",
          percent_of(sum),
          available_percent,
          sum.tried,
          judged_attempts,
          true};
}

std::string text_of(const goal& g) {
  char bound[60];
  std::snprintf(bound, sizeof bound, ", at %s %.*f: ", g.at_least ? "least" : "most",
                g.at_least ? 1 : 0, g.bound);
  const auto text = g.name + ": " + value_of(g) + bound;
  if (!g.judged())
    return text + ("not judged, " + std::to_string(g.of) + " of " + std::to_string(g.least)) + "\n";
  return text + std::string(g.met() ? "met" : "MISSED") + "\n";
}

std::string in_words(const char* what, const crash::attempt_count& c) {
  const auto wide = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  char text[300];
  std::snprintf(text, sizeof text,
                "%s: %.3f %% of %llu; %llu late, %llu put off, %llu cut; %llu more were told to "
                "resume\n",
                what, percent_of(c), wide(c.tried), wide(c.late), wide(c.put_off), wide(c.cut),
                wide(c.moved));
  return text;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "none" : out;
}

std::string row(const std::string& name, const std::vector<const harm_record*>& records) {
  constexpr std::int64_t harm_record::*columns[] = {&harm_record::first_ms, &harm_record::gap_ms,
                                                    &harm_record::healed_ms,
                                                    &harm_record::whole_ms};
  char text[160];
  std::snprintf(text, sizeof text, "%-16s %4zu", name.c_str(), records.size());
  std::string out = text;
  for (const auto column : columns) {
    times values;
    values.reserve(records.size());
    for (const auto* r : records) values.push_back(r->*column);
    const auto half = part(values, 5), most = part(values, 9);
    std::snprintf(text, sizeof text, " | %6lld %6lld %6lld", static_cast<long long>(half),
                  static_cast<long long>(most), static_cast<long long>(values.back()));
    out += text;
  }
  return out + "\n";
}

json::object json_of(const crash::attempt_count& c) {
  return {{"sends", c.tried},     {"answered", c.answered}, {"late", c.late},
          {"put_off", c.put_off}, {"cut", c.cut},           {"told_to_resume", c.moved}};
}

}  // namespace

std::string value_of(const goal& g) {
  char out[60];
  std::snprintf(out, sizeof out, "%.*f", g.at_least ? 3 : 0, g.value);
  return out;
}

std::vector<goal> goals_of(const nemesis_report& r) {
  return {recovery(r, "ms from the healing to 100 more sends, p99", &harm_record::healed_ms),
          recovery(r, "ms from the healing to a whole cluster, p99", &harm_record::whole_ms),
          availability(r)};
}

bool passed(const nemesis_report& r) {
  return r.sound() &&
         std::ranges::all_of(goals_of(r), [](const auto& g) { return !g.judged() || g.met(); });
}

std::string text_of(const nemesis_report& r) {
  std::map<harm, std::vector<const harm_record*>> by_kind;
  std::vector<const harm_record*> all;
  all.reserve(r.harms.size());
  for (const auto& h : r.harms) {
    by_kind[h.what].push_back(&h);
    all.push_back(&h);
  }
  std::string out;
  for (const auto& [node, release] : r.releases) out += node + " is " + release + "\n";
  if (!r.releases.empty()) out += "migrations, each applied once: " + joined(r.migrations) + "\n";
  if (!all.empty())
    out +=
        "milliseconds: median, 9 of 10, longest\n"
        "fault               n | first answered write | longest gap          | healed: 100 sends   "
        " "
        "| healed: whole\n";
  for (const auto& [kind, records] : by_kind) out += row(std::string(name_of(kind)), records);
  if (!all.empty()) out += row("all", all);
  if (!all.empty())
    for (const auto& g : goals_of(r)) out += text_of(g);
  if (r.calm.tried != 0)
    out += in_words("sends to untouched shards", untouched_of(r)) +
           in_words("beside it, to all shards between the faults", r.calm);
  const std::pair<fault, const char*> counted[] = {{fault::lost, "lost"},
                                                   {fault::doubled, "doubled"},
                                                   {fault::reordered, "reordered"},
                                                   {fault::phantom, "phantom"},
                                                   {fault::stale_epoch, "writes of a fenced lane"}};
  out += std::to_string(r.counts.acked_sends) + " sends acknowledged under " +
         std::to_string(all.size()) + " faults:";
  auto others = r.found.size();
  for (const auto& [f, name] : counted) {
    const auto n = r.count(f);
    others -= n;
    out += " " + std::to_string(n) + " " + name + ",";
  }
  return out + " " + std::to_string(others) + " others\n";
}

namespace {

/// Arrays of the same length; a time is null when nothing was answered in its interval.
json::object series_of(const nemesis_report& r) {
  json::array answered, half, most;
  const auto time = [](const auto& p, float ms) {
    return p.answered == 0 ? json::value() : json::value(ms);
  };
  for (const auto& p : r.series) {
    answered.emplace_back(p.answered);
    half.emplace_back(time(p, p.p50_ms));
    most.emplace_back(time(p, p.p99_ms));
  }
  return {{"interval_ms", crash::answer_series::interval.count()},
          {"answered_sends", std::move(answered)},
          {"p50_ms", std::move(half)},
          {"p99_ms", std::move(most)}};
}

}  // namespace

std::string json_of(const nemesis_report& r) {
  json::array harms, found, goals, migrations(r.migrations.begin(), r.migrations.end());
  json::object releases, put_off, closes;
  for (const auto& [node, release] : r.releases) releases[node] = release;
  for (const auto& [code, n] : r.counts.put_off) put_off[code] = n;
  for (const auto& [code, n] : r.counts.closes) closes[std::to_string(code)] = n;
  for (const auto& h : r.harms)
    harms.push_back(json::object{{"fault", name_of(h.what)},
                                 {"detail", h.detail},
                                 {"began_ms", h.began_ms},
                                 {"lasted_ms", h.lasted_ms},
                                 {"first_answered_write_ms", h.first_ms},
                                 {"longest_gap_ms", h.gap_ms},
                                 {"healed_100_sends_ms", h.healed_ms},
                                 {"healed_whole_ms", h.whole_ms},
                                 {"packets", h.packets},
                                 {"untouched", json_of(h.untouched)}});
  for (const auto& g : goals_of(r))
    goals.push_back(json::object{{"name", g.name},
                                 {"value", g.value},
                                 {"bound", g.bound},
                                 {"of", g.of},
                                 {"judged", g.judged()},
                                 {"met", g.met()}});
  for (const auto& v : r.found)
    found.push_back(json::object{{"what", crash::name_of(v.what)}, {"detail", v.detail}});
  return json::serialize(json::object{{"seed", std::to_string(r.seed)},
                                      {"sound", r.sound()},
                                      {"failed", r.failed},
                                      {"acknowledged_sends", r.counts.acked_sends},
                                      {"operations", r.counts.operations},
                                      {"repeated_sends", r.counts.resent},
                                      {"deliveries", r.counts.deliveries},
                                      {"resumes", r.counts.resumes},
                                      {"messages", r.messages},
                                      {"events", r.events},
                                      {"put_off", std::move(put_off)},
                                      {"closes", std::move(closes)},
                                      {"releases", std::move(releases)},
                                      {"migrations", std::move(migrations)},
                                      {"goals", std::move(goals)},
                                      {"between_the_faults", json_of(r.calm)},
                                      {"faults", std::move(harms)},
                                      {"series", series_of(r)},
                                      {"violations", std::move(found)}});
}

}  // namespace nova::nemesis
