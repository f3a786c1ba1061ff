// What `nova doctor` (and every start) looks for before anything is served: configurations that are unsafe or cannot work.
// gateway/main.cpp merges these findings with those of the database servers.
#pragma once

#include "config/settings/settings.hpp"
#include "protocols/core/log.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace nova::config {

struct finding {
  log::level severity = log::level::error;  ///< error: must not be served; warn: should be changed
  std::string subject;  ///< the setting or the thing: "gateway.port", "open files"
  std::string detail;   ///< what is wrong
  std::string remedy;   ///< what to change; empty when `detail` says it
};

struct readable_secret {
  std::string path;
  std::uint32_t mode = 0;  ///< permission bits
};

/// What the machine says. Gathered once; the checks themselves are a pure function of settings and facts.
struct machine_facts {
  bool data_dir_writable = true;
  std::string data_dir_problem;  ///< text of the system's error
  std::uint64_t data_dir_free_bytes = UINT64_MAX;
  std::string listen_problem;  ///< why address and port cannot be listened on; empty: they can
  bool listen_denied = false;  ///< … because this user may not take a port below 1024
  bool address_is_loopback = true;
  std::uint64_t open_files_most = UINT64_MAX;  ///< the hard limit: a start raises the soft one
  std::uint64_t memory_bytes =
      UINT64_MAX;  ///< of the machine or of the control group, whichever is less
  std::vector<readable_secret>
      loose_secrets;  ///< key files in the data folder that others can read
};

machine_facts gather_facts(const settings& s);

/// The defaults that are ceilings for large machines become what this machine allows: gateway.max_connections by the open files.
/// A number that somebody chose stays.
void fit_to_machine(settings& s);
/// The same for a given hard limit of open files.
void fit_to_machine(settings& s, std::uint64_t open_files_most);

std::vector<finding> examine(const settings& s, const machine_facts& facts);

/// True when none is an error.
bool may_serve(const std::vector<finding>& findings);
/// For a person, one line a finding: `refused gateway.port: … Change: …`.
void print_findings(const std::vector<finding>& findings, std::ostream& to);
/// One record a finding.
void log_findings(const std::vector<finding>& findings);

/// Raises the soft limit of open files to the hard one; the limit that holds afterwards.
std::uint64_t raise_open_files();

}  // namespace nova::config
