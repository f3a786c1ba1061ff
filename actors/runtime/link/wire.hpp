// One open link to another node: envelopes out and in over a proved stream, with credit and heartbeats. Made by gate after the
// hello; used by links. All but send() and waiting_bytes() runs on the links' I/O thread.
#pragma once

#include "actors/runtime/link/frame_lanes.hpp"
#include "config/settings/cluster_settings.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace nova::link {

/// A connection to a peer, with TLS or, on loopback without certificates, without.
struct stream {
  explicit stream(boost::asio::ip::tcp::socket s) : plain(std::move(s)) {}
  boost::asio::ip::tcp::socket plain;
  std::unique_ptr<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls = {};

  using done = std::function<void(boost::system::error_code, std::size_t)>;
  void read_some(boost::asio::mutable_buffer to, done d);
  void write(boost::asio::const_buffer from, done d);
  void close() noexcept;
};

/// Counts of all links of a node.
struct link_counts {
  std::atomic<std::uint64_t> bytes_sent{0}, bytes_received{0};
  std::atomic<std::uint64_t> envelopes_sent{0}, envelopes_received{0};
  std::atomic<std::uint64_t> losses{0}, refused{0};
};

class wire : public std::enable_shared_from_this<wire> {
 public:
  /// On the I/O thread. `ended` is called once, and nothing is received afterwards.
  struct hooks {
    std::function<void(Envelopes&)> received;
    std::function<void(const std::string& reason)> ended;
  };

  wire(boost::asio::io_context& io, std::unique_ptr<stream> s, incoming_lanes read_ahead,
       const config::cluster_settings& settings, link_counts& counts);

  void start(hooks h);
  /// Any thread. False: the link has ended, too much waits, or the envelope is too large; it is not sent. A link on which too much
  /// waits ends. Envelopes of one lane arrive in the order of the calls.
  bool send(const Envelope& e, lane on);
  /// Any thread; bytes that wait to be written.
  std::size_t waiting_bytes() const noexcept { return waiting_.load(std::memory_order_relaxed); }
  /// Ends the link; `ended` is called with the reason unless it was before.
  void end(const std::string& reason);
  /// Ends the link when all that waits is written, or after `within`.
  void end_after_writing(std::chrono::milliseconds within, std::function<void()> then);

 private:
  void read();
  void read_done(boost::system::error_code ec, std::size_t n);
  bool take_messages();
  void handle(Envelopes& batch, std::size_t bytes);
  void flush();
  void written(boost::system::error_code ec, std::size_t n);
  void beat();

  boost::asio::io_context& io_;
  const std::unique_ptr<stream> stream_;
  const config::cluster_settings& settings_;
  link_counts& counts_;
  hooks hooks_;

  std::mutex mutex_;  // for these four
  outgoing_lanes out_;
  bool full_ = false;
  bool flush_posted_ = false;
  bool closed_ = false;
  std::atomic<std::size_t> waiting_{0};

  incoming_lanes in_;
  std::string in_buffer_, message_, writing_;
  bool write_under_way_ = false;
  bool wrote_since_beat_ = false;
  bool ended_ = false;
  std::uint64_t unhandled_by_peer_ = 0;  ///< bytes that the peer has not handled
  std::uint64_t handled_ = 0;            ///< bytes of the peer that it has not been told of
  std::chrono::steady_clock::time_point heard_{};
  boost::asio::steady_timer beat_timer_, last_timer_;
  std::function<void()> written_all_;
};

}  // namespace nova::link
