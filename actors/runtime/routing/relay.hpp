// Committed events on their way. A source shard pushes them from memory to the readers of other domains
// after the commit, or they are pulled in pages after a gap. Then a reader passes each event to the entity or to the shards in
// which it takes effect. Used by shard and reader through the router.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "protocols/core/ids.hpp"
#include "protocols/core/method.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nova::runtime {

/// The type of an event whose content was erased with its account. It keeps its place, and has no effect.
inline constexpr std::uint32_t emptied_event = 0;

struct relay_event {
  std::uint64_t seq = 0;
  std::uint32_t type = 0;
  std::string key;
  rpc::message_ptr body;  ///< null when pulled; then parse payload
  std::string payload;    ///< empty when pushed
  std::size_t bytes = 0;  ///< of the body, approximately
  unix_ms committed_at = 0;
};

/// In order of seq, without gaps.
using relay_batch = std::vector<relay_event>;
using relay_batch_ptr = std::shared_ptr<const relay_batch>;

struct pull_request {
  std::uint64_t after = 0;
  std::uint32_t limit = 0;
  std::function<void(result<relay_batch_ptr>)> done;  ///< any thread, must only post
};

/// "Call me when all events up to `seq` have had their effect."
struct settle_wait {
  std::uint64_t seq = 0;
  std::string key;                                ///< only the effect of this key's events counts
  std::uint32_t type = 0;                         ///< of the last event; 0: any of the key
  std::chrono::steady_clock::time_point until{};  ///< the caller waits until this time
  /// Must only post. False: events of the key wait as dead letters.
  std::function<void(bool in_force)> settled;
};

enum class event_end : std::uint8_t {
  applied,    ///< committed now or earlier
  failed,     ///< counts towards the dead letter
  suspended,  ///< not the event's fault (database away, shard moving): tried again later, not counted
};

/// One event on its way to its entity in the consuming domain.
struct event_delivery {
  std::string source;
  std::uint32_t source_shard = 0;
  std::uint64_t seq = 0;
  const rpc::event_type* type = nullptr;
  rpc::message_ptr body;
  std::string_view kind;  ///< of the entity; lives as long as the domain
  std::string key;
  /// The event was a dead letter. Its row is deleted together with its effect, so the effect happens once;
  /// the target's mark is already past it.
  bool letter = false;
  std::function<void(event_end, std::string reason)> done;  ///< once, any thread, must only post
};

/// One shard's part of an event on its way there, see shard_effects. Shared by the reader's router and
/// the shard's queue; one that is dropped unanswered counts as suspended.
struct part_delivery {
  using done_fn = std::function<void(event_end, std::string reason)>;

  part_delivery() = default;
  part_delivery(const part_delivery&) = delete;
  part_delivery& operator=(const part_delivery&) = delete;
  ~part_delivery() { end(event_end::suspended, "the shard lost it"); }
  /// Tells the reader, once.
  void end(event_end how, std::string reason = {}) {
    if (auto tell = std::exchange(done, nullptr)) tell(how, std::move(reason));
  }

  std::string source;
  std::uint32_t source_shard = 0;
  std::uint64_t seq = 0;
  // The event itself: the owner on another node finds its share by the event's route.
  const rpc::event_type* type = nullptr;
  rpc::message_ptr body;
  std::string key;
  shard_part part;
  /// As in event_delivery; what makes this part's effect happen once is its row beside the letter.
  bool letter = false;
  done_fn done;  ///< any thread, must only post
};
using part_ptr = std::shared_ptr<part_delivery>;

/// The body of an event; a pulled body is parsed. Null for an unknown type or invalid bytes.
rpc::message_ptr body_of(const relay_event& e, const rpc::event_type& type);
/// The bytes for a dead letter.
std::string payload_of(const relay_event& e);

}  // namespace nova::runtime
