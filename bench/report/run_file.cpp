// See run_file.hpp.
#include "bench/report/run_file.hpp"

#include <boost/json.hpp>

namespace nova::bench {

namespace json = boost::json;

namespace {

std::string text(const json::object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  return v && v->is_string() ? std::string(v->get_string()) : "";
}

double number(const json::object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  boost::system::error_code wrong;
  const double n = v && v->is_number() ? v->to_number<double>(wrong) : 0;
  return n;
}

bool truth(const json::object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  return v && v->is_bool() && v->get_bool();
}

template <class F>
void each(const json::object& o, std::string_view name, F f) {
  const auto* list = o.if_contains(name);
  if (!list || !list->is_array()) return;
  for (const auto& x : list->get_array())
    if (x.is_object()) f(x.get_object());
}

std::string shown(const json::value& v) {
  return v.is_string() ? std::string(v.get_string()) : json::serialize(v);
}

void read_lists(const json::object& o, run_file& out) {
  each(o, "figures", [&](const json::object& f) {
    out.figures.push_back(
        {text(f, "section"), text(f, "name"), text(f, "note"), number(f, "value")});
  });
  each(o, "timings", [&](const json::object& t) {
    out.timings.push_back({text(t, "section"), text(t, "name"), number(t, "count"),
                           number(t, "p50_ms"), number(t, "p90_ms"), number(t, "p99_ms"),
                           number(t, "p99_9_ms"), number(t, "max_ms")});
  });
  each(o, "goals", [&](const json::object& g) {
    out.goals.push_back({text(g, "section"), text(g, "name"), text(g, "reference"),
                         number(g, "value"), number(g, "goal"), truth(g, "at_least"),
                         truth(g, "met")});
  });
  if (const auto* list = o.if_contains("broken"); list && list->is_array())
    for (const auto& b : list->get_array()) out.broken.push_back(shown(b));
}

}  // namespace

std::string run_file::fact(const std::string& name) const {
  for (const auto& [key, value] : facts)
    if (key == name) return value;
  return "";
}

const run_figure* run_file::find(const std::string& section, const std::string& name) const {
  for (const auto& f : figures)
    if (f.section == section && f.name == name) return &f;
  return nullptr;
}

bool read_run(const std::string& content, run_file& out, std::string& problem) {
  boost::system::error_code wrong;
  const auto value = json::parse(content, wrong);
  if (wrong || !value.is_object() || text(value.get_object(), "scenario").empty()) {
    problem = wrong ? wrong.message() : "no run of nova-bench";
    return false;
  }
  const auto& o = value.get_object();
  out.scenario = text(o, "scenario");
  out.at = text(o, "at");
  out.sound = truth(o, "sound");
  if (const auto* m = o.if_contains("machine"); m && m->is_object()) {
    const auto& machine = m->get_object();
    out.machine = std::to_string(static_cast<int>(number(machine, "processors"))) +
                  " processors, " + text(machine, "kernel");
    out.load_at_start = number(machine, "load_at_start");
  }
  if (const auto* facts = o.if_contains("facts"); facts && facts->is_object())
    for (const auto& [key, v] : facts->get_object())
      out.facts.emplace_back(std::string(key), shown(v));
  read_lists(o, out);
  return true;
}

}  // namespace nova::bench
