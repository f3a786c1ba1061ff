// nova-bench SCENARIO [options] | report FILE…: the one binary of all scenarios. Exit status 1 when a run was not sound.
#include "bench/auth/auth_scenarios.hpp"
#include "bench/cluster/cluster_scenarios.hpp"
#include "bench/feed/feed_scenarios.hpp"
#include "bench/gateway/gateway_scenarios.hpp"
#include "bench/media/media_scenarios.hpp"
#include "bench/messaging/messaging_scenarios.hpp"
#include "bench/monolith/social_scenarios.hpp"
#include "bench/report/page.hpp"
#include "bench/runtime/runtime_scenarios.hpp"
#include "bench/search/search_scenarios.hpp"
#include "bench/streaming/streaming_scenarios.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <map>
#include <string_view>

using namespace nova::bench;

namespace {

using scenario = void (*)(const run_options&, report&);

const std::map<std::string, scenario> scenarios = {
    {"activation", activation},
    {"ask", ask},
    {"call-across", call_across},
    {"download", download},
    {"durable-send", durable_send},
    {"event-effect", event_effect},
    {"events", read_model_events},
    {"fail-over", fail_over},
    {"fanout", fan_out},
    {"fanout-across", fan_out_across},
    {"growth", growth},
    {"herd", herd},
    {"history", history},
    {"idle", idle},
    {"live", live},
    {"live-chat", live_chat},
    {"login", login},
    {"moves", moves},
    {"reminders", reminders},
    {"search", nova::bench::search},
    {"send-across", send_across},
    {"social", social},
    {"timelines", timelines},
    {"worst-account", worst_account},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "report")
    return print_report({argv + 2, argv + argc});
  CLI::App app{
      "Measures Nova beside its references. `nova-bench report FILE.json …` prints an HTML page of "
      "many runs."};
  run_options options;
  std::string name, json;
  std::vector<std::string> settings;
  std::vector<std::string> names;
  for (const auto& [n, run] : scenarios) names.push_back(n);
  app.add_option("scenario", name)->required()->check(CLI::IsMember(names));
  app.add_option("--sockets", options.sockets, "senders, listeners or clients")
      ->check(CLI::Range(1, 100'000));
  app.add_option("--window", options.window, "unanswered operations per socket")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--rate", options.rate,
                 "intended operations a second (open loop); 0: as fast as the window allows");
  app.add_option("--seconds", options.seconds, "measured time");
  app.add_option("--warm-up", options.warm_up_seconds, "seconds before that");
  app.add_option("--reference-seconds", options.reference_seconds, "per reference; 0: none");
  app.add_option("--text-bytes", options.text_bytes)->check(CLI::Range(1, 16'000));
  app.add_option("--members", options.members, "accounts in fanout's group; 0: at most 200")
      ->check(CLI::Range(0, 10'000));
  app.add_option("--entities", options.entities,
                 "conversations of activation and growth; 0: 100,000 and 1,000,000");
  app.add_option("--corpus", options.corpus, "search: a file that bench/search/corpus.py has made");
  app.add_option("--data", options.data, "data folder to keep: accounts are used again");
  app.add_flag("--all", options.all,
               "durable-send, fanout: all sockets and windows of their goals in one run");
  app.add_option("--against", options.against,
                 "durable-send, fanout: tinode|nakama|centrifugo=ws://HOST:PORT that runs already");
  app.add_option("--against-key", options.against_key,
                 "the rival's API key, server key or HMAC secret");
  app.add_option("--against-pids", options.against_pids,
                 "its process, and its PostgreSQL's postmaster: for CPU and memory");
  app.add_option("--port", options.port, "of a server that runs already on loopback");
  app.add_option("--set", settings, "NAME=VALUE in the environment of the server that is started");
  app.add_option("--json", json, "file for the figures");
  app.add_flag("--tiny", options.tiny, "a second with few sockets: does it work at all");
  CLI11_PARSE(app, argc, argv);
  for (const auto& s : settings)
    if (const auto at = s.find('='); at != s.npos)
      options.environment.emplace_back(s.substr(0, at), s.substr(at + 1));
  if (options.tiny) {
    options.sockets = std::min<std::size_t>(options.sockets, 4);
    options.seconds = 1;
    options.warm_up_seconds = 0.2;
    options.reference_seconds = 0.3;
    options.entities = 500;
  }
  report out(name);
  scenarios.at(name)(options, out);
  if (!json.empty() && !out.write(json)) std::fprintf(stderr, "cannot write %s\n", json.c_str());
  return out.sound() ? 0 : 1;
}
