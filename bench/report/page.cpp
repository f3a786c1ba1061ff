// See page.hpp.
#include "bench/report/page.hpp"

#include "bench/report/charts.hpp"
#include "bench/rivals/rival_chat.hpp"
#include "tests/support/page_parts.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

namespace nova::bench {

namespace {

std::string cell(const std::string& text, bool number = false) {
  return std::string(number ? "<td class=\"n\">" : "<td>") + escaped(text) + "</td>";
}

std::string title_of(const run_file& run) {
  const auto server = run.fact("server");
  return run.scenario + (server.empty() || server == "nova" ? "" : " against " + server);
}

std::string goals_table(const std::vector<run_file>& runs) {
  std::string out =
      "<div class=\"scroll\"><table><tr><th>scenario</th><th>measure</th><th class=\"n\">goal</th>"
      "<th class=\"n\">figure</th><th>reference</th><th>met</th></tr>";
  for (const auto& run : runs)
    for (const auto& g : run.goals)
      out += "<tr>" + cell(title_of(run)) +
             cell((g.section.empty() ? "" : g.section + ": ") + spoken(g.name)) +
             cell((g.at_least ? "≥ " : "≤ ") + shown(g.goal), true) + cell(shown(g.value), true) +
             cell(g.reference.empty() ? "–" : g.reference) +
             (g.met ? "<td class=\"met\">met</td>" : "<td class=\"missed\">missed</td>") + "</tr>";
  return out + "</table></div>";
}

std::string rival_row(const std::string& server, const std::string& promise, double w1, double w16,
                      double p99, double cpu, double room, const std::string& where) {
  const auto number = [](double x) { return cell(x > 0 ? shown(x) : "–", true); };
  return "<tr>" + cell(server) + cell(promise) + number(w1) + number(w16) + number(p99) +
         number(cpu) + number(room) + cell(where) + "</tr>";
}

double timing_p99(const run_file& run, const std::string& section) {
  for (const auto& t : run.timings)
    if (t.section == section && t.name == "answer") return t.p99_ms;
  return 0;
}

double value(const run_file& run, const std::string& section, const std::string& name) {
  const auto* f = run.find(section, name);
  return f ? f->value : 0;
}

/// One row for each durable-send run: 64 senders, or what it was asked for.
std::string measured_rows(const std::vector<run_file>& runs) {
  std::string out;
  for (const auto& run : runs) {
    if (run.scenario != "durable-send") continue;
    const bool matrix = run.find("64 sockets, window 16", "acked_per_s") != nullptr;
    const auto one = matrix ? "64 sockets, window 1" : run.fact("window") == "1" ? "" : "?";
    const auto sixteen = matrix ? "64 sockets, window 16" : run.fact("window") == "1" ? "?" : "";
    double room = 0;
    for (const auto& other : runs)
      if (other.scenario == "fanout" && other.fact("server") == run.fact("server"))
        room =
            std::max(room, value(other, "1000 sockets, 1 in flight", "cpu_server_s_per_million"));
    const auto cpu = value(run, sixteen, "cpu_server_s_per_1000") +
                     value(run, sixteen, "cpu_postgres_s_per_1000");
    out += rival_row(
        run.fact("server"), run.fact("promise"), value(run, one, "acked_per_s"),
        value(run, sixteen, "acked_per_s"), timing_p99(run, sixteen), cpu, room,
        "this report" + std::string(matrix ? "" : ", " + run.fact("sockets") + " senders"));
  }
  return out;
}

std::string rivals_table(const std::vector<run_file>& runs) {
  const auto rows = measured_rows(runs);
  if (rows.empty()) return "";
  std::string out =
      "<h2>Beside other servers</h2><p>A send to one receiver, 64 senders, and a room of 1,000 "
      "sockets with one "
      "message in flight. What an answered send is worth differs: read the promise first. Rows "
      "marked “earlier” "
      "were measured in another hour on 2 shared cores with PostgreSQL 15: an order of magnitude, "
      "no comparison.</p>"
      "<div class=\"scroll rivals\"><table><tr><th>server</th><th>an answered send is</th><th "
      "class=\"n\">acked/s, window 1</th>"
      "<th class=\"n\">window 16</th><th class=\"n\">p99 ms</th><th class=\"n\">server + PG CPU-s "
      "/ 1,000</th>"
      "<th class=\"n\">room, CPU-s / million</th><th>measured</th></tr>" +
      rows;
  for (const auto& k : known_rivals())
    out += rival_row(std::string(k.server), std::string(k.promise), k.acked_window_1,
                     k.acked_window_16, k.p99_window_16_ms, k.cpu_s_per_1000,
                     k.room_cpu_s_per_million, "earlier");
  return out + "</table></div>";
}

std::string figures_table(const run_file& run) {
  std::string out =
      "<details><summary>All " + std::to_string(run.figures.size()) +
      " figures</summary><div class=\"scroll\"><table><tr><th>part</th><th>figure</th><th "
      "class=\"n\">value</th><th>what</th></tr>";
  for (const auto& f : run.figures)
    out += "<tr>" + cell(f.section) + cell(spoken(f.name)) + cell(shown(f.value), true) +
           cell(f.note) + "</tr>";
  return out + "</table></div></details>";
}

std::string run_section(const run_file& run) {
  std::string facts =
      run.at + " · " + run.machine + " · load " + shown(run.load_at_start) + " at the start";
  for (const auto& [key, value] : run.facts)
    if (!key.starts_with("promise") && key != "stored") facts += " · " + spoken(key) + ": " + value;
  std::string out = "<h2>" + escaped(title_of(run)) + "</h2><p>" + escaped(facts) + "</p>";
  for (const auto& b : run.broken) out += "<p class=\"broken\">" + escaped(b) + "</p>";
  return out + rate_chart(run) + latency_chart(run) + cpu_chart(run) + memory_chart(run) +
         figures_table(run);
}

}  // namespace

std::string make_page(const std::vector<run_file>& runs) {
  std::size_t goals = 0, met = 0, broken = 0;
  for (const auto& run : runs) {
    goals += run.goals.size();
    met += static_cast<std::size_t>(
        std::count_if(run.goals.begin(), run.goals.end(), [](const auto& g) { return g.met; }));
    broken += !run.sound;
  }
  std::string out =
      "<h1>Nova, measured</h1><p>" + std::to_string(runs.size()) + " runs · " +
      std::to_string(met) + " of " + std::to_string(goals) + " goals met · " +
      (broken == 0 ? "nothing lost, doubled or out of order"
                   : std::to_string(broken) + " runs not sound") +
      ". Each run took its references on the same machine in the same minutes. "
      "<span class=\"key\" style=\"background:var(--client)\"></span>client"
      "<span class=\"key\" style=\"background:var(--server)\"></span>server"
      "<span class=\"key\" style=\"background:var(--postgres)\"></span>PostgreSQL"
      "<span class=\"key\" style=\"background:var(--bare)\"></span>bare reference</p>";
  out += goals_table(runs) + rivals_table(runs);
  for (const auto& run : runs) out += run_section(run);
  return page::whole("Nova, measured", out);
}

int print_report(const std::vector<std::string>& files) {
  std::vector<run_file> runs;
  for (const auto& name : files) {
    std::ifstream in(name);
    const std::string content((std::istreambuf_iterator<char>(in)), {});
    std::string problem = "cannot be read";
    runs.emplace_back();
    if (in && read_run(content, runs.back(), problem)) continue;
    std::fprintf(stderr, "%s: %s\n", name.c_str(), problem.c_str());
    return 1;
  }
  if (runs.empty()) {
    std::fprintf(stderr, "nova-bench report FILE.json …\n");
    return 1;
  }
  const auto page = make_page(runs);
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() ? 0 : 1;
}

}  // namespace nova::bench
