#include "bench/media/nginx_files.hpp"

#include "config/process/programs.hpp"
#include "tests/support/server_process.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <thread>

namespace nova::bench {
namespace {

constexpr auto ready_within = std::chrono::seconds(10);

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

bool takes_connections(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto at = loopback(port);
  const bool taken = ::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
  ::close(fd);
  return taken;
}

}  // namespace

bool nginx_files::installed() { return config::find_nginx().has_value(); }

bool nginx_files::open(const std::string& folder, unsigned workers, std::string& problem) {
  const auto nginx = config::find_nginx();
  port_ = client::free_port();
  if (!nginx || port_ == 0) {
    problem = "nginx is not installed, or no port is free";
    return false;
  }
  const auto configuration = folder + "/nginx.conf";
  std::ofstream(configuration) << fmt::format(
      R"({}daemon off;
pid {}/nginx.pid;
error_log {}/nginx.log crit;
worker_processes {};
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  server {{ listen 127.0.0.1:{}; root {}; }}
}}
)",
      ::geteuid() == 0 ? "user root;\n" : "", folder, folder, workers, port_, folder);
  const std::array files{-1, -1, -1};
  pid_ = config::start_program(
      {*nginx, "-e", folder + "/nginx.log", "-p", folder, "-c", configuration}, files);
  const auto over = std::chrono::steady_clock::now() + ready_within;
  while (pid_ > 0 && std::chrono::steady_clock::now() < over) {
    if (takes_connections(port_)) return true;
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
    std::this_thread::yield();
  }
  problem = "nginx does not take connections";
  return false;
}

nginx_files::~nginx_files() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

double nginx_files::cpu() const { return client::usage_of_family(pid_).cpu_seconds; }

}  // namespace nova::bench
