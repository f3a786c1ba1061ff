// See server_process.hpp.
#include "tests/support/server_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace nova::client {

namespace fs = std::filesystem;
using clock = std::chrono::steady_clock;

namespace {

// Below those that the kernel gives to outgoing connections: one of these would hold a server's port while it is down.
constexpr unsigned first_port = 20'000, ports = 12'000, ports_a_process = 40;

int open_pidfd(pid_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

/// True when the process of `pidfd` has ended in time.
bool await_end(int pidfd, std::chrono::milliseconds within) {
  pollfd p{pidfd, POLLIN, 0};
  return poll(&p, 1, static_cast<int>(within.count())) > 0;
}

struct stat_line {
  pid_t parent = 0;
  double own = 0, waited = 0;
  std::uint64_t rss = 0;
};

stat_line read_stat(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text, '\0');  // of a process that has just ended: nothing, and no exception
  stat_line out;
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return out;
  std::istringstream fields(text.substr(name_end + 2));
  std::vector<std::string> f;
  for (std::string word; fields >> word;) f.push_back(word);
  if (f.size() < 22) return out;
  const double tick = static_cast<double>(sysconf(_SC_CLK_TCK));
  out.parent = std::stoi(f[1]);
  out.own = (std::stod(f[11]) + std::stod(f[12])) / tick;
  out.waited = (std::stod(f[13]) + std::stod(f[14])) / tick;
  out.rss = std::stoull(f[21]) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return out;
}

}  // namespace

std::string default_binary() {
  if (const char* named = std::getenv("NOVA_BINARY")) return named;
#ifdef NOVA_BINARY_PATH
  return NOVA_BINARY_PATH;
#else
  return "nova";
#endif
}

server_process::server_process(server_options options) : options_(std::move(options)) {
  if (options_.binary.empty()) options_.binary = default_binary();
  data_ = options_.data;
  if (data_.empty()) {
    auto pattern = (fs::temp_directory_path() / "nova-test-XXXXXX").string();
    data_ = mkdtemp(pattern.data());
    own_data_ = true;
  }
  fs::create_directories(data_);
  log_ = data_ + "/stderr.log";
}

server_process::~server_process() {
  if (pid_ != 0) stop();
  end_postgres();
  std::error_code ec;
  if (own_data_) fs::remove_all(data_, ec);
}

