#include "storage/embedded/backup.hpp"

#include "protocols/core/blobs.hpp"
#include "storage/embedded/data_folder.hpp"
#include "storage/embedded/embedded_postgres.hpp"
#include "storage/embedded/folder_look.hpp"
#include "storage/embedded/server_process.hpp"
#include "storage/postgres/conninfo.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>

namespace nova::storage {
namespace fs = std::filesystem;

namespace {

constexpr auto backup_limit = std::chrono::hours(24);
constexpr auto cluster_name = "postgres", blobs_name = "blobs";
/// Beside the cluster: what a Nova needs to open it and to know its own tokens.
constexpr const char* kept[] = {"postgres.secrets", "keys"};

error refused(std::string text) { return make_error(errc::invalid_request, std::move(text)); }

std::string reason() { return std::generic_category().message(errno); }

result<void> make_private_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0)
    return refused("cannot make " + folder.string() + ": " + reason());
  return {};
}

result<void> copy_all(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks, failed);
  if (failed)
    return refused("cannot copy " + from.string() + " to " + to.string() + ": " + failed.message());
  return {};
}

result<void> copy_kept(const fs::path& from, const fs::path& to) {
  for (const auto* name : kept) {
    std::error_code absent;
    if (!fs::exists(from / name, absent)) continue;
    if (auto copied = copy_all(from / name, to / name); !copied) return copied;
  }
  return {};
}

bool is_vanished(const std::error_code& why) { return why == std::errc::no_such_file_or_directory; }

/// Kept bytes that the other folder lacks. A blob never changes; one that is removed meanwhile is left out.
result<void> copy_blobs(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  if (!fs::exists(from, failed)) return {};
  fs::recursive_directory_iterator at(from, failed), end;
  for (; !failed && at != end; at.increment(failed)) {
    if (!blobs::is_blob_name(at->path().filename().string())) continue;
    const auto place = to / at->path().lexically_relative(from);
    std::error_code why;
    const auto size = fs::file_size(at->path(), why);
    if (!why && fs::exists(place) && fs::file_size(place) == size) continue;
    if (!why) fs::create_directories(place.parent_path(), why);
    if (!why) fs::copy_file(at->path(), place, fs::copy_options::overwrite_existing, why);
    if (why && !is_vanished(why))
      return refused("cannot copy " + at->path().string() + " to " + place.string() + ": " +
                     why.message());
  }
  if (failed && !is_vanished(failed))
    return refused("cannot read " + from.string() + ": " + failed.message());
  return {};
}

/// Everything below and itself.
result<void> give_to(const fs::path& folder, const server_user& user) {
  if (!user.change) return {};
  const auto give = [&](const fs::path& path) {
    return ::lchown(path.c_str(), user.uid, user.gid) == 0;
  };
  bool given = give(folder);
  std::error_code failed;
  for (fs::recursive_directory_iterator at(folder, failed), end; given && !failed && at != end;
       at.increment(failed))
    given = give(at->path());
  if (!given || failed)
    return refused("cannot give " + folder.string() + " to the OS user postgres: " + reason());
  return {};
}

void sync_all(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::syncfs(fd);
  ::close(fd);
}

result<void> copy_cluster(const folder_look& seen, const std::string& password,
                          const server_user& user, const fs::path& bin, const fs::path& to) {
  const auto log = to.parent_path() / "backup.log";
  auto child = launch(
      {.executable = bin / "pg_basebackup",
       .arguments = {"-d",
                     to_conninfo({{"host", seen.socket_folder.string()},
                                  {"port", "5432"},
                                  {"user", "postgres"},
                                  {"passfile", "{input}"}}),
                     "-D", "{data}", "--wal-method=stream", "--checkpoint=fast", "--no-password"},
       .data = to,
       .log = log,
       .input = "*:*:*:postgres:" + password + "\n",
       .end_with_process = true},
      user);
  if (!child) return child.error();
  if (const int status = wait_for(*child, backup_limit); status != 0)
    return refused("pg_basebackup failed (" + std::to_string(status) + "): " + explain_log(log, 0));
  std::error_code ignored;
  fs::remove(log, ignored);
  return {};
}

}  // namespace

result<void> back_up(const fs::path& data, const fs::path& blobs, const fs::path& to) {
  const auto seen = look_at_folder(data, "");
  if (seen.server == 0)
    return refused(
        "no PostgreSQL runs in " + data.string() +
        ": while Nova is stopped, copy the folder; databases of your own have tools of their own");
  secrets_file secrets;
  if (auto r = secrets.load(data); !r) return r;
  auto user = choose_server_user();
  if (!user) return user.error();
  auto bin = server_for("", seen.version);
  if (!bin) return bin.error();
  if (auto r = make_private_folder(to); !r) return r;
  const auto cluster = to / cluster_name;
  if (auto r = make_private_folder(cluster); !r) return r;
  if (auto r = give_to(cluster, *user); !r) return r;
  // Before the databases, so that few bytes are left for the time behind their moment; and behind it, so that all that they name is here.
  if (auto r = copy_blobs(blobs, to / blobs_name); !r) return r;
  if (auto r = copy_cluster(seen, secrets.known("postgres"), *user, *bin, cluster); !r) return r;
  if (auto r = copy_blobs(blobs, to / blobs_name); !r) return r;
  if (auto r = copy_kept(data, to); !r) return r;
  sync_all(to);
  return {};
}

result<void> restore(const fs::path& from, const fs::path& data, const fs::path& blobs) {
  std::error_code absent;
  if (!fs::exists(from / cluster_name / "backup_label", absent))
    return refused(from.string() + " is no backup of Nova");
  if (fs::exists(data, absent) && !fs::is_empty(data, absent))
    return refused(data.string() + " is not empty: name a new folder");
  auto user = choose_server_user();
  if (!user) return user.error();
  fs::create_directories(data.parent_path().empty() ? "." : data.parent_path(), absent);
  if (!fs::exists(data, absent))
    if (auto r = make_private_folder(data); !r) return r;
  const auto cluster = data / cluster_name;
  if (auto r = copy_all(from / cluster_name, cluster); !r) return r;
  fs::permissions(cluster, fs::perms::owner_all, absent);
  if (auto r = give_to(cluster, *user); !r) return r;
  if (auto r = copy_kept(from, data); !r) return r;
  if (auto r = copy_blobs(from / blobs_name, blobs); !r) return r;
  sync_all(data);
  if (fs::exists(blobs, absent)) sync_all(blobs);
  return {};
}

}  // namespace nova::storage
