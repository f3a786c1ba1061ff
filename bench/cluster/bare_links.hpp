// The references of call-across, in this process: round trips over a bare TCP connection, requests between two plain CAF systems over
// BASP, and envelopes over Nova's link without anything behind it.
#pragma once

#include "bench/support/report.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace nova::bench {

/// Round trips of `bytes` over one TCP connection on loopback between two threads, each begun at its time. `rate` 0: one after the
/// other. False: see `problem`.
bool ping_over_tcp(double rate, double seconds, std::size_t bytes, latencies& out,
                   std::string& problem);

/// Requests with a text of `bytes` from one CAF system to an actor of another one, over CAF's own middleman. `rate` 0: `lanes` at
/// once, each after its last answer. False: see `problem`.
bool request_over_basp(double rate, double seconds, std::size_t bytes, std::size_t lanes,
                       latencies& out, std::string& problem);

/// Calls of `bytes` over a link with TLS, as many as it takes. Envelopes a second that arrived; 0: see `problem`.
double envelopes_over_link(double seconds, std::size_t bytes, std::string& problem);

}  // namespace nova::bench
