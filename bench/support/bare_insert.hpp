// The references of durable-send and history through bare libpq, on a PostgreSQL started like Nova's own. They insert the rows that
// a send writes (message with its two unique indexes, outbox) and read pages of these rows.
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

  /// Starts the server in its own folder and makes the tables from the migrations. False: see `problem`.
  bool open(std::string& problem);

  /// Runs transactions of `rows` each for `seconds`, on `connections` at once (one thread each). Arrays are sent in binary through
  /// prepared statements, as one pipeline. False: see `problem`.
  bool run(std::size_t rows, std::size_t connections, double seconds, std::size_t text_bytes,
           bare_figures& out, std::string& problem);

  /// Fills `conversations` with `messages` each. Then reads pages of `page` messages at random places: one prepared SELECT
  /// after the other on one connection, every column in binary. False: see `problem`.
  bool run_select(std::size_t conversations, std::size_t messages, std::size_t page, double seconds,
                  std::size_t text_bytes, double& pages_per_second, std::string& problem);

 private:
  struct body;
  std::unique_ptr<body> body_;
};

}  // namespace nova::bench