bool server_process::copy() {
  const auto from = std::exchange(options_.copy_of, {});
  if (from.empty()) return true;
  // With owners and modes: PostgreSQL looks at them.
  const auto copier = fork();
  if (copier == 0) {
    execlp("cp", "cp", "-a", (from + "/.").c_str(), data_.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  waitpid(copier, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
  problem_ = "copying " + from + " failed";
  return false;
}

bool server_process::begin() {
  if (!copy()) return false;
  int out[2];
  if (pipe2(out, O_CLOEXEC) != 0) return false;
  const auto port = std::to_string(options_.port);
  const int log = open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    dup2(out[1], STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    for (const auto& [name, value] : options_.environment) setenv(name.c_str(), value.c_str(), 1);
    std::vector<const char*> words{"nova",       "serve",  "--port",
                                   port.c_str(), "--data", data_.c_str()};
    for (const auto& word : options_.arguments) words.push_back(word.c_str());
    words.push_back(nullptr);
    execvp(options_.binary.c_str(), const_cast<char* const*>(words.data()));
    dprintf(STDERR_FILENO, "cannot execute %s: %m\n", options_.binary.c_str());
    _exit(127);
  }
  close(out[1]);
  close(log);
  pidfd_ = open_pidfd(pid_);
  out_ = out[0];
  return true;
}

bool server_process::await() {
  struct closing {
    int& fd;
    ~closing() { close(std::exchange(fd, -1)); }
  } at_end{out_};
  const int out = out_;
  static constexpr std::string_view ready = "nova ready: ";
  const auto mark = "://" + options_.host + ":";  // with or without TLS
  const auto deadline = clock::now() + options_.ready_within;
  std::string seen;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock::now());
    pollfd p{out, POLLIN, 0};
    if (left.count() <= 0 || poll(&p, 1, static_cast<int>(left.count())) <= 0) {
      problem_ = "no ready line in time; stderr ends:\n" + log_tail();
      return false;
    }
    char buffer[512];
    const auto n = read(out, buffer, sizeof buffer);
    if (n <= 0) {
      problem_ = "ended before it was ready; stderr ends:\n" + log_tail();
      return false;
    }
    seen.append(buffer, static_cast<std::size_t>(n));
    const auto at = seen.find(mark, std::min(seen.find(ready), seen.size()));
    if (at != std::string::npos && seen.find('\n', at) != std::string::npos) {
      options_.port = static_cast<std::uint16_t>(std::stoi(seen.substr(at + mark.size())));
      return true;
    }
  }
}

int server_process::stop(std::chrono::milliseconds within) {
  if (pid_ == 0) return 0;
  ::kill(pid_, SIGTERM);
  const bool ended = await_end(pidfd_, within);
  if (!ended) ::kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  close(pidfd_);
  pid_ = 0;
  if (!ended) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void server_process::kill() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  close(pidfd_);
  pid_ = 0;
}

void server_process::pause() {
  if (pid_ != 0) ::kill(pid_, SIGSTOP);
}

void server_process::resume() {
  if (pid_ != 0) ::kill(pid_, SIGCONT);
}

bool server_process::running() const {
  return pid_ != 0 && !await_end(pidfd_, std::chrono::milliseconds(0));
}

endpoint server_process::at() const { return {options_.port, options_.host}; }

pid_t server_process::postmaster() const {
  std::ifstream file(data_ + "/postgres/postmaster.pid");
  pid_t pid = 0;
  if (!(file >> pid) || pid <= 1) return 0;
  std::ifstream name("/proc/" + std::to_string(pid) + "/comm");
  std::string comm;
  return name >> comm && comm.starts_with("postgres") ? pid : 0;
}

bool server_process::stop_postgres_immediately() {
  const auto pid = postmaster();
  return pid != 0 && ::kill(pid, SIGQUIT) == 0;
}

bool signal_family(pid_t parent, int signal) {
  // Children of a killed process would be those of another one.
  if (parent == 0 || ::kill(parent, signal == SIGKILL ? SIGSTOP : signal) != 0) return false;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator("/proc", ec)) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto pid = static_cast<pid_t>(std::stoi(name));
    if (read_stat(pid).parent == parent) ::kill(pid, signal);
  }
  return signal != SIGKILL || ::kill(parent, SIGKILL) == 0;
}

bool server_process::pause_postgres() { return signal_family(postmaster(), SIGSTOP); }

void server_process::resume_postgres() { signal_family(postmaster(), SIGCONT); }

void server_process::end_postgres() {
  const auto pid = postmaster();
  if (pid == 0) return;
  const int fd = open_pidfd(pid);
  ::kill(pid, SIGQUIT);
  if (fd >= 0) {
    await_end(fd, std::chrono::seconds(10));
    close(fd);
  }
}

std::string server_process::log_tail(std::size_t bytes) const {
  std::ifstream file(log_, std::ios::ate | std::ios::binary);
  if (!file) return {};
  const auto size = static_cast<std::size_t>(file.tellg());
  const auto from = size > bytes ? size - bytes : 0;
  file.seekg(static_cast<std::streamoff>(from));
  return {std::istreambuf_iterator<char>(file), {}};
}

process_usage usage_of(pid_t pid) {
  const auto s = read_stat(pid);
  return {s.own, s.rss};
}

process_usage usage_of_family(pid_t parent) {
  const auto head = read_stat(parent);
  process_usage sum{head.own + head.waited, head.rss};
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator("/proc", ec)) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto child = read_stat(std::stoi(name));
    if (child.parent != parent) continue;
    sum.cpu_seconds += child.own + child.waited;
    sum.rss_bytes += child.rss;
  }
  return sum;
}

std::uint16_t free_port() {
  static std::atomic<unsigned> asked{0};
  for (;;) {
    const auto next = static_cast<unsigned>(getpid()) * ports_a_process + asked++;
    const auto port = static_cast<std::uint16_t>(first_port + next % ports);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool free = ::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
    ::close(fd);
    if (free) return port;
  }
}

void add_database(std::vector<std::pair<std::string, std::string>>& environment, std::string domain,
                  const std::string& conninfo, const std::string& owner_conninfo) {
  for (auto& c : domain) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  environment.emplace_back("NOVA_STORAGE__DSN__" + domain, conninfo);
  environment.emplace_back("NOVA_STORAGE__OWNER_DSN__" + domain, owner_conninfo);
}

}  // namespace nova::client
