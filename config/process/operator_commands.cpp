#include "config/process/operator_commands.hpp"

#include "config/process/command_line.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <ostream>

namespace nova::config {

namespace json = boost::json;

namespace {

enum class kind : std::uint8_t { text, required_text, number, flag, position };

struct option {
  std::string_view name;  ///< of the option; the field is the same with _ for -
  kind is;
  std::string_view help;
};

struct operator_command {
  std::vector<std::string_view> words;
  std::string_view method;
  std::string_view help;
  std::vector<option> options = {};
};

const std::vector<operator_command>& all_commands() {
  constexpr option limit{"limit", kind::number, "Rows of the answer; 50 when absent, at most 200"};
  constexpr option cursor{"cursor", kind::text, "Goes on behind the page that ended with this"};
  constexpr option why{"reason", kind::text, "Kept with the record of the act"};
  constexpr option must{"reason", kind::required_text, "Kept with the record of the act"};
  constexpr option letter{"letter-id", kind::position, "As `nova events dead` shows it"};
  constexpr option saga{"saga-id", kind::position, "As `nova sagas list` shows it"};
  constexpr option handle{"handle", kind::position, "Handle of the account"};
  static const std::vector<operator_command> list{
      {{"events", "lag"}, "operations.lag", "How far each domain is with the events of the others"},
      {{"events", "dead"},
       "operations.dead_letters",
       "Dead letters, and events that wait behind them",
       {{"consumer", kind::text, "Only of this domain"}, limit, cursor}},
      {{"events", "show"}, "operations.show_letter", "One dead letter with its content", {letter}},
      {{"events", "retry"},
       "operations.retry_letter",
       "Try the letter's key now, oldest letter first",
       {letter, why}},
      {{"events", "discard"},
       "operations.discard_letter",
       "Drop a dead letter without an effect",
       {letter, must}},
      {{"events", "replay"},
       "operations.replay",
       "Let a domain read events again",
       {{"consumer", kind::position, "The domain that reads again"},
        {"source", kind::text, "Only events of this domain"},
        {"shard", kind::number, "Only of this shard of the source"},
        {"from-seq", kind::number, "Begin with this event of each shard"},
        {"from-time", kind::text, "Begin with the first event from this time on (RFC 3339)"},
        {"rebuild", kind::flag, "Read all events into new tables, which then take over"},
        must}},
      {{"sagas", "list"},
       "operations.sagas",
       "Sagas that run, are taken back or are stuck",
       {{"domain", kind::text, "Only sagas that this domain runs"}, limit, cursor}},
      {{"sagas", "show"}, "operations.show_saga", "One saga, also one that has ended", {saga}},
      {{"sagas", "retry"},
       "operations.retry_saga",
       "Order the step under way once more",
       {saga, why}},
      {{"sagas", "compensate"},
       "operations.compensate_saga",
       "Take the saga's steps back",
       {saga, must}},
      {{"account", "operator", "add"},
       "auth.add_operator",
       "Give an account the operator role",
       {handle, why}},
      {{"account", "operator", "remove"},
       "auth.remove_operator",
       "Take the operator role from an account",
       {handle, why}},
      {{"account", "operator", "list"}, "auth.operators", "Accounts with the operator role"},
      {{"acts"}, "operations.acts", "The newest acts of operators", {limit}},
  };
  return list;
}

std::string field_of(std::string_view option) {
  std::string out(option);
  std::ranges::replace(out, '-', '_');
  return out;
}

/// The options of one command while the line is parsed.
struct given {
  std::map<std::string, std::string> texts;
  std::map<std::string, std::int64_t> numbers;
  std::map<std::string, bool> flags;

