// Conversion of everything that crosses a link, to and from the runtime's own types. Used by cluster_router and remote_calls.
#pragma once

#include "actors/runtime/link/network.hpp"
#include "actors/runtime/routing/delivery.hpp"
#include "actors/runtime/routing/relay.hpp"
#include "actors/runtime/routing/router.hpp"
#include "protocols/core/bus.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nova::runtime {

/// Sockets of another node: the peer's number in the highest 16 bits.
inline constexpr unsigned peer_shift = 48;
inline link::peer_number peer_of(rpc::connection_id connection) noexcept {
  return static_cast<link::peer_number>(connection >> peer_shift);
}
inline rpc::connection_id without_peer(rpc::connection_id connection) noexcept {
  return connection & ((rpc::connection_id{1} << peer_shift) - 1);
}
inline rpc::connection_id with_peer(rpc::connection_id connection,
                                    link::peer_number peer) noexcept {
  return connection == 0 ? 0 : without_peer(connection) | rpc::connection_id{peer} << peer_shift;
}

std::string bytes_of(const uuid& id);
/// The nil id for anything but 16 bytes.
uuid id_of(std::string_view bytes);
void append_id(std::string& to, const uuid& id);
/// Of a list of 16 bytes each; a rest is left out.
std::vector<uuid> ids_of(std::string_view bytes);

link::Envelope envelope_of(const rpc::call& c, std::uint64_t id, std::uint32_t left_ms);
/// Without reply function and deadline. An error for a method or request that this program does not know.
result<rpc::call> call_of(const link::Call& c, link::peer_number from);

void fill(link::Reply& to, const rpc::reply_result& r);
/// Empty for an answer that cannot be read.
std::optional<rpc::reply_result> reply_of(const link::Reply& r, const rpc::method& m);

/// News of a shard's events, without the events: there is something to pull up to `last`.
link::Envelope events_of(shard_address source, std::uint64_t last);
void fill(link::Event& to, const relay_event& e);
/// The event with its payload.
relay_event event_of(const link::Event& e);

}  // namespace nova::runtime
