// See password_rules.hpp. common_passwords_text() is generated from common_passwords.txt.
#include "actors/auth/password_rules.hpp"

#include "protocols/core/text.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace nova::auth {

std::string_view common_passwords_text();

namespace {

constexpr std::size_t shortest_name = 3;

void take_out(std::string& text, std::string_view name) {
  if (name.size() < shortest_name) return;
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at))
    text.erase(at, name.size());
}

}  // namespace

std::span<const std::string_view> common_passwords() {
  static const std::vector<std::string_view> list = [] {
    std::vector<std::string_view> out;
    auto text = common_passwords_text();
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size());
      if (end > 0) out.push_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
  }();
  return list;
}

std::string_view password_problem(std::string_view password, std::string_view handle,
                                  std::string_view email) {
  if (password.find('\0') != std::string_view::npos) return "The password must not hold NUL.";
  const auto length = count_code_points(password);
  if (length < min_password_code_points) return "The password needs at least 8 characters.";
  if (length > max_password_code_points) return "The password may have at most 1024 characters.";
  auto lower = ascii_lower(password);
  if (std::ranges::binary_search(common_passwords(), std::string_view(lower)))
    return "This password is among the most common ones.";
  take_out(lower, ascii_lower(handle));
  take_out(lower, ascii_lower(email.substr(0, email.find('@'))));
  if (count_code_points(lower) < min_password_code_points)
    return "The password is too much like the account's names.";
  return {};
}

}  // namespace nova::auth