  std::string params() const {
    json::object out;
    for (const auto& [field, text] : texts)
      if (!text.empty()) out[field] = text;
    for (const auto& [field, number] : numbers) out[field] = number;
    for (const auto& [field, flag] : flags)
      if (flag) out[field] = true;
    return json::serialize(out);
  }
};

void add_option(CLI::App& to, const option& o, const std::shared_ptr<given>& into) {
  const auto field = field_of(o.name);
  const std::string help(o.help);
  const auto name = "--" + std::string(o.name);
  switch (o.is) {
    case kind::position: {
      auto shown = field;
      std::ranges::transform(shown, shown.begin(),
                             [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
      to.add_option(shown, into->texts[field], help)->required();
      break;
    }
    case kind::text: to.add_option(name, into->texts[field], help); break;
    case kind::required_text: to.add_option(name, into->texts[field], help)->required(); break;
    case kind::number:
      to.add_option_function<std::int64_t>(
          name, [into, field](std::int64_t n) { into->numbers[field] = n; }, help);
      break;
    case kind::flag: to.add_flag(name, into->flags[field], help); break;
  }
}

CLI::App& sub_of(CLI::App& app, std::string_view word) {
  const std::string name(word);
  const auto known = app.get_subcommands([&](CLI::App* s) { return s->get_name() == name; });
  if (!known.empty()) return *known.front();
  auto& made = *app.add_subcommand(name);
  made.require_subcommand(1);
  return made;
}

/// The answer's line, or the reason why there is none.
result<std::string> ask_nova(const std::filesystem::path& folder, const std::string& line) {
  const auto away = [&](int number) {
    return make_error(errc::unavailable, fmt::format("no Nova serves {} ({})", folder.string(),
                                                     std::generic_category().message(number)));
  };
  const int at = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (at < 0) return away(errno);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  fmt::format_to_n(address.sun_path, sizeof address.sun_path - 1, "/proc/self/fd/{}/{}", at,
                   operators_socket_name);
  const int to = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool open =
      to >= 0 && ::connect(to, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int why = errno;
  ::close(at);
  std::string answer;
  bool whole = open && ::send(to, line.data(), line.size(), MSG_NOSIGNAL) ==
                           static_cast<ssize_t>(line.size());
  char piece[4096];
  while (whole && !answer.ends_with('\n')) {
    const auto n = ::recv(to, piece, sizeof piece, 0);
    if (n <= 0) whole = false;
    else answer.append(piece, static_cast<std::size_t>(n));
  }
  if (to >= 0) ::close(to);
  if (!open) return away(why);
  if (!whole) return make_error(errc::unavailable, "Nova ended before it answered");
  return answer;
}

std::string cell(const json::value& v) {
  if (v.is_null()) return "-";
  return v.is_string() ? std::string(v.get_string()) : json::serialize(v);
}

void print_table(const json::array& rows, std::ostream& out) {
  std::vector<std::string> names;
  for (const auto& [name, value] : rows.front().as_object()) names.emplace_back(name);
  std::vector<std::size_t> widths;
  for (const auto& name : names) {
    std::size_t width = name.size();
    for (const auto& row : rows)
      if (const auto* v = row.as_object().if_contains(name))
        width = std::max(width, cell(*v).size());
    widths.push_back(width);
  }
  for (std::size_t i = 0; i < names.size(); ++i)
    out << fmt::format("{:<{}}{}", names[i], widths[i], i + 1 < names.size() ? "  " : "\n");
  for (const auto& row : rows)
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto* v = row.as_object().if_contains(names[i]);
      out << fmt::format("{:<{}}{}", v != nullptr ? cell(*v) : "-", widths[i],
                         i + 1 < names.size() ? "  " : "\n");
    }
}

void print_result(const json::object& result, std::ostream& out) {
  if (result.empty()) out << "done\n";
  for (const auto& [name, value] : result) {
    const auto* rows = value.if_array();
    if (rows == nullptr) {
      if (name != "next_cursor") out << std::string_view(name) << ": " << cell(value) << '\n';
      else if (!value.is_null()) out << "more: --cursor " << cell(value) << '\n';
    } else if (!rows->empty()) {
      print_table(*rows, out);
    } else if (name == "items") {
      out << "none\n";
    }
  }
}

}  // namespace

void add_operator_commands(CLI::App& app, operator_call& call,
                           const std::function<void(CLI::App&)>& each) {
  for (const auto& c : all_commands()) {
    auto* at = &app;
    for (std::size_t i = 0; i + 1 < c.words.size(); ++i) at = &sub_of(*at, c.words[i]);
    auto* command = at->add_subcommand(std::string(c.words.back()), std::string(c.help));
    auto into = std::make_shared<given>();
    for (const auto& o : c.options) add_option(*command, o, into);
    command->add_flag("--json", call.json, "Print the answer as JSON");
    each(*command);
    command->callback([&call, into, method = c.method] {
      call.method = method;
      call.params = into->params();
    });
  }
}

int print_answer(const std::string& answer, bool as_json, std::ostream& out, std::ostream& err) {
  boost::system::error_code ec;
  const auto value = json::parse(answer, ec);
  const auto* object = ec ? nullptr : value.if_object();
  const auto* result = object ? object->if_contains("result") : nullptr;
  if (result != nullptr && result->is_object()) {
    if (as_json) out << json::serialize(*result) << '\n';
    else print_result(result->get_object(), out);
    return exit_ok;
  }
  const auto* problem = object ? object->if_contains("error") : nullptr;
  if (as_json && problem != nullptr) out << json::serialize(*problem) << '\n';
  const auto* detail =
      problem && problem->is_object() ? problem->get_object().if_contains("detail") : nullptr;
  err << "nova: " << (detail != nullptr ? cell(*detail) : "the answer cannot be read") << '\n';
  return exit_failed;
}

int operate(const std::filesystem::path& folder, const operator_call& call, std::ostream& out,
            std::ostream& err) {
  const auto answer = ask_nova(folder, R"({"method":)" + json::serialize(call.method) +
                                           R"(,"params":)" + call.params + "}\n");
  if (answer) return print_answer(*answer, call.json, out, err);
  err << "nova: " << answer.error().detail << '\n';
  return exit_failed;
}

}  // namespace nova::config
