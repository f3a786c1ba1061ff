// A running rival server as a chat_server. Used by durable-send and fanout with the option `--against`.
#pragma once

#include "bench/support/chat.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace nova::bench {

/// Reads options.against: "tinode=ws://HOST:PORT", "nakama=…" or "centrifugo=…". options.against_key: Tinode's API key, Nakama's
/// server key ("defaultkey" when empty), Centrifugo's HMAC secret. Null: see `problem`.
std::unique_ptr<chat_server> make_rival(const run_options& options, client::io_thread& io,
                                        std::string& problem);

/// A rival's figures, measured on 2 shared cores with PostgreSQL 15, 100-byte bodies and 64 senders. The report shows them beside
/// this run's figures, as an order of magnitude only.
struct known_figures {
  std::string_view server, promise;
  bool stored;
  double acked_window_1, acked_window_16, p99_window_16_ms, cpu_s_per_1000, room_cpu_s_per_million;
};
std::span<const known_figures> known_rivals();

}  // namespace nova::bench
