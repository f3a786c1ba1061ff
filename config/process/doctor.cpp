// Facts of the machine and the checks of `nova doctor`.
#include "config/process/doctor.hpp"

#include "config/process/programs.hpp"
#include "config/settings/roles.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
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
  while (!path.empty() && !fs::exists(path, ec) && path != path.root_path())
    path = path.parent_path();
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
  const fs::path data = s.general.data_dir;
  for (const auto& folder : {data, data / "keys"}) {
    for (fs::directory_iterator at(folder, ec), end; !ec && at != end; at.increment(ec)) {
      const auto name = at->path().filename().string();
      const bool secret =
          folder != data || name.ends_with(".key") || name.find("password") != name.npos;
      struct stat st {};
      if (!secret || ::stat(at->path().c_str(), &st) != 0 || !S_ISREG(st.st_mode)) continue;
      if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        facts.loose_secrets.push_back({at->path().string(), st.st_mode & 0777u});
    }
  }
}

void look_at_programs(const settings& s, machine_facts& facts) {
  const bool reads_pictures = s.media.worker_program.empty()
                                  ? find_beside("nova-media").has_value()
                                  : ::access(s.media.worker_program.c_str(), X_OK) == 0;
  if (!reads_pictures)
    facts.missing_programs.push_back(
        {"nova-media", "no picture becomes ready", "libvips-dev and libseccomp-dev, and build"});
  for (const char* name : {"ffmpeg", "ffprobe"})
    if (!find_program(name))
      facts.missing_programs.push_back(
          {name, "video and sound have no length, no size and no poster", "ffmpeg"});
  if (!find_nginx() || ::access(rtmp_module.data(), R_OK) != 0)
    facts.missing_programs.push_back(
        {"nginx with its rtmp module", "encoders cannot publish by RTMP", "libnginx-mod-rtmp"});
  if (!find_program("bwrap"))
    facts.missing_programs.push_back(
        {"bwrap", "ffmpeg reads untrusted video outside of a cage", "bubblewrap"});
}

/// The socket address of `text`; length 0 when it is none.
socklen_t parse_address(const std::string& text, std::uint16_t port, sockaddr_storage& to) {
  auto* v4 = reinterpret_cast<sockaddr_in*>(&to);
  if (::inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    return sizeof *v4;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&to);
  if (::inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    return sizeof *v6;
  }
  return 0;
}

bool is_loopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET)
    return (ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24) == 127;
  return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
}

/// Binds address and port once, without listening.
void look_at_address(const settings& s, machine_facts& facts) {
  sockaddr_storage address{};
  const auto length = parse_address(s.gateway.address, s.gateway.port, address);
  if (length == 0) {
    facts.listen_problem = s.gateway.address + " is no numeric address";
    return;
  }
  facts.address_is_loopback = is_loopback(address);
  const int fd = ::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd >= 0) ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    facts.listen_denied = errno == EACCES;
    facts.listen_problem =
        fmt::format("{} port {}: {}", s.gateway.address, s.gateway.port, system_text(errno));
  }
  if (fd >= 0) ::close(fd);
}

std::uint64_t read_number(const char* file) {
  std::ifstream in(file);
  std::uint64_t x = 0;
  return in >> x ? x : UINT64_MAX;
}

std::uint64_t machine_memory() {
  const auto pages = ::sysconf(_SC_PHYS_PAGES);
  const auto size = ::sysconf(_SC_PAGE_SIZE);
  const auto machine = pages > 0 && size > 0
                           ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size)
                           : UINT64_MAX;
  return std::min(machine, read_number("/sys/fs/cgroup/memory.max"));
}

// Files that are no client connections: databases, logs, listening sockets, threads' event queues.
constexpr std::uint64_t other_open_files = 256;
constexpr std::uint64_t open_files_min = 1024;

void examine_open_files(const settings& s, const machine_facts& facts, std::vector<finding>& out) {
  const auto needed = s.gateway.max_connections + other_open_files;
  if (facts.open_files_most >= needed) return;
  out.push_back(
      {log::level::error, "gateway.max_connections",
       fmt::format("{} connections need {} open files and the hard limit is {}",
                   s.gateway.max_connections, needed, facts.open_files_most),
       fmt::format(
           "raise the limit (ulimit -Hn, LimitNOFILE=) or set gateway.max_connections to {}",
           facts.open_files_most > other_open_files ? facts.open_files_most - other_open_files
                                                    : 0)});
}

