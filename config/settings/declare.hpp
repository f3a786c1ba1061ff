// How a row of the declarations is written down: SETTING(gateway, port, between(0, 65535), "…"). Included by the
// *_declarations.cpp files only.
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
  else if constexpr (std::same_as<T, std::vector<std::string>>) to = std::get<std::vector<std::string>>(value);
  else to = std::get<std::string>(value);
}

/// What a row says besides name and help; each call returns a changed copy.
struct traits {
  double least = 0;
  double most = 0;
  std::vector<std::string_view> choices = {};
  applies when = applies::restart;
  bool secret = false;

  traits live() const { auto t = *this; t.when = applies::live; return t; }
  traits hidden() const { auto t = *this; t.secret = true; return t; }
};

inline traits between(double least, double most) { return {.least = least, .most = most}; }
inline traits text(double least_bytes, double most_bytes) { return between(least_bytes, most_bytes); }
inline traits list(double most_items) { return between(0, most_items); }
inline traits one_of(std::vector<std::string_view> choices) { return {.choices = std::move(choices)}; }
inline traits on_off() { return {}; }

inline declaration make_declaration(std::string_view name, std::string_view help, traits t,
                                    setting_value (*get)(const settings&),
                                    void (*set)(settings&, const setting_value&)) {
  return {name, help, t.least, t.most, std::move(t.choices), t.when, t.secret, get, set};
}

#define SETTING(group, member, facts, help)                                              \
  make_declaration(#group "." #member, help, facts,                                      \
                   [](const settings& s) -> setting_value { return to_value(s.group.member); }, \
                   [](settings& s, const setting_value& v) { from_value(v, s.group.member); })

/// Rows of one layer; each in its own file.
std::vector<declaration> general_declarations();
std::vector<declaration> gateway_declarations();
std::vector<declaration> storage_declarations();
std::vector<declaration> runtime_declarations();
std::vector<declaration> auth_declarations();
std::vector<declaration> user_declarations();
std::vector<declaration> messaging_declarations();

}  // namespace nova::config
