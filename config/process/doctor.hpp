// Checks of `nova doctor` and of every start, before anything is served: configurations that are unsafe or cannot work.
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
  log::level severity = log::level::error;  ///< error: Nova must not serve; warn: should be changed
  std::string subject;  ///< the setting or the resource: "gateway.port", "open files"
  std::string detail;   ///< the fault
  std::string remedy;   ///< the change that mends the fault; empty when `detail` says it
};

struct missing_program {
  std::string name;
  std::string loss;     ///< the part of Nova that does not work without it
  std::string package;  ///< Debian's name
};

struct readable_secret {
  std::string path;
  std::uint32_t mode = 0;  ///< permission bits
};

/// Facts about this machine. Gathered once; the checks are a pure function of settings and facts.
struct machine_facts {
  bool data_dir_writable = true;
  std::string data_dir_problem;  ///< text of the system's error
  std::uint64_t data_dir_free_bytes = UINT64_MAX;
  std::string listen_problem;  ///< why listening on address and port fails; empty: listening works
  bool listen_denied = false;  ///< true: because this user may not use a port below 1024
  bool address_is_loopback = true;
  std::uint64_t open_files_most = UINT64_MAX;  ///< the hard limit: a start raises the soft one
  std::uint64_t memory_bytes =
      UINT64_MAX;  ///< of the machine or of the control group, the smaller one of both
  std::vector<missing_program> missing_programs;  ///< of those that make media ready
  std::vector<readable_secret>
      loose_secrets;  ///< key files in the data folder that other users can read
};

machine_facts gather_facts(const settings& s);

/// Lowers defaults that are ceilings for large machines to the limits of this machine: gateway.max_connections to the open files.
/// A value other than the default stays.
void fit_to_machine(settings& s);
/// The same for a given hard limit of open files.
void fit_to_machine(settings& s, std::uint64_t open_files_most);

std::vector<finding> examine(const settings& s, const machine_facts& facts);

/// True when no finding is an error.
bool may_serve(const std::vector<finding>& findings);
/// Prints for a person, one line a finding: `refused gateway.port: … Change: …`.
void print_findings(const std::vector<finding>& findings, std::ostream& to);
/// Writes one log record a finding.
void log_findings(const std::vector<finding>& findings);

/// Raises the soft limit of open files to the hard limit. Returns the limit in force afterwards.
std::uint64_t raise_open_files();

}  // namespace nova::config
