// All settings of one process. Sources, each overriding the one before: defaults in the .def files, a TOML file, the environment,
// the command line. Called by gateway/main.cpp; every layer gets its own struct from here.
#pragma once

#include "config/settings/assignments.hpp"
#include "config/settings/cluster_settings.hpp"
#include "config/settings/domain_settings.hpp"
#include "config/settings/gateway_settings.hpp"
#include "config/settings/general_settings.hpp"
#include "config/settings/runtime_settings.hpp"
#include "config/settings/storage_settings.hpp"
#include "protocols/core/error.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace nova::config {

/// Each domain has a member of its name: `auth_settings auth;`.
struct settings : domain_settings {
  general_settings general;
  gateway_settings gateway;
  storage_settings storage;
  runtime_settings runtime;
  cluster_settings cluster;
};

/// Variables whose names begin with NOVA_.
using environment = std::map<std::string, std::string>;
environment read_environment(const char* const* variables);

/// An empty `file` means no file. `NOVA_GATEWAY__PORT=0` sets gateway.port: a double underscore stands for the dot. A variable
/// without a double underscore is ignored.
///
/// All faults are reported at once. The error is `invalid_request`; each of its `fields` names the setting and says what to
/// change: an unknown name (with the nearest known one), a bound, or a file with a secret that other users can read.
result<settings> load_settings(const std::filesystem::path& file, const environment& env,
                               const assignments& command_line = {});

}  // namespace nova::config
