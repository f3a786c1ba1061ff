// One answer of several lanes of a database. Used by the databases, each on the thread of its lanes.
#pragma once

#include "storage/database/database.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace nova::storage {

using claims_callback = std::function<void(result<std::vector<shard_claim>>)>;

/// To be called once by each of `lanes` lanes. Then `done` gets all claims by their shards, or an error when a lane had one.
inline claims_callback all_claims(std::size_t lanes, claims_callback done) {
  struct gathering {
    std::size_t left;
    std::vector<shard_claim> owned;
    std::optional<error> failed;
    claims_callback done;
  };
  auto g = std::make_shared<gathering>(gathering{lanes, {}, {}, std::move(done)});
  return [g](result<std::vector<shard_claim>> part) {
    if (part.has_error()) g->failed = part.error();
    else g->owned.insert(g->owned.end(), part->begin(), part->end());
    if (--g->left != 0) return;
    if (g->failed) return g->done(*g->failed);
    std::ranges::sort(g->owned, {}, &shard_claim::shard);
    g->done(std::move(g->owned));
  };
}

/// To be called once by each of `lanes` lanes. Then `done` is called, with an error when a lane had one.
inline std::function<void(result<void>)> when_all(std::size_t lanes,
                                                  std::function<void(result<void>)> done) {
  struct waiting {
    std::size_t left;
    result<void> worst;
    std::function<void(result<void>)> done;
  };
  auto w = std::make_shared<waiting>(waiting{lanes, {}, std::move(done)});
  return [w](const result<void>& r) {
    if (r.has_error()) w->worst = r;
    if (--w->left == 0) w->done(w->worst);
  };
}

}  // namespace nova::storage
