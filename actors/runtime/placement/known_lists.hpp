// The lists of accounts that one pushing node has told over its link, and the audiences that its pushes name by them. An audience
// stays the same object as long as the same lists are named, so that its grouping by courier is kept. Used by cluster_router, on the
// links' thread.
#pragma once

#include "actors/runtime/api/decision.hpp"
#include "actors/runtime/link/links.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace nova::runtime {

class known_lists {
 public:
  /// Remembers the lists that come with the push, and fills the receivers of a push that names lists. False: it names one that is
  /// not known.
  bool read(const link::Push& p, audience& to);

 private:
  struct list {
    std::shared_ptr<const std::vector<uuid>> accounts;
    bool of_set = false;
  };
  std::shared_ptr<const account_set> set_of(const link::Push& p);

  std::unordered_map<std::uint32_t, list> lists_;
  std::unordered_map<std::string, std::shared_ptr<const account_set>> sets_;  ///< by their numbers
};

}  // namespace nova::runtime
