#include "storage/embedded/server_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>

namespace nova::storage {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view socket_prefix = "nova-pg-";

error failed(const std::string& what) {
  return {errc::unavailable, what + ": " + std::generic_category().message(errno)};
}

class handle {
 public:
  explicit handle(int fd = -1) : fd_(fd) {}
  ~handle() {
    if (fd_ >= 0) ::close(fd_);
  }
  handle(const handle&) = delete;
  handle& operator=(const handle&) = delete;
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

void replace(std::string& text, const std::string& from, const std::string& to) {
  if (auto at = text.find(from); at != std::string::npos) text.replace(at, from.size(), to);
}

// In the child between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(const server_user& user, bool end_with_process, bool own_session,
                         pid_t parent, int data, int input, int log, char* const* arguments,
                         char* const* environment) {
  if (own_session) ::setsid();
  int null = ::open("/dev/null", O_RDWR);
  ::dup2(null, 0);
  ::dup2(log >= 0 ? log : null, 1);
  ::dup2(log >= 0 ? log : null, 2);
  // Nothing of ours may live on in the server: it can outlast this process, and would keep our sockets open.
  ::close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
  if (data >= 0) ::fcntl(data, F_SETFD, 0);
  if (input >= 0) ::fcntl(input, F_SETFD, 0);
  if (::chdir("/") != 0) ::_exit(126);
  if (user.change) {
    gid_t group = user.gid;
    if (::setgroups(1, &group) != 0 || ::setresgid(user.gid, user.gid, user.gid) != 0 ||
        ::setresuid(user.uid, user.uid, user.uid) != 0)
      ::_exit(126);
  }
  if (end_with_process) {
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (::getppid() != parent) ::_exit(126);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int s : {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGPIPE, SIGCHLD, SIGUSR1, SIGUSR2})
    ::signal(s, SIG_DFL);
  ::umask(077);
  ::execve(arguments[0], arguments, environment);
  ::_exit(127);
}

std::vector<std::string> socket_bases() {
  std::vector<std::string> bases;
  if (::geteuid() == 0) bases.push_back("/run");
  if (const char* runtime = std::getenv("XDG_RUNTIME_DIR");
      runtime && *runtime && ::geteuid() != 0 && std::strlen(runtime) < 60)
    bases.push_back(runtime);
  std::error_code ignored;
  const auto own = fs::temp_directory_path(ignored).string();  // $TMPDIR
  if (!own.empty() && own.size() < 60) bases.push_back(own);
  if (own != "/tmp") bases.push_back("/tmp");
  return bases;
}

bool nobody_listens(const fs::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto text = socket.string();
  if (text.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, text.c_str(), text.size());
  handle probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return probe.get() >= 0 &&
         ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
         errno == ECONNREFUSED;
}

// A server binds its socket some time before it listens; its lock file beside the socket names it by then.
bool is_held(const fs::path& socket) {
  std::ifstream in(socket.string() + ".lock");
  pid_t pid = 0;
  std::string data;
  in >> pid >> std::ws;
  return std::getline(in, data) && pid > 1 && serves_folder(pid, data);
}

// An empty folder younger than this may belong to a server that is just starting.
constexpr auto starting_time = std::chrono::hours(1);

// Since when nothing was made or removed in it; 0 if that cannot be read.
std::chrono::seconds unused_for(const fs::path& folder) {
  std::error_code fault;
  const auto changed = fs::last_write_time(folder, fault);
  if (fault) return std::chrono::seconds(0);
  return std::chrono::duration_cast<std::chrono::seconds>(fs::file_time_type::clock::now() -
                                                          changed);
}

}  // namespace

result<server_user> choose_server_user() {
  if (::geteuid() != 0) return server_user{};
  const passwd* entry = ::getpwnam("postgres");
  if (!entry)
    return make_error(
        errc::unavailable,
        "there is no OS user postgres to run the embedded server as: apt-get install postgresql");
  return server_user{true, entry->pw_uid, entry->pw_gid};
}

