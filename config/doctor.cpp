// Facts of the machine and the checks of `nova doctor`.
#include "config/doctor.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <ostream>

namespace nova::config {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t data_dir_free_bytes_min = 256ull << 20;

std::string system_text(int code) { return std::generic_category().message(code); }

/// The nearest folder that exists: the data folder itself may be made at the start.
fs::path existing_part(fs::path path) {
  std::error_code ec;
  path = fs::absolute(path, ec);
  while (!path.empty() && !fs::exists(path, ec) && path != path.root_path()) path = path.parent_path();
  return path;
}

void look_at_data_dir(const settings& s, machine_facts& facts) {
  const auto folder = existing_part(s.general.data_dir);
  std::error_code ec;
  if (!fs::is_directory(folder, ec)) {
    facts.data_dir_writable = false;
    facts.data_dir_problem = fmt::format("{} is not a folder", folder.string());
  } else if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    facts.data_dir_writable = false;
    facts.data_dir_problem = fmt::format("{}: {}", folder.string(), system_text(errno));
  }
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) == 0)
    facts.data_dir_free_bytes = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

/// Files directly in the data folder and in its `keys` folder; the database's own folder is PostgreSQL's business.
void look_at_secrets(const settings& s, machine_facts& facts) {
  std::error_code ec;
  for (const auto& folder : {fs::path(s.general.data_dir), fs::path(s.general.data_dir) / "keys"}) {
    for (fs::directory_iterator at(folder, ec), end; !ec && at != end; at.increment(ec)) {
      const auto name = at->path().filename().string();
      const bool secret = name.ends_with(".key") || name.ends_with(".secret") || name.find("password") != name.npos;
      struct stat st {};
      if (!secret || ::stat(at->path().c_str(), &st) != 0 || !S_ISREG(st.st_mode)) continue;
      if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0) facts.loose_secrets.push_back({at->path().string(), st.st_mode & 0777u});
    }
  }
}

std::uint64_t read_number(const char* file) {
  std::ifstream in(file);
  std::uint64_t x = 0;
  return in >> x ? x : UINT64_MAX;
}

std::uint64_t machine_memory() {
  const auto pages = ::sysconf(_SC_PHYS_PAGES);
  const auto size = ::sysconf(_SC_PAGE_SIZE);
  const auto machine = pages > 0 && size > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size) : UINT64_MAX;
  return std::min(machine, read_number("/sys/fs/cgroup/memory.max"));
}

}  // namespace

std::uint64_t raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < limit.rlim_max) {
    const auto before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  }
  return limit.rlim_cur;
}

machine_facts gather_facts(const settings& s) {
  machine_facts facts;
  look_at_data_dir(s, facts);
  look_at_secrets(s, facts);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) facts.open_files_most = limit.rlim_max;
  facts.memory_bytes = machine_memory();
  return facts;
}

std::vector<finding> examine(const settings& s, const machine_facts& facts) {
  std::vector<finding> out;
  if (!facts.data_dir_writable)
    out.push_back({severity::refusal, "general.data_dir", facts.data_dir_problem,
                   "name a folder that this user can write to, or change its owner"});
  if (facts.data_dir_free_bytes < data_dir_free_bytes_min)
    out.push_back({severity::refusal, "general.data_dir",
                   fmt::format("{} MiB are left on its disk", facts.data_dir_free_bytes >> 20),
                   fmt::format("free at least {} MiB or move the folder", data_dir_free_bytes_min >> 20)});
  for (const auto& file : facts.loose_secrets)
    out.push_back({severity::refusal, file.path, fmt::format("mode {:03o} lets others read a secret", file.mode),
                   fmt::format("chmod 600 {}", file.path)});
  return out;
}

bool print_findings(const std::vector<finding>& findings, std::ostream& to) {
  bool good = true;
  for (const auto& f : findings) {
    const bool refused = f.severity == severity::refusal;
    good = good && !refused;
    to << (refused ? "refused " : "warning ") << f.subject << ": " << f.detail << ". Change: " << f.remedy << ".\n";
  }
  return good;
}

}  // namespace nova::config
