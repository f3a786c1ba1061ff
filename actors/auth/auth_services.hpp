// Shared data of auth's handlers besides their state: settings, keys and the decoy for unknown
// names. Made once by auth_descriptor, read-only afterwards; handlers get it from their
// context.
#pragma once

#include "actors/auth/password_hash.hpp"
#include "actors/auth/refresh_tokens.hpp"
#include "actors/auth/token_signer.hpp"
#include "config/settings/auth_settings.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace nova::auth {

/// Costs one password hash.
class auth_services {
 public:
  /// `secret`: the installation's secret, at least 32 bytes; all keys are derived from it.
  auth_services(config::auth_settings s, std::string_view secret);

  const config::auth_settings settings;
  const hash_cost cost;
  const token_signer signer;
  const refresh_tokens refresh;
  /// The hash of a random password. A sign-in with an unknown name is verified against it.
  const std::string decoy_hash;
  /// Names of the domains whose answers complete a registration; set before the domain starts.
  std::vector<std::string> preparing;
  /// Names of the domains whose answers complete the end of an account; set before the domain starts.
  std::vector<std::string> erasing;

  /// Of the address under which an export is fetched until then (Unix seconds).
  std::string export_signature(const uuid& id, std::int64_t until) const;
  bool good_export(const uuid& id, std::int64_t until, std::string_view signature) const;

  /// The id that stands for an unknown name. It is always the same for one name, and never a real account's
  /// (version 8).
  uuid decoy_account(std::string_view name) const;

 private:
  auth_services(config::auth_settings s, const root_key& root);
  root_key decoy_key_{}, export_key_{};
};

}  // namespace nova::auth