void examine_memory(const settings& s, const machine_facts& facts, std::vector<finding>& out) {
  const auto half_mib = facts.memory_bytes / 2 >> 20;
  const std::uint64_t hashing_mib =
      std::uint64_t{s.auth.password_memory_kib} * s.runtime.job_threads / 1024;
  if (hashing_mib > half_mib)
    out.push_back({log::level::error, "auth.password_memory_kib",
                   fmt::format("{} hashes at once take {} MiB, more than half of the memory",
                               s.runtime.job_threads, hashing_mib),
                   "lower runtime.job_threads or auth.password_memory_kib"});
  if (s.storage.embedded_shared_buffers_mb > half_mib)
    out.push_back({log::level::error, "storage.embedded_shared_buffers_mb",
                   "is more than half of the memory",
                   fmt::format("set it to {} at most", std::max<std::uint64_t>(16, half_mib / 2))});
}

/// The host is this machine.
bool on_this_machine(std::string_view url) {
  url.remove_prefix(std::min(url.size(), url.find("://") + 3));
  return url.starts_with("127.") || url.starts_with("localhost") || url.starts_with("[::1]");
}

void examine_bucket(const settings& s, std::vector<finding>& out) {
  const auto& m = s.media;
  if (m.store == "s3" && m.s3_endpoint.starts_with("http://") && !on_this_machine(m.s3_endpoint))
    out.push_back({log::level::warn, "media.s3_endpoint",
                   "bytes of media cross the network in clear text",
                   "name the service by https://"});
}

/// Bytes of media and segments that only one of several nodes has.
void examine_shared_bytes(const settings& s, std::vector<finding>& out) {
  if (!in_cluster(s.cluster) || !s.media.folder.empty()) return;
  const bool bucket = s.media.store == "s3";
  out.push_back({log::level::warn, "media.folder",
                 bucket
                     ? "segments of live streams are only on the node that took them"
                     : "uploads and segments of live streams are only on the node that took them",
                 bucket ? "name a folder that all nodes share"
                        : "name a folder that all nodes share, or keep media in a bucket"});
}

void examine_machine(const settings& s, const machine_facts& facts, std::vector<finding>& out) {
  if (!facts.data_dir_writable)
    out.push_back({log::level::error, "general.data_dir", facts.data_dir_problem,
                   "name a folder that this user can write to, or change its owner"});
  if (facts.data_dir_free_bytes < data_dir_free_bytes_min)
    out.push_back(
        {log::level::error, "general.data_dir",
         fmt::format("{} MiB are left on its disk", facts.data_dir_free_bytes >> 20),
         fmt::format("free at least {} MiB or move the folder", data_dir_free_bytes_min >> 20)});
  if (!facts.listen_problem.empty())
    out.push_back(
        {log::level::error, "gateway.port", facts.listen_problem,
         facts.listen_denied
             ? "take a port from 1024 on, or give nova the right to low ports: `setcap "
               "cap_net_bind_service=+ep` on "
               "its file, or AmbientCapabilities=CAP_NET_BIND_SERVICE in its unit"
             : "stop what listens there, or set gateway.port and gateway.address to what is free"});
  if (!facts.address_is_loopback && s.gateway.tls.certificate.empty())
    out.push_back({log::level::warn, "gateway.address",
                   "what clients send crosses the network in clear text",
                   "set gateway.tls.certificate and gateway.tls.key, or listen on 127.0.0.1 behind "
                   "a proxy that speaks TLS"});
  for (const auto& p : facts.missing_programs)
    out.push_back(
        {log::level::warn, p.name, "is not installed: " + p.loss, "install " + p.package});
  for (const auto& file : facts.loose_secrets)
    out.push_back({log::level::error, file.path,
                   fmt::format("mode {:03o} lets others read a secret", file.mode),
                   fmt::format("chmod 600 {}", file.path)});
  examine_bucket(s, out);
  examine_shared_bytes(s, out);
  examine_open_files(s, facts, out);
  examine_memory(s, facts, out);
}

