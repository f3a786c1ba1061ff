// The references of durable-send and history: the same rows that a send writes (message with its two unique indexes, outbox)
// inserted, and a page of them read, through libpq with nothing around it, on a PostgreSQL started like Nova's own.
#pragma once

#include "bench/support/report.hpp"

#include <memory>
#include <string>

namespace nova::bench {

struct bare_figures {
  double rows_per_second = 0;
  double postgres_cpu_per_1000 = 0;  ///< CPU seconds of the server's processes
  double client_cpu_per_1000 = 0;
};

class bare_postgres {
 public:
  bare_postgres();
  ~bare_postgres();

  /// Starts the server in a folder of its own and makes the tables from the migrations. False: `problem`.
  bool open(std::string& problem);

  /// Transactions of `rows` each, on `connections` at once (one thread each), for `seconds`. Arrays in binary through
  /// prepared statements, sent as one pipeline. False: `problem`.
  bool run(std::size_t rows, std::size_t connections, double seconds, std::size_t text_bytes,
           bare_figures& out, std::string& problem);

  /// Fills `conversations` with `messages` each and reads pages of `page` messages at random places, one prepared SELECT
  /// after the other on one connection, every column in binary. False: `problem`.
  bool run_select(std::size_t conversations, std::size_t messages, std::size_t page, double seconds,
                  std::size_t text_bytes, double& pages_per_second, std::string& problem);

 private:
  struct body;
  std::unique_ptr<body> body_;
};

}  // namespace nova::bench
