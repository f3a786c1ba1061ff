// Reads settings from file, environment and command line, and refuses what does not fit the declarations.
#include "config/settings/settings.hpp"

#include "config/settings/declaration.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <toml++/toml.h>

#include <charconv>
#include <fstream>
#include <optional>
#include <set>

namespace nova::config {

namespace {

constexpr std::size_t secret_file_bytes_max = 64 * 1024;
constexpr std::size_t settings_file_bytes_max = 1024 * 1024;
constexpr std::string_view file_suffix = "_file";

/// One pass over the sources: the settings so far and what is wrong with them.
class loader {
 public:
  void read_file(const std::filesystem::path& file);
  void read_environment(const environment& env);
  void assign(std::string_view name, std::string_view text, const std::string& from);
  result<settings> finish();

 private:
  void walk(const toml::table& table, const std::string& prefix);
  void assign_node(const std::string& name, const toml::node& node);
  void put(const declaration& row, const setting_value& value, const std::string& from);
  void put_secret_file(const declaration& row, const std::string& path, const std::string& from);
  const declaration* known(std::string_view name, bool& is_file, const std::string& from);
  void refuse(std::string_view name, std::string detail) {
    problems_.push_back({std::string(name), std::move(detail)});
  }

  settings settings_;
  std::vector<field_error> problems_;
  bool file_holds_secrets_ = false;
  std::map<std::string_view, std::string>
      secret_source_;  // which spelling of a secret the present source used
};

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T x{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (ec != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return x;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto comma = text.find(',');
    out.emplace_back(text.substr(0, comma));
    text = comma == text.npos ? std::string_view() : text.substr(comma + 1);
  }
  return out;
}

/// The alternative of `like`, read from text.
std::optional<setting_value> parse_text(const setting_value& like, std::string_view text) {
  if (std::holds_alternative<bool>(like)) {
    if (text == "true") return setting_value(true);
    if (text == "false") return setting_value(false);
    return std::nullopt;
  }
  if (std::holds_alternative<std::int64_t>(like)) return parse_number<std::int64_t>(text);
  if (std::holds_alternative<double>(like)) return parse_number<double>(text);
  if (std::holds_alternative<std::string>(like)) return setting_value(std::string(text));
  return setting_value(split_list(text));
}

std::optional<setting_value> parse_node(const setting_value& like, const toml::node& node) {
  if (std::holds_alternative<bool>(like)) return node.value_exact<bool>();
  if (std::holds_alternative<std::int64_t>(like)) return node.value_exact<std::int64_t>();
  if (std::holds_alternative<double>(like)) {
    if (auto whole = node.value_exact<std::int64_t>()) return static_cast<double>(*whole);
    return node.value_exact<double>();
  }
  if (std::holds_alternative<std::string>(like)) return node.value_exact<std::string>();
  const auto* array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::vector<std::string> items;
  for (const auto& item : *array) {
    auto text = item.value_exact<std::string>();
    if (!text) return std::nullopt;
    items.push_back(std::move(*text));
  }
  return items;
}

std::string_view type_name(const setting_value& like) {
  static constexpr std::string_view names[] = {"true or false", "a whole number", "a number",
                                               "a text", "a list of texts"};
  return names[like.index()];
}

std::string at_line(const toml::node& node) {
  return fmt::format("line {}", node.source().begin.line);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool open_to_others(const std::filesystem::path& file) {
  struct stat facts {};
  return ::stat(file.c_str(), &facts) == 0 && (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

const declaration* loader::known(std::string_view name, bool& is_file, const std::string& from) {
  is_file = false;
  if (const auto* row = find_declaration(name)) return row;
  if (name.ends_with(file_suffix)) {
    const auto* row = find_declaration(name.substr(0, name.size() - file_suffix.size()));
    if (row != nullptr && row->secret) {
      is_file = true;
      return row;
    }
  }
  const auto nearest = nearest_declaration(name);
  refuse(name, fmt::format("{}: there is no such setting{}", from,
                           nearest.empty() ? "; `nova doctor --example` lists all"
                                           : fmt::format("; did you mean {}?", nearest)));
  return nullptr;
}

void loader::put(const declaration& row, const setting_value& value, const std::string& from) {
  auto problem = check_bounds(row, value);
  if (!problem.empty()) {
    const auto shown = row.secret ? std::string() : " " + to_toml(value);
    refuse(row.name, fmt::format("{}:{} {}", from, shown, problem));
    return;
  }
  row.set(settings_, value);
}

void loader::put_secret_file(const declaration& row, const std::string& path,
                             const std::string& from) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode))
    return refuse(row.name, fmt::format("{}: the file {} cannot be read", from, path));
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return refuse(row.name, fmt::format("{}: others can read {}; `chmod 600` it", from, path));
  if (facts.st_size > static_cast<off_t>(secret_file_bytes_max))
    return refuse(row.name,
                  fmt::format("{}: {} is longer than {} bytes", from, path, secret_file_bytes_max));
  std::ifstream in(path, std::ios::binary);
  std::string secret{std::istreambuf_iterator<char>(in), {}};
  if (!in) return refuse(row.name, fmt::format("{}: the file {} cannot be read", from, path));
  if (secret.ends_with('\n')) secret.pop_back();
  put(row, secret, from);
}

void loader::assign_node(const std::string& name, const toml::node& node) {
  bool is_file = false;
  const auto from = at_line(node);
  const auto* row = known(name, is_file, from);
  if (row == nullptr) return;
  if (row->secret && !secret_source_.emplace(row->name, name).second)
    return refuse(name, from + ": given twice, as a value and as a file");
  const auto like = is_file ? setting_value(std::string()) : row->get(settings_);
  const auto value = parse_node(like, node);
  if (!value) return refuse(name, fmt::format("{}: must be {}", from, type_name(like)));
  if (is_file) return put_secret_file(*row, std::get<std::string>(*value), from);
  file_holds_secrets_ = file_holds_secrets_ || row->secret;
  put(*row, *value, from);
}

void loader::walk(const toml::table& table, const std::string& prefix) {
  for (const auto& [key, node] : table) {
    const auto name =
        prefix.empty() ? std::string(key.str()) : prefix + "." + std::string(key.str());
    if (const auto* inner = node.as_table()) walk(*inner, name);
    else assign_node(name, node);
  }
}

void loader::read_file(const std::filesystem::path& file) {
  std::error_code ec;
  const auto size = std::filesystem::file_size(file, ec);
  if (ec) return refuse("--config", fmt::format("the file {} cannot be read", file.string()));
  if (size > settings_file_bytes_max)
    return refuse("--config", fmt::format("{} is longer than {} bytes", file.string(),
                                          settings_file_bytes_max));
  try {
    walk(toml::parse_file(file.string()), "");
    if (file_holds_secrets_ && open_to_others(file))
      refuse("--config", fmt::format("others can read {}, and it holds a secret; `chmod 600` it",
                                     file.string()));
  } catch (const toml::parse_error& e) {
    refuse("--config",
           fmt::format("{} line {}: {}", file.string(), e.source().begin.line, e.description()));
  }
}

void loader::assign(std::string_view name, std::string_view text, const std::string& from) {
  bool is_file = false;
  const auto* row = known(name, is_file, from);
  if (row == nullptr) return;
  if (row->secret && !secret_source_.emplace(row->name, std::string(name)).second)
    return refuse(name, from + ": given twice, as a value and as a file");
  if (is_file) return put_secret_file(*row, std::string(text), from);
  const auto like = row->get(settings_);
  const auto value = parse_text(like, text);
  if (!value) return refuse(name, fmt::format("{}: must be {}", from, type_name(like)));
  put(*row, *value, from);
}

void loader::read_environment(const environment& env) {
  secret_source_.clear();
  for (const auto& [variable, text] : env) {
    constexpr std::string_view prefix = "NOVA_";
    if (!variable.starts_with(prefix) || variable.find("__") == variable.npos) continue;
    auto name = lower(variable.substr(prefix.size()));
    for (auto at = name.find("__"); at != name.npos; at = name.find("__", at + 1))
      name.replace(at, 2, ".");
    assign(name, text, variable);
  }
  secret_source_.clear();
}

result<settings> loader::finish() {
  if (problems_.empty()) return std::move(settings_);
  error e{.code = errc::invalid_request,
          .detail = "these settings are refused",
          .fields = std::move(problems_)};
  return e;
}

}  // namespace

environment read_environment(const char* const* variables) {
  environment out;
  for (; variables != nullptr && *variables != nullptr; ++variables) {
    const std::string_view entry = *variables;
    const auto equals = entry.find('=');
    if (entry.starts_with("NOVA_") && equals != entry.npos)
      out.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return out;
}

result<settings> load_settings(const std::filesystem::path& file, const environment& env,
                               const assignments& command_line) {
  loader all;
  if (!file.empty()) all.read_file(file);
  all.read_environment(env);
  for (const auto& [name, text] : command_line) all.assign(name, text, "command line");
  return all.finish();
}

}  // namespace nova::config
