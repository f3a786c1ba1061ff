// The rule for accepted passwords. Called by auth_rules at registration and at a password change,
// before any hashing.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace nova::auth {

inline constexpr std::size_t min_password_code_points = 8;
inline constexpr std::size_t max_password_code_points = 1024;

/// Returns one sentence for a person; empty: accepted. Refuses passwords that are too short or too long, contain
/// NUL, or are common (in any case). The handle and the local part of the e-mail address (in any case, from 3
/// characters on) are also removed, and the password is refused if fewer than 8 code points
/// are left.
std::string_view password_problem(std::string_view password, std::string_view handle,
                                  std::string_view email);

/// The embedded list: the 3000 most common passwords of at least 8 characters, lower case, sorted
/// (common_passwords.txt; from zxcvbn's frequency list, MIT licence).
std::span<const std::string_view> common_passwords();

}  // namespace nova::auth
