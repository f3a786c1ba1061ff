#include "gateway/transfer/rtmp_server.hpp"

#include "config/process/programs.hpp"
#include "gateway/transfer/rtmp_callback.hpp"
#include "protocols/core/log.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace nova::gateway {
namespace {

namespace net = boost::asio;

using config::rtmp_module;

constexpr std::chrono::seconds pause{1};
/// Where nginx finds its configuration and its process id: files without a name.
constexpr int configuration_fd = 3, process_id_fd = 4;

bool is_free(const std::string& address, std::uint16_t port) {
  boost::system::error_code ec;
  net::io_context context;
  const net::ip::tcp::endpoint at(net::ip::make_address(address, ec), port);
  net::ip::tcp::acceptor tried(context);
  if (!ec) tried.open(at.protocol(), ec);
  if (!ec) tried.set_option(net::socket_base::reuse_address(true), ec);
  if (!ec) tried.bind(at, ec);
  return !ec;
}

int private_file(const std::string& text) {
  const int fd = ::memfd_create("nova-rtmp", MFD_CLOEXEC);
  if (fd >= 0 && ::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    ::close(fd);
    return -1;
  }
  return fd;
}

/// nginx ends with this process, and is no superuser.
std::vector<std::string> command_line(const std::string& nginx) {
  std::vector<std::string> out{"setpriv", "--pdeathsig", "TERM"};
  if (::geteuid() == 0)
    for (const char* word : {"--reuid", "www-data", "--regid", "www-data", "--clear-groups"})
      out.emplace_back(word);
  for (const auto& word :
       {nginx, std::string("-e"), std::string("stderr"), std::string("-p"), std::string("/"),
        std::string("-c"), fmt::format("/proc/self/fd/{}", configuration_fd)})
    out.push_back(word);
  return out;
}

}  // namespace

std::string rtmp_configuration(const rtmp_places& p) {
  const bool v6 = p.address.find(':') != p.address.npos;
  const auto callback = fmt::format("http://127.0.0.1:{}{}", p.gateway, rtmp_callback_path);
  const auto put = fmt::format("http://127.0.0.1:{}/v1/ingest/{}/$name/", p.gateway, rtmp_ingest);
  return fmt::format(
      R"(load_module {};
daemon off;
master_process off;
pid /proc/self/fd/{};
error_log stderr crit;
events {{ worker_connections {}; }}
rtmp {{
  access_log off;
  server {{
    listen {}:{};
    max_connections {};
    timeout 20s;
    ping 10s;
    ping_timeout 10s;
    application live {{
      live on;
      wait_key on;
      drop_idle_publisher 10s;
      allow play 127.0.0.1;
      deny play all;
      on_publish {};
      on_publish_done {};
      on_update {};
      notify_update_timeout 2s;
      exec_kill_signal term;
      exec_push {} -nostdin -loglevel quiet -fflags nobuffer -i rtmp://127.0.0.1:{}/live/$name
        -c copy -f hls -hls_time 1 -hls_list_size 6 -hls_segment_type fmp4
        -hls_start_number_source epoch_us
        -hls_flags independent_segments+program_date_time+delete_segments+omit_endlist+discont_start
        -hls_fmp4_init_filename $name-init.mp4 -hls_segment_filename {}$name-%d.m4s
        -method PUT -http_persistent 1 {}index.m3u8;
    }}
  }}
}}
)",
      rtmp_module, process_id_fd, p.max_connections * 2 + 64,
      v6 ? '[' + p.address + ']' : p.address, p.port, p.max_connections, callback, callback,
      callback, p.ffmpeg, p.port, put, put);
}

bool rtmp_server::wanted(const config::gateway_settings& s) {
  return s.rtmp_port != 0 && (s.port != 0 || s.rtmp_port != config::gateway_settings().rtmp_port);
}

void rtmp_server::start(std::uint16_t gateway) {
  const auto& s = edge_.settings;
  const auto nginx = config::find_nginx(), ffmpeg = config::find_program("ffmpeg");
  if (!nginx || !ffmpeg || ::access(rtmp_module.data(), R_OK) != 0)
    return log::info("rtmp.not_installed", {{"package", "libnginx-mod-rtmp, ffmpeg"}});
  if (!is_free(s.address, s.rtmp_port))
    return log::warn("rtmp.port_taken", {{"port", s.rtmp_port}});
  edge_.rtmp.port = s.rtmp_port;
  watcher_ = std::thread(
      [this, nginx = *nginx,
       text = rtmp_configuration({s.address, s.rtmp_port, gateway, s.rtmp_connections, *ffmpeg})] {
        watch(nginx, text);
      });
}

void rtmp_server::stop() {
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
    if (process_ > 0) ::kill(process_, SIGTERM);
  }
  stopped_.notify_all();
  if (watcher_.joinable()) watcher_.join();
}

void rtmp_server::watch(const std::string& nginx, const std::string& configuration) {
  std::unique_lock hold(mutex_);
  while (!stopping_) {
    hold.unlock();
    const int status = run(nginx, configuration);
    edge_.rtmp.clear();
    hold.lock();
    if (stopping_) return;
    log::warn("rtmp.ended", {{"status", status}});
    stopped_.wait_for(hold, pause, [this] { return stopping_; });
  }
}

int rtmp_server::run(const std::string& nginx, const std::string& configuration) {
  const int text = private_file(configuration), id = private_file("");
  const int files[] = {-1, -1, -1, text, id};
  static_assert(configuration_fd == 3 && process_id_fd == 4);
  pid_t child = 0;
  {
    const std::lock_guard hold(mutex_);
    if (!stopping_ && text >= 0 && id >= 0)
      child = config::start_program(command_line(nginx), files);
    process_ = child;
  }
  for (const int fd : {text, id})
    if (fd >= 0) ::close(fd);
  if (child == 0) return -1;
  log::info("rtmp.started", {{"port", edge_.settings.rtmp_port}, {"pid", child}});
  int status = 0;
  siginfo_t seen{};
  while (::waitid(P_PID, static_cast<id_t>(child), &seen, WEXITED | WNOWAIT) < 0 &&
         errno == EINTR) {
  }
  const std::lock_guard hold(mutex_);
  process_ = 0;             // before the number can be another process's
  ::kill(-child, SIGTERM);  // what it started
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace nova::gateway
