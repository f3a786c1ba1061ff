// Rows of config/settings/gateway_settings.hpp. Called by declarations().
#include "config/settings/declare.hpp"

namespace nova::config {

namespace {

std::vector<declaration> listening() {
  return {
      SETTING(gateway, address, text(1, 64), "Numeric address to listen on, IPv4 or IPv6."),
      SETTING(gateway, port, between(0, 65'535), "Port to listen on; 0: any free one."),
      SETTING(gateway, io_threads, between(1, 64), "Threads that serve connections."),
      SETTING(gateway, backlog, between(1, 65'535),
              "Connections that the kernel may hold before they are accepted."),
      SETTING(gateway, web_root, text(0, 4'096), "Folder of the web page's files; empty: no page."),
      SETTING(gateway, allowed_origins, list(1'000),
              "Origins that may open WebSockets, beside the server's own host."),
      SETTING(gateway, resume_key, text(0, 1'024).hidden(),
              "Key of the resume tokens, at least 32 bytes; empty: one is kept in the data folder."),
      SETTING(gateway, token_issuer, text(1, 256), "The iss that access tokens must have."),
      SETTING(gateway, token_audience, text(1, 256), "The aud that access tokens must have."),
      SETTING(gateway, token_leeway_s, between(0, 60),
              "Difference of clocks that is tolerated, seconds."),
      SETTING(gateway, keys_refresh_s, between(1, 3'600),
              "Time between readings of auth's public keys, seconds."),
      SETTING(gateway, keys_refresh_min_ms, between(10, 60'000),
              "Least time between two readings that unknown keys cause, milliseconds."),
  };
}

std::vector<declaration> http() {
  return {
      SETTING(gateway, max_header_bytes, between(1'024, 65'536),
              "Bytes of a request's field lines."),
      SETTING(gateway, max_header_fields, between(10, 1'000), "A request's field lines."),
      SETTING(gateway, max_target_bytes, between(256, 16'384), "Bytes of a request's target."),
      SETTING(gateway, max_body_bytes, between(1'024, 67'108'864),
              "Bytes of a JSON or protobuf body."),
      SETTING(gateway, max_chunk_extension_bytes, between(0, 4'096),
              "Bytes of one chunk's extension."),
      SETTING(gateway, max_json_depth, between(4, 100), "Nesting of JSON."),
      SETTING(gateway, header_timeout_ms, between(10, 600'000),
              "From a request's first byte to its last header byte, milliseconds."),
      SETTING(gateway, body_timeout_ms, between(10, 600'000), "For a whole body, milliseconds."),
      SETTING(gateway, write_timeout_ms, between(10, 600'000), "For a whole answer, milliseconds."),
      SETTING(gateway, idle_timeout_ms, between(10, 600'000),
              "Between two requests of a connection, milliseconds."),
      SETTING(gateway, linger_ms, between(0, 60'000),
              "How long a refused client may take to read the answer, milliseconds."),
      SETTING(gateway, linger_bytes, between(0, 1'048'576),
              "Bytes of a refused request that are read and dropped meanwhile."),
  };
}

std::vector<declaration> sockets() {
  return {
      SETTING(gateway, max_message_bytes, between(1'024, 67'108'864),
              "Bytes of one WebSocket message; more closes with 1009."),
      SETTING(gateway, max_fragments, between(16, 10'000'000),
              "Frames of one WebSocket message, empty ones too; more closes with 1008."),
      SETTING(gateway, open_timeout_ms, between(10, 600'000),
              "For the first session.open of a socket, milliseconds."),
      SETTING(gateway, hold_for_open_ms, between(0, 60'000),
              "How long pushes wait for the session.open of an authenticated socket, milliseconds."),
      SETTING(gateway, ping_interval_ms, between(10, 600'000),
              "Silence before a ping, milliseconds; two unanswered pings end the socket."),
      SETTING(gateway, close_timeout_ms, between(10, 60'000),
              "For the closing handshake, milliseconds; then TCP is cut."),
      SETTING(gateway, max_inflight_per_socket, between(1, 65'536),
              "Calls without answer; beyond it the socket is not read."),
      SETTING(gateway, max_queued_bytes, between(4'096, 1'073'741'824),
              "Bytes waiting for one socket; more closes with 4008."),
      SETTING(gateway, max_queued_frames, between(16, 10'000'000),
              "Frames waiting for one socket; more closes with 4008."),
      SETTING(gateway, send_buffer_bytes, between(0, 67'108'864),
              "The kernel's send buffer of a socket, bytes; 0: the kernel decides."),
      SETTING(gateway, max_id_bytes, between(16, 4'096), "Bytes of a call's id as JSON text."),
      SETTING(gateway, resume_ttl_s, between(1, 31'536'000), "Life of a resume token, seconds."),
      SETTING(gateway, max_revocations, between(1'000, 100'000'000),
              "Revoked sessions that are remembered."),
  };
}

std::vector<declaration> limits() {
  return {
      SETTING(gateway, max_connections, between(10, 10'000'000), "Connections of the process."),
      SETTING(gateway, max_connections_per_address, between(1, 10'000'000),
              "Connections of one exact source address."),
      SETTING(gateway, max_unauthenticated_sockets, between(1, 10'000'000),
              "WebSockets before session.open."),
      SETTING(gateway, handshakes_per_s, between(0.1, 1'000'000),
              "WebSocket handshakes of one address, per second."),
      SETTING(gateway, handshakes_burst, between(1, 1'000'000),
              "WebSocket handshakes of one address at once."),
      SETTING(gateway, calls_per_s, between(0.1, 1'000'000),
              "Calls of one socket, per second; excess is rate_limited."),
      SETTING(gateway, calls_burst, between(1, 1'000'000), "Calls of one socket at once."),
      SETTING(gateway, max_refused_calls, between(1, 1'000'000),
              "Refused calls of one socket within 10 s, then it is closed with 1008."),
      SETTING(gateway, max_pings_per_s, between(1, 1'000'000),
              "Pings and pongs of one socket per second, ten times as many at once; more closes "
              "with 1008."),
      SETTING(gateway, address_read_per_s, between(0.1, 1'000'000),
              "Reading requests of one address, per second."),
      SETTING(gateway, address_write_per_s, between(0.1, 1'000'000),
              "Writing requests of one address, per second."),
      SETTING(gateway, address_sign_in_per_s, between(0.1, 1'000'000),
              "Sign-ins and registrations of one address, per second."),
      SETTING(gateway, address_signal_per_s, between(0.1, 1'000'000),
              "Signals of one address, per second."),
      SETTING(gateway, account_read_per_s, between(0.1, 1'000'000),
              "Reading requests of one account, per second."),
      SETTING(gateway, account_write_per_s, between(0.1, 1'000'000),
              "Writing requests of one account, per second."),
      SETTING(gateway, account_sign_in_per_s, between(0.1, 1'000'000),
              "Sign-ins of one account, per second."),
      SETTING(gateway, account_signal_per_s, between(0.1, 1'000'000),
              "Signals of one account, per second."),
      SETTING(gateway, burst_s, between(0.1, 3'600), "A burst is so many seconds of its rate."),
      SETTING(gateway, max_tracked_limits, between(1'000, 100'000'000),
              "Addresses and accounts whose rates are counted."),
      SETTING(gateway, drain_ms, between(0, 4'900),
              "For requests in flight and closing handshakes when stopping, milliseconds."),
  };
}

}  // namespace

std::vector<declaration> gateway_declarations() {
  std::vector<declaration> rows;
  for (auto part : {listening, http, sockets, limits})
    for (auto& row : part()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace nova::config