/// Settings that are within their bounds and contradict each other.
void examine_agreement(const settings& s, std::vector<finding>& out) {
  const auto& db = s.storage;
  const auto below = [&](std::string_view name, double value, std::string_view limit_name,
                         double limit) {
    if (value >= limit)
      out.push_back({log::level::error, std::string(name),
                     fmt::format("{:.15g} is not below {} ({:.15g})", value, limit_name, limit),
                     fmt::format("lower it or raise {}", limit_name)});
  };
  below("storage.lane_statement_timeout_ms", db.lane_statement_timeout_ms, "storage.lease_ms",
        db.lease_ms);
  below("storage.lane_idle_timeout_ms", db.lane_idle_timeout_ms, "storage.lease_ms", db.lease_ms);
  below("storage.lane_lock_timeout_ms", db.lane_lock_timeout_ms, "storage.lease_ms", db.lease_ms);
  below("storage.lease_margin_ms", db.lease_margin_ms, "half of storage.lease_ms",
        db.lease_ms / 2.0);
  below("storage.reconnect_min_ms", db.reconnect_min_ms, "storage.reconnect_max_ms",
        db.reconnect_max_ms + 1.0);
  below("auth.session_idle_d", s.auth.session_idle_d, "auth.session_lifetime_d",
        s.auth.session_lifetime_d + 1.0);
  below("auth.lockout_base_s", s.auth.lockout_base_s, "auth.lockout_cap_s",
        s.auth.lockout_cap_s + 1.0);
  below("gateway.drain_ms", s.gateway.drain_ms, "general.stop_budget_ms", s.general.stop_budget_ms);
  if (!std::has_single_bit(s.runtime.courier_slots))
    out.push_back({log::level::error, "runtime.courier_slots",
                   fmt::format("{} is no power of two", s.runtime.courier_slots),
                   fmt::format("set it to {}", std::bit_floor(s.runtime.courier_slots))});
  if (!s.gateway.resume_key.empty() && s.gateway.resume_key.size() < 32)
    out.push_back({log::level::error, "gateway.resume_key", "is shorter than 32 bytes",
                   "give it 32 random bytes, or none: then Nova keeps one in the data folder"});
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

void fit_to_machine(settings& s, std::uint64_t open_files_most) {
  auto& most = s.gateway.max_connections;
  if (most != settings{}.gateway.max_connections || open_files_most < open_files_min) return;
  most = std::min<std::uint64_t>(most, open_files_most - other_open_files);
}

void fit_to_machine(settings& s) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) fit_to_machine(s, limit.rlim_max);
}

machine_facts gather_facts(const settings& s) {
  machine_facts facts;
  look_at_data_dir(s, facts);
  look_at_secrets(s, facts);
  if (has_role(s.cluster, gateway_role)) look_at_address(s, facts);
  if (has_role(s.cluster, "media") && s.media.workers > 0) look_at_programs(s, facts);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) facts.open_files_most = limit.rlim_max;
  facts.memory_bytes = machine_memory();
  return facts;
}

std::vector<finding> examine(const settings& s, const machine_facts& facts) {
  std::vector<finding> out;
  examine_machine(s, facts, out);
  examine_agreement(s, out);
  return out;
}

bool may_serve(const std::vector<finding>& findings) {
  return std::ranges::none_of(findings,
                              [](const finding& f) { return f.severity == log::level::error; });
}

void print_findings(const std::vector<finding>& findings, std::ostream& to) {
  for (const auto& f : findings) {
    to << (f.severity == log::level::error ? "refused " : "warning ") << f.subject << ": "
       << f.detail;
    if (!f.remedy.empty()) to << ". Change: " << f.remedy << '.';
    to << '\n';
  }
}

void log_findings(const std::vector<finding>& findings) {
  for (const auto& f : findings) {
    if (f.severity == log::level::error)
      log::error("doctor.refused",
                 {{"subject", f.subject}, {"detail", f.detail}, {"change", f.remedy}});
    else
      log::warn("doctor.warning",
                {{"subject", f.subject}, {"detail", f.detail}, {"change", f.remedy}});
  }
}

}  // namespace nova::config
