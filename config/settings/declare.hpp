// The words of the .def files: bounds (between, text, list, one_of, on_off) and kinds (restart, live, secret). Included by
// rows.cpp only, which makes a declaration from each SETTING.
#pragma once

#include "config/settings/declaration.hpp"
#include "config/settings/settings.hpp"

#include <chrono>
#include <concepts>

namespace nova::config {

template <class Rep, class Period>
setting_value to_value(const std::chrono::duration<Rep, Period>& x) {
  return static_cast<std::int64_t>(x.count());
}
template <class T>
setting_value to_value(const T& x) {
  if constexpr (std::same_as<T, bool>) return x;
  else if constexpr (std::integral<T>) return static_cast<std::int64_t>(x);
  else if constexpr (std::floating_point<T>) return static_cast<double>(x);
  else if constexpr (std::same_as<T, std::vector<std::string>>) return x;
  else return std::string(x);
}

template <class Rep, class Period>
void from_value(const setting_value& value, std::chrono::duration<Rep, Period>& to) {
  to = std::chrono::duration<Rep, Period>(static_cast<Rep>(std::get<std::int64_t>(value)));
}
template <class T>
void from_value(const setting_value& value, T& to) {
  if constexpr (std::same_as<T, bool>) to = std::get<bool>(value);
  else if constexpr (std::integral<T>) to = static_cast<T>(std::get<std::int64_t>(value));
  else if constexpr (std::floating_point<T>) to = static_cast<T>(std::get<double>(value));
  else if constexpr (std::same_as<T, std::vector<std::string>>)
    to = std::get<std::vector<std::string>>(value);
  else to = std::get<std::string>(value);
}

/// One entry of a map from domain to text. The empty text means no entry.
inline setting_value entry_of(const std::map<std::string, std::string>& map, const char* domain) {
  const auto at = map.find(domain);
  return at == map.end() ? std::string() : at->second;
}
inline void set_entry(std::map<std::string, std::string>& map, const char* domain,
                      const setting_value& value) {
  const auto& text = std::get<std::string>(value);
  if (text.empty()) map.erase(domain);
  else map[domain] = text;
}

struct bounds {
  double least = 0;
  double most = 0;
  std::vector<std::string_view> choices = {};
};

inline bounds between(double least, double most) { return {.least = least, .most = most}; }
inline bounds text(double least_bytes, double most_bytes) {
  return between(least_bytes, most_bytes);
}
inline bounds list(double most_items) { return between(0, most_items); }
inline bounds one_of(std::vector<std::string_view> choices) {
  return {.choices = std::move(choices)};
}
inline bounds on_off() { return {}; }

/// The fifth word of a row.
struct kind {
  applies when = applies::restart;
  bool secret = false;
};
inline constexpr kind restart{applies::restart};
inline constexpr kind live{applies::live};
inline constexpr kind secret{applies::restart, true};

inline declaration make_declaration(std::string_view name, std::string_view help, bounds b, kind k,
                                    setting_value (*get)(const settings&),
                                    void (*set)(settings&, const setting_value&)) {
  return {name, help, b.least, b.most, std::move(b.choices), k.when, k.secret, get, set};
}

}  // namespace nova::config
