// Settings of the HTTP and WebSocket edge; read by gateway/, bound to names and bounds in
// config/settings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace nova::config {

struct gateway_settings {
  std::string address = "127.0.0.1";  ///< numeric address to listen on, IPv4 or IPv6
  std::uint16_t port = 8080;          ///< 0: any free port
  unsigned io_threads = 2;            ///< 1 to 64
  int backlog = 4096;                 ///< of the listening socket; 1 to 65535
  std::string web_root;               ///< folder of the web page's files; empty: none
  std::vector<std::string>
      allowed_origins;  ///< "https://app.example", beside the server's own host
  std::string
      resume_key;  ///< secret of the resume tokens, at least 32 bytes; empty: random, dies with us
  std::string token_issuer = "nova";    ///< `iss` that access tokens must have
  std::string token_audience = "nova";  ///< `aud` that access tokens must have
  unsigned token_leeway_s = 5;          ///< clock difference that is tolerated; 0 to 60
  unsigned keys_refresh_s = 30;  ///< seconds between readings of auth's public keys; 1 to 3600
  unsigned keys_refresh_min_ms =
      1000;  ///< least time between two readings that unknown keys cause; 10 to 60000

  // HTTP
  std::size_t max_header_bytes = 8 * 1024;      ///< of the field lines; 1 KiB to 64 KiB
  std::size_t max_header_fields = 100;          ///< 10 to 1000
  std::size_t max_target_bytes = 4 * 1024;      ///< 256 B to 16 KiB
  std::size_t max_body_bytes = 1024 * 1024;     ///< of JSON and protobuf bodies; 1 KiB to 64 MiB
  std::size_t max_chunk_extension_bytes = 256;  ///< of one chunk; 0 to 4096
  unsigned max_json_depth = 32;                 ///< 4 to 100
  unsigned header_timeout_ms = 10'000;   ///< from a request's first byte to its last header byte
  unsigned body_timeout_ms = 30'000;     ///< for the whole body
  unsigned write_timeout_ms = 30'000;    ///< for a whole answer
  unsigned idle_timeout_ms = 75'000;     ///< between two requests of a connection
  unsigned linger_ms = 2'000;            ///< how long a refused client may take to read the answer
  std::size_t linger_bytes = 32 * 1024;  ///< what is read and dropped meanwhile

  // WebSocket
  std::size_t max_message_bytes =
      1024 * 1024;  ///< of one message, more closes with 1009; 1 KiB to 64 MiB
  std::uint32_t max_fragments =
      131'072;  ///< frames of one message, empty ones too; more closes with 1008; 16 to 10,000,000
  unsigned open_timeout_ms =
      10'000;  ///< for the first session.open of a socket without bearer header
  unsigned hold_for_open_ms =
      1'000;  ///< how long pushes wait for the session.open of a socket with one
  unsigned ping_interval_ms =
      30'000;  ///< of silence before a ping; two unanswered ones end the socket
  unsigned close_timeout_ms = 2'000;  ///< then the TCP connection is cut
  unsigned max_inflight_per_socket =
      256;  ///< calls without answer; beyond it the socket is not read
  std::size_t max_queued_bytes = 1024 * 1024;  ///< waiting for one socket; more closes with 4008
  std::size_t max_queued_frames = 16'384;      ///< the same in frames
  int send_buffer_bytes = 0;    ///< the kernel's buffer of a socket; 0: the kernel decides
  unsigned max_id_bytes = 256;  ///< of a call's id as JSON text
  unsigned resume_ttl_s = 30 * 24 * 3600;  ///< life of a resume token
  std::size_t max_revocations =
      1'000'000;  ///< remembered revoked sessions; the oldest ending go first

  // Limits
  std::size_t max_connections = 60'000;              ///< of the process
  std::size_t max_connections_per_address = 20'000;  ///< of one exact source address
  std::size_t max_unauthenticated_sockets = 10'000;  ///< WebSockets before session.open
  double handshakes_per_s = 5'000;                   ///< WebSocket handshakes of one address
  double handshakes_burst = 20'000;
  double calls_per_s = 2'000;  ///< of one socket; excess is `rate_limited`
  double calls_burst = 4'000;
  unsigned max_refused_calls = 8'000;  ///< of one socket within 10 s, then it is closed with 1008
  unsigned max_pings_per_s =
      100;  ///< pings and pongs of one socket, ten times as many at once; more closes with 1008
  double address_read_per_s = 20'000;  ///< requests of one address, by rate class
  double address_write_per_s = 20'000;
  double address_sign_in_per_s = 50;
  double address_signal_per_s = 20'000;
  double account_read_per_s = 2'000;  ///< HTTP requests of one account, by rate class
  double account_write_per_s = 2'000;
  double account_sign_in_per_s = 5;
  double account_signal_per_s = 2'000;
  double burst_s = 4;                        ///< a class's burst is so many seconds of its rate
  std::size_t max_tracked_limits = 200'000;  ///< addresses and accounts whose rates are counted

  unsigned drain_ms =
      4'000;  ///< for HTTP in flight and closing handshakes when stopping; under 5 s
};

}  // namespace nova::config
