// The RTMP server for encoders: nginx with its rtmp module, in a process that this one watches. It asks rtmp_callback about each
// encoder, and for each that may publish it starts ffmpeg, which puts the stream as HLS to live_publish. It holds no truth: when it ends
// it is started again, and encoders come back. Made by server, where streams are served.
#pragma once

#include "gateway/session/edge.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace nova::gateway {

/// The configuration of nginx: RTMP on `address`:`port`, questions and files to 127.0.0.1:`gateway`.
struct rtmp_places {
  std::string address;
  std::uint16_t port = 0, gateway = 0;
  std::uint32_t max_connections = 0;  ///< of encoders, and one of ffmpeg for each
  std::string ffmpeg;
};
std::string rtmp_configuration(const rtmp_places& places);

class rtmp_server {
 public:
  explicit rtmp_server(edge& e) : edge_(e) {}
  ~rtmp_server() { stop(); }
  rtmp_server(const rtmp_server&) = delete;
  rtmp_server& operator=(const rtmp_server&) = delete;

  /// By gateway.rtmp_port. A gateway on any free port is one of several on its machine, and has none by default.
  static bool wanted(const config::gateway_settings& s);
  /// `gateway`: a port of this process on 127.0.0.1 without TLS. Starts nothing when a program is not installed or the port is
  /// taken; the log says which.
  void start(std::uint16_t gateway);
  /// Ends nginx and waits for it.
  void stop();

 private:
  void watch(const std::string& nginx, const std::string& configuration);
  /// Waits until it ends. Its exit status; −1: it did not begin.
  int run(const std::string& nginx, const std::string& configuration);

  edge& edge_;
  std::thread watcher_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  int process_ = 0;  ///< 0: none
};

}  // namespace nova::gateway