result<pid_t> launch(const program& p, const server_user& user) {
  handle data(::open(p.data.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (data.get() < 0) return failed("cannot open " + p.data.string());
  handle log(
      p.log.empty() ? -1 : ::open(p.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!p.log.empty() && log.get() < 0) return failed("cannot open " + p.log.string());
  handle input(p.input.empty() ? -1 : ::memfd_create("nova", MFD_CLOEXEC));
  if (!p.input.empty()) {
    bool good = input.get() >= 0 && ::write(input.get(), p.input.data(), p.input.size()) >= 0 &&
                ::fchmod(input.get(), 0600) == 0 &&
                (!user.change || ::fchown(input.get(), user.uid, user.gid) == 0);
    if (!good) return failed("cannot make a private file");
  }

  std::vector<std::string> arguments{p.executable.string()};
  for (auto a : p.arguments) {
    replace(a, "{data}",
            user.change ? "/proc/self/fd/" + std::to_string(data.get()) : p.data.string());
    replace(a, "{input}", "/proc/self/fd/" + std::to_string(input.get()));
    arguments.push_back(a);
  }
  std::vector<std::string> environment{
      "LC_ALL=C.UTF-8", "TZ=UTC", "PATH=" + p.executable.parent_path().string() + ":/usr/bin:/bin"};
  auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (auto& t : texts) out.push_back(t.data());
    out.push_back(nullptr);
    return out;
  };
  auto argv = pointers(arguments), envp = pointers(environment);
  pid_t parent = ::getpid();
  pid_t child = ::fork();
  if (child < 0) return failed("cannot fork");
  if (child == 0)
    become(user, p.end_with_process, p.own_session, parent, data.get(), input.get(), log.get(),
           argv.data(), envp.data());
  return child;
}

int wait_for(pid_t child, std::chrono::milliseconds limit) {
  handle watch(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  pollfd p{watch.get(), POLLIN, 0};
  if (watch.get() >= 0 && ::poll(&p, 1, static_cast<int>(limit.count())) <= 0) return -1;
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::optional<postmaster_file> read_postmaster_file(const fs::path& data) {
  std::ifstream in(data / "postmaster.pid");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  if (lines.empty()) return std::nullopt;
  postmaster_file out;
  out.pid = static_cast<pid_t>(std::strtol(lines[0].c_str(), nullptr, 10));
  if (out.pid <= 1) return std::nullopt;
  if (lines.size() > 4) out.socket_folder = lines[4];
  out.ready = lines.size() > 7 && lines[7].starts_with("ready");
  return out;
}

bool serves_folder(pid_t pid, const fs::path& data) {
  struct stat mine {
  }, theirs{};
  auto cwd = "/proc/" + std::to_string(pid) + "/cwd";
  return ::stat(data.c_str(), &mine) == 0 && ::stat(cwd.c_str(), &theirs) == 0 &&
         mine.st_ino == theirs.st_ino && mine.st_dev == theirs.st_dev;
}

std::vector<pid_t> processes_in(const fs::path& data) {
  std::vector<pid_t> out;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    auto name = entry.path().filename().string();
    if (name.empty() || name.find_first_not_of("0123456789") != std::string::npos) continue;
    auto pid = static_cast<pid_t>(std::stol(name));
    std::ifstream in(entry.path() / "comm");
    std::string comm;
    std::getline(in, comm);
    if (comm == "postgres" && serves_folder(pid, data)) out.push_back(pid);
  }
  return out;
}

result<fs::path> make_socket_folder(const server_user& user) {
  for (const auto& base : socket_bases()) {
    std::string path = base + "/" + std::string(socket_prefix) + "XXXXXX";
    if (!::mkdtemp(path.data())) continue;
    if (user.change && ::chown(path.c_str(), user.uid, user.gid) != 0) {
      ::rmdir(path.c_str());
      continue;
    }
    return fs::path(path);
  }
  const int reason = errno;
  std::string tried;
  for (const auto& base : socket_bases()) tried += (tried.empty() ? "" : ", ") + base;
  errno = reason;
  return failed("cannot make a folder for the socket in any of " + tried);
}

void remove_socket_folder(const fs::path& folder) {
  struct stat info {};
  if (!folder.filename().string().starts_with(socket_prefix) ||
      ::lstat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))
    return;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    std::error_code skip;
    if (entry.path().filename().string().starts_with(".s.PGSQL.")) fs::remove(entry.path(), skip);
  }
  fs::remove(folder, ignored);
}

void remove_dead_socket_folders() {
  std::error_code ignored;
  for (const auto& base : socket_bases()) {
    for (const auto& entry : fs::directory_iterator(base, ignored)) {
      const auto& folder = entry.path();
      if (!folder.filename().string().starts_with(socket_prefix)) continue;
      const auto socket = folder / ".s.PGSQL.5432";
      const bool dead = fs::exists(socket, ignored)
                            ? nobody_listens(socket) && !is_held(socket)
                            : fs::is_empty(folder, ignored) && unused_for(folder) > starting_time;
      if (dead) remove_socket_folder(folder);
    }
  }
}

}  // namespace nova::storage
