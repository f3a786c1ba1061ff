// What can be said of a row without knowing its layer.
#include "config/settings/declaration.hpp"
#include "config/settings/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace nova::config {

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const unsigned char c : text) {
    if (c == '"' || c == '\\') (out += '\\') += static_cast<char>(c);
    else if (c < 0x20 || c == 0x7f) out += fmt::format("\\u{:04X}", c);
    else out += static_cast<char>(c);
  }
  return out + '"';
}

std::string number(double x) { return fmt::format("{:.15g}", x); }

std::string size_of_what(const setting_value& value) {
  if (std::holds_alternative<std::string>(value)) return " bytes";
  if (std::holds_alternative<std::vector<std::string>>(value)) return " items";
  return "";
}

double measure(const setting_value& value) {
  if (auto* x = std::get_if<std::int64_t>(&value)) return static_cast<double>(*x);
  if (auto* x = std::get_if<double>(&value)) return *x;
  if (auto* x = std::get_if<std::string>(&value)) return static_cast<double>(x->size());
  if (auto* x = std::get_if<std::vector<std::string>>(&value))
    return static_cast<double>(x->size());
  return 0;
}

}  // namespace

const declaration* find_declaration(std::string_view name) noexcept {
  const auto rows = declarations();
  const auto at = std::ranges::find(rows, name, &declaration::name);
  return at == rows.end() ? nullptr : &*at;
}

std::string_view nearest_declaration(std::string_view name) {
  std::string_view best;
  std::size_t best_distance = name.size() / 3 + 2;
  const auto last = [](std::string_view x) { return x.substr(x.rfind('.') + 1); };
  for (const auto& row : declarations()) {
    const auto distance =
        last(row.name) == last(name)
            ? 1
            : edit_distance(name, row.name);  // the right name in the wrong section
    if (distance < best_distance) {
      best = row.name;
      best_distance = distance;
    }
  }
  return best;
}

std::string to_toml(const setting_value& value) {
  if (auto* x = std::get_if<bool>(&value)) return *x ? "true" : "false";
  if (auto* x = std::get_if<std::int64_t>(&value)) return std::to_string(*x);
  if (auto* x = std::get_if<double>(&value)) {
    auto out = number(*x);
    return out.find_first_of(".e") == out.npos ? out + ".0" : out;
  }
  if (auto* x = std::get_if<std::string>(&value)) return toml_text(*x);
  std::string out;
  for (const auto& item : std::get<std::vector<std::string>>(value))
    out += (out.empty() ? "" : ", ") + toml_text(item);
  return "[" + out + "]";
}

std::string describe_bounds(const declaration& row) {
  if (!row.choices.empty()) {
    std::string out;
    for (std::size_t i = 0; i < row.choices.size(); ++i)
      out += std::string(i == 0                        ? ""
                         : i + 1 == row.choices.size() ? " or "
                                                       : ", ") +
             std::string(row.choices[i]);
    return out;
  }
  const auto value = row.get(settings{});
  if (std::holds_alternative<bool>(value)) return {};
  return number(row.least) + " to " + number(row.most) + size_of_what(value);
}

std::string check_bounds(const declaration& row, const setting_value& value) {
  if (!row.choices.empty()) {
    const bool known =
        std::ranges::find(row.choices, std::get<std::string>(value)) != row.choices.end();
    return known ? std::string() : "must be " + describe_bounds(row);
  }
  if (std::holds_alternative<bool>(value)) return {};
  const auto x = measure(value);
  if (x >= row.least && x <= row.most) return {};
  return "must be " + describe_bounds(row);
}

std::string example_toml() {
  std::string out =
      "# Every setting of Nova with its default. Copy what you change and pass the file with "
      "--config.\n"
      "# A setting may also come from the environment: NOVA_GATEWAY__PORT=8080 sets gateway.port.\n"
      "# A secret may also come from a file that only its owner can read: its name followed by "
      "_file.\n"
      "# Written by `nova doctor --example`; a test compares.\n";
  std::string_view section;
  const settings defaults;
  for (const auto& row : declarations()) {
    const auto dot = row.name.rfind('.');
    if (row.name.substr(0, dot) != section) {
      section = row.name.substr(0, dot);
      out += fmt::format("\n[{}]\n", section);
    }
    const auto bounds = describe_bounds(row);
    out +=
        fmt::format("\n# {}{}{}{}\n#{} = {}\n", row.help, bounds.empty() ? "" : " " + bounds + ".",
                    row.when == applies::live ? " Live." : "", row.secret ? " Secret." : "",
                    row.name.substr(dot + 1), to_toml(row.get(defaults)));
  }
  return out;
}

}  // namespace nova::config
