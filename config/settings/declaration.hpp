// What is known of one setting: name, help, bounds, and how to read and write it in the settings structs. The rows come
// from config/settings/*.def; load_settings, the example file and the tests walk them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace nova::config {

struct settings;

/// When a changed value counts: at the next start, or as soon as the process is told to read its settings again.
enum class applies : std::uint8_t { restart, live };

using setting_value =
    std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

struct declaration {
  std::string_view name;  ///< dotted: "gateway.port"
  std::string_view help;  ///< one sentence with the unit
  double least =
      0;  ///< of a number its value, of a text its bytes, of a list its items; none for switches
  double most = 0;
  std::vector<std::string_view> choices;  ///< texts only; empty: any text
  applies when = applies::restart;
  /// A secret is never printed, and may be given as `<name>_file`: a file that only its owner can read.
  bool secret = false;
  setting_value (*get)(const settings&) = nullptr;
  /// `value` holds the same alternative as get() and lies within the bounds.
  void (*set)(settings&, const setting_value& value) = nullptr;
};

/// All rows, grouped by layer, in the order of the example file.
std::span<const declaration> declarations();
const declaration* find_declaration(std::string_view name) noexcept;
/// The known name that `name` was probably meant to be; empty when none is near.
std::string_view nearest_declaration(std::string_view name);

/// `8080`, `true`, `"text"`, `["a", "b"]`: as TOML writes it.
std::string to_toml(const setting_value& value);
/// "1 to 65535", "debug, info or warn"; empty for switches.
std::string describe_bounds(const declaration& row);
/// Empty when `value` fits the row, else one sentence that names the bounds.
std::string check_bounds(const declaration& row, const setting_value& value);

/// The text of config/nova.example.toml: every setting with help, bounds and default, all commented out.
std::string example_toml();

}  // namespace nova::config
