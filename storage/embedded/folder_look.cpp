#include "storage/embedded/folder_look.hpp"

#include "storage/embedded/data_folder.hpp"
#include "storage/embedded/embedded_postgres.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

namespace nova::storage {
namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t control_file_bytes = 8192;  // PG_CONTROL_FILE_SIZE
constexpr std::size_t explained_bytes = 64 * 1024;

error refused(std::string text) { return {errc::invalid_request, std::move(text)}; }

std::string user_name(uid_t uid) {
  const passwd* entry = ::getpwuid(uid);
  return entry ? entry->pw_name : "number " + std::to_string(uid);
}

bool is_cause(const std::string& line) {
  return line.find("FATAL:") != line.npos || line.find("PANIC:") != line.npos ||
         line.find("could not") != line.npos;
}

std::string remedy_for(const std::string& cause) {
  const auto says = [&](const char* words) { return cause.find(words) != cause.npos; };
  if (says("No space left") || says("quota exceeded")) return disk_full_remedy;
  if (says("control file") || says("pg_control") || says("checkpoint record"))
    return ": the folder is damaged, restore it from a backup";
  if (says("Permission denied"))
    return ": its files belong to another user, start Nova as that user or chown them";
  if (says("shared memory") || says("allocate memory"))
    return ": there is too little memory, lower storage.embedded_shared_buffers_mb";
  return "";
}

}  // namespace

pid_t lock_holder(const fs::path& data) {
  struct stat file {};
  if (::stat((data / "lock").c_str(), &file) != 0) return 0;
  char wanted[64];
  std::snprintf(wanted, sizeof wanted, "%02x:%02x:%llu", major(file.st_dev), minor(file.st_dev),
                static_cast<unsigned long long>(file.st_ino));
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    // "12: FLOCK  ADVISORY  WRITE 4711 fd:01:131090 0 EOF"; a line with -> is a waiting one.
    std::istringstream words(line);
    std::string number, kind, advisory, access, pid, inode;
    words >> number >> kind >> advisory >> access >> pid >> inode;
    if (kind == "FLOCK" && inode == wanted)
      return static_cast<pid_t>(std::strtol(pid.c_str(), nullptr, 10));
  }
  return 0;
}

result<void> check_cluster(const fs::path& cluster, const server_user& user) {
  struct stat folder {};
  if (::stat(cluster.c_str(), &folder) != 0)
    return refused("cannot look into " + cluster.string() + ": " +
                   std::generic_category().message(errno));
  const auto wanted = user.change ? user.uid : ::geteuid();
  if (folder.st_uid != wanted)
    return refused(
        cluster.string() + " belongs to the OS user " + user_name(folder.st_uid) +
        ", and PostgreSQL would run as " + user_name(wanted) +
        ": start Nova as the user who made the data folder, or give it away with `chown -R " +
        user_name(wanted) + " " + cluster.string() + "`");
  std::error_code failed;
  const auto bytes = fs::file_size(cluster / "global" / "pg_control", failed);
  if (failed || bytes != control_file_bytes)
    return refused(
        cluster.string() + " is damaged: global/pg_control is " +
        (failed ? failed.message() : std::to_string(bytes) + " bytes long instead of 8192") +
        "; restore the folder from a backup");
  return {};
}

folder_look look_at_folder(const fs::path& data, const std::string& configured_bin_dir) {
  folder_look seen;
  const auto cluster = data / "postgres";
  seen.nova = lock_holder(data);
  seen.version = std::atoi(read_small_file(cluster / "PG_VERSION").c_str());
  if (auto file = read_postmaster_file(cluster); file && serves_folder(file->pid, cluster)) {
    seen.server = file->pid;
    seen.socket_folder = file->socket_folder;
    return seen;
  }
  auto user = choose_server_user();
  auto bin = server_for(configured_bin_dir, seen.version);
  if (!user) seen.problem = user.error().detail;
  else if (!bin) seen.problem = bin.error().detail;
  else if (seen.version != 0)
    if (auto fits = check_cluster(cluster, *user); !fits) seen.problem = fits.error().detail;
  return seen;
}

std::string explain_log(const fs::path& log, std::uintmax_t from_byte) {
  std::ifstream in(log, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(from_byte));
  std::string cause, last;
  std::size_t read = 0;
  for (std::string line; read < explained_bytes && std::getline(in, line); read += line.size()) {
    if (line.empty()) continue;
    last = line;
    // What can be mended comes before what follows from it, as a PANIC.
    if (is_cause(line) && (remedy_for(cause).empty() || !remedy_for(line).empty())) cause = line;
  }
  if (cause.empty()) cause = last.empty() ? "it wrote nothing to its log " + log.string() : last;
  return cause + remedy_for(cause);
}

}  // namespace nova::storage
