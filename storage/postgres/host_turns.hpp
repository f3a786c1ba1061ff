// The hosts of a connection string in turn, one for each attempt to connect: libpq itself would wait without a limit for a host that
// does not answer. Used by the lane and the read pool, on the storage thread.
#pragma once

#include "storage/postgres/conninfo.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace nova::storage {

class host_turns {
 public:
  /// `words` for one host alone: after opened() the same host once more, otherwise the next one that is not stuck.
  keywords next(const keywords& words);
  /// The session of the last next() is open.
  void opened() noexcept { same_ = true; }

  /// The session of the last next() does not answer: its host is stuck until answered(). Empty: it was stuck before.
  std::optional<std::size_t> stuck();
  void answered(std::size_t host) { stuck_[host] = false; }
  /// Whether another host than that of the last next() is not stuck.
  bool another() const noexcept;

 private:
  std::vector<bool> stuck_;
  std::size_t at_ = 0;
  bool same_ = true;
};

}  // namespace nova::storage
