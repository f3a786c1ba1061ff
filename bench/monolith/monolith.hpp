// The audit's system as it was, in small: one database, one `users` row that login, profile and posts all write, joins across all tables,
// foreign keys with cascades, and a fan-out in the author's transaction. The same PostgreSQL, durability and indexes as Nova's,
// and a pool of connections. It is called in this process, without HTTP, so its figures are the most that such a system could
// reach. Used by the scenario `social`.
#pragma once

#include "bench/monolith/social_mix.hpp"

#include <memory>
#include <string>

namespace nova::bench {

class monolith final : public social_system {
 public:
  monolith();
  ~monolith() override;

  /// Starts a PostgreSQL of its own, makes the schema, and the accounts with their follows and posts. False: see `problem`.
  bool open(const social_world& world, std::string& problem);

  std::unique_ptr<social_client> connect() override;
  std::uint64_t lost_updates(const std::vector<updates_made>& made) override;
  double cpu_seconds() const override;

 private:
  struct body;
  std::unique_ptr<body> body_;
};

}  // namespace nova::bench
