// The declaration of one setting: name, help, bounds, and functions that read and write it in the settings structs. The rows come
// from config/settings/*.def; load_settings, the example file and the tests use them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace nova::config {

struct settings;

/// When a changed value counts: after the next start, or after the process reads its settings again.
enum class applies : std::uint8_t { restart, live };

using setting_value =
    std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

struct declaration {
  std::string_view name;  ///< dotted: "gateway.port"
  std::string_view help;  ///< one sentence with the unit
  double least =
      0;  ///< bounds of a number's value, a text's bytes or a list's items; none for switches
  double most = 0;
  std::vector<std::string_view> choices;  ///< texts only; empty: any text
  applies when = applies::restart;
  /// A secret is never printed. It may be given as `<name>_file`: a file that only its owner can read.
  bool secret = false;
  setting_value (*get)(const settings&) = nullptr;
  /// `value` must hold the same alternative as get() and lie within the bounds.
  void (*set)(settings&, const setting_value& value) = nullptr;
};

/// All rows, grouped by layer, in the order of the example file.
std::span<const declaration> declarations();
const declaration* find_declaration(std::string_view name) noexcept;
/// The known name that is closest to `name`; empty when no name is close.
std::string_view nearest_declaration(std::string_view name);

/// The value in TOML: `8080`, `true`, `"text"`, `["a", "b"]`.
std::string to_toml(const setting_value& value);
/// "1 to 65535", "debug, info or warn"; empty for switches.
std::string describe_bounds(const declaration& row);
/// Empty when `value` is within the bounds. Else one sentence that names the bounds.
std::string check_bounds(const declaration& row, const setting_value& value);

/// The text of config/nova.example.toml: every setting with help, bounds and default, all commented out.
std::string example_toml();

}  // namespace nova::config
