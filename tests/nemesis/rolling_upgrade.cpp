// See rolling_upgrade.hpp.
#include "tests/nemesis/rolling_upgrade.hpp"

#include "actors/domain_modules.hpp"
#include "protocols/core/error.hpp"
#include "storage/postgres/conninfo.hpp"
#include "storage/runtime/migrations.hpp"
#include "tests/support/slowdown.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>

namespace nova::nemesis {

namespace json = boost::json;
using clock_type = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

constexpr std::chrono::seconds drained_within{45 * test::slowdown},
    share_within{60 * test::slowdown};
/// 0: cut by the load, or by a node that is gone. 1012: resume elsewhere.
const std::set<int> closes_of_upgrades{0, 1012};
/// The load asks for what may be forbidden by then: of somebody who blocks, in a group that was left, of a message that was recalled.
const std::set<std::string> expected_refusals{"forbidden", "blocked", "not_found", "conflict"};

std::string output_of(const std::string& command) {
  std::string out;
  auto* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char buffer[4096];
  while (const auto n = std::fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, n);
  ::pclose(pipe);
  return out;
}

std::string version_of(const std::string& binary) {
  auto text = output_of(binary + " --version");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::int64_t since(clock_type::time_point t) {
  return std::chrono::duration_cast<milliseconds>(clock_type::now() - t).count();
}

bool may_repeat(const std::string& code) {
  return std::ranges::any_of(all_errors(),
                             [&](const errc_info& e) { return e.name == code && e.retry; });
}

}  // namespace

rolling_upgrade::rolling_upgrade(bed& b, std::string previous, std::string next)
    : bed_(b),
      previous_{std::move(previous)},
      next_{next.empty() ? client::default_binary() : std::move(next)},
      upgraded_(bed::nodes),
      began_(bed::nodes) {}

bool rolling_upgrade::begin(std::string& why) {
  previous_.version = version_of(previous_.binary);
  next_.version = version_of(next_.binary);
  if (previous_.version.empty() || next_.version.empty())
    return why = "a program does not say its version", false;
  std::printf("from %s to %s\n", previous_.version.c_str(), next_.version.c_str());
  if (!read_applied(before_, why)) return false;
  after_ = before_;
  return true;
}

std::size_t rolling_upgrade::first_of_previous() const {
  return static_cast<std::size_t>(std::ranges::find(upgraded_, false) - upgraded_.begin());
}

bool rolling_upgrade::replace(std::size_t i, bool to_next, std::string& detail, std::string& why) {
  const auto& to = to_next ? next_ : previous_;
  detail = bed::name_of(i) + " to " + to.version;
  const auto drained = clock_type::now();
  if (const auto status = bed_.node(i).stop(drained_within); status != 0)
    return why = "drained, it ended with " + std::to_string(status), false;
  detail += ", drained in " + std::to_string(since(drained)) + " ms";
  const auto started = clock_type::now();
  bed_.use(i, to.binary);
  if (!bed_.start_node(i, why)) return false;
  detail += ", ready after " + std::to_string(since(started)) + " ms";
  upgraded_[i] = to_next;
  // Owners of the previous release are not judged: dbe6262 tries no move again that calls held up.
  if (!bed_.await_placed(upgraded_, share_within, why)) return false;
  detail += ", has its parts after " + std::to_string(since(started)) + " ms";
  return !to_next || note_applied(i, why);
}

bool rolling_upgrade::note_applied(std::size_t i, std::string& why) {
  applied now;
  if (!read_applied(now, why)) return false;
  for (const auto& [name, at] : now) {
    const auto there = after_.find(name);
    if (there != after_.end() && there->second == at) continue;
    if (there != after_.end()) return why = name + " was applied again", false;
    const auto domain = std::ranges::find_if(
        bed_.domains(), [&](const auto& d) { return name.starts_with(d.domain + ": "); });
    if (began_[domain->on[0]] || began_[domain->on[1]])
      return why = name + " was applied by a later node than the domain's first", false;
  }
  after_ = std::move(now);
  began_[i] = true;
  return true;
}

bool rolling_upgrade::read_applied(applied& into, std::string& why) {
  for (const auto& d : bed_.domains()) {
    auto db = storage::blocking_connection::open_read_only(bed_.administrator("nova_" + d.domain));
    if (!db) return why = db.error().detail, false;
    const auto rows = db->text(
        "SELECT string_agg(part || '/' || name || ' ' || extract(epoch FROM applied_at), E'\\n') "
        "FROM schema_migration");
    if (!rows) return why = rows.error().detail, false;
    for (std::size_t at = 0; at < rows->size();) {
      const auto end = std::min(rows->find('\n', at), rows->size());
      const auto line = rows->substr(at, end - at);
      const auto space = line.find(' ');
      into[d.domain + ": " + line.substr(0, space)] = line.substr(space + 1);
      at = end + 1;
    }
  }
  return true;
}

bool rolling_upgrade::judge_closes(const std::map<int, std::uint64_t>& closes, std::string& why) {
  for (const auto& [code, n] : closes)
    if (!closes_of_upgrades.contains(code))
      return why = std::to_string(n) + " sockets were closed with " + std::to_string(code), false;
  return true;
}

bool rolling_upgrade::judge(nemesis_report& report, const crash::history& record,
                            std::string& why) {
  if (!judge_migrations(report, why) || !judge_releases(report, why)) return false;
  for (const auto* refused : {&report.counts.refused, &report.counts.refused_others})
    for (const auto& [code, n] : *refused)
      if (!expected_refusals.contains(code))
        return why = std::to_string(n) + " operations were refused as " + code, false;
  for (const auto& [code, n] : report.counts.put_off)
    if (!may_repeat(code))
      return why = std::to_string(n) + " operations were answered " + code, false;
  for (const auto& a : record.accounts)
    if (a.registration == crash::outcome::refused)
      return why = a.handle + " was refused to register", false;
  for (const auto& b : record.blocks)
    if (b.end == crash::outcome::refused) return why = "a block was refused", false;
  return true;
}

bool rolling_upgrade::judge_migrations(nemesis_report& report, std::string& why) {
  applied now;
  if (!read_applied(now, why)) return false;
  if (now != after_)
    return why = "migrations were applied while no node of the release began", false;
  for (const auto& [name, at] : before_)
    if (const auto there = now.find(name); there == now.end() || there->second != at)
      return why = name + " was applied again", false;
  for (const auto& m : domain_modules())
    for (const auto& [part, set] :
         {std::pair(std::string("runtime"), storage::runtime_migrations()),
          std::pair(std::string(m.name), m.migrations)})
      for (const auto& file : set) {
        const auto name = std::string(m.name) + ": " + part + "/" + std::string(file.name);
        if (!now.contains(name)) return why = name + " was not applied", false;
        if (!before_.contains(name)) report.migrations.push_back(name);
      }
  return true;
}

bool rolling_upgrade::judge_releases(nemesis_report& report, std::string& why) {
  for (std::size_t i = 0; i < bed::nodes; ++i) {
    boost::system::error_code failed;
    const auto said =
        output_of(next_.binary + " cluster members --json --at " + bed::operations_of(i));
    const auto members = json::parse(said, failed);
    if (failed || !members.is_object()) return why = "nova cluster members says " + said, false;
    const auto& listed = members.at("members").as_array();
    for (const auto& m : listed) {
      const std::string node(m.at("node").as_string()), release(m.at("release").as_string());
      report.releases[node] = release;
      if (release != next_.version)
        return why = bed::name_of(i) + " says that " + node + " is " + release, false;
    }
    if (listed.size() != bed::nodes)
      return why = bed::name_of(i) + " knows other nodes than all", false;
  }
  return true;
}

}  // namespace nova::nemesis
