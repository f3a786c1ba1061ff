// The way from this node to the others, as the router sees it: peers that come and go, envelopes, and a thread on which all of that
// is told. links is the one over TLS; the simulation has a modelled one.
#pragma once

#include "actors/runtime/link/frame_lanes.hpp"
#include "config/settings/cluster_settings.hpp"
#include "protocols/core/error.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nova::link {

/// Names one start of another node's process, for this process. Never used again; 0: none.
using peer_number = std::uint16_t;

/// Optional parts of the protocol of links that this release understands, as its hello says.
namespace capability {
/// Pushes may name lists of accounts.
inline constexpr std::string_view lists = "lists";
}  // namespace capability
inline constexpr std::array capabilities{capability::lists};

/// A node that this one knows.
struct member_view {
  Member record;
  peer_number peer = 0;                           ///< 0: this node, or one that was never linked
  bool linked = false;                            ///< true for this node
  std::chrono::steady_clock::time_point since{};  ///< of the link
  std::vector<std::string> understands = {};      ///< its capabilities, of the hello of the link

  bool has(std::string_view capability) const {
    return std::ranges::find(understands, capability) != understands.end();
  }
};
using members_ptr = std::shared_ptr<const std::vector<member_view>>;

/// Whether another node's word of a member counts beside what is `known`. Of a linked member its own link tells of incarnations.
inline bool is_news(const Member& told, const Member& known, bool linked) {
  if (told.incarnation() == known.incarnation()) return told.revision() > known.revision();
  return !linked && told.incarnation() > known.incarnation();
}

/// Sums over all links since the start.
struct traffic {
  std::uint64_t bytes_out = 0, bytes_in = 0, envelopes_out = 0, envelopes_in = 0;
  std::uint64_t losses = 0;   ///< links that ended
  std::uint64_t refused = 0;  ///< peers that were not let in
  std::uint64_t waiting_bytes = 0;
};

/// Rings once on the network's thread after each set(); a later set() replaces an earlier one. Used on that thread, or before it runs.
class alarm {
 public:
  virtual ~alarm() = default;
  virtual void set(std::chrono::milliseconds in) = 0;
};

/// Thread-safe.
class network {
 public:
  /// Called on the network's thread. `up` comes before the first envelope of a link, `down` after the last one.
  struct hooks {
    std::function<void(peer_number, const Member&)> up;
    std::function<void(peer_number, const Member&, const std::string& reason)> down;
    std::function<void(peer_number, Envelopes&)> received;
    std::function<void()> changed;  ///< members() has news
  };

  virtual ~network() = default;
  /// Opens the port and begins to dial.
  virtual result<std::uint16_t> start(hooks h) = 0;
  /// Waits at most `budget` until queued frames are written, then ends all links. No hook is called afterwards.
  virtual void stop(std::chrono::milliseconds budget) = 0;
  /// False: the envelope will not be sent. Those of one lane arrive in the order of the calls; control may overtake bulk.
  virtual bool send(peer_number to, const Envelope& e, lane on) = 0;
  /// This node first, the others by name.
  virtual members_ptr members() const = 0;
  /// Changes this node's record and tells the others.
  virtual void update_self(std::function<void(Member&)> change) = 0;
  /// See gate::renew. Blocks until it is done.
  virtual result<void> renew(const config::cluster_settings& settings) = 0;
  virtual traffic counted() const = 0;
  /// Calls `f` on the network's thread, behind what was posted before.
  virtual void post(std::function<void()> f) = 0;
  virtual std::unique_ptr<alarm> make_alarm(std::function<void()> ring) = 0;
};

}  // namespace nova::link
