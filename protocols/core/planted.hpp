// Faults planted on purpose, so that the crash test and the simulation can show that they would see them. Sites stand in .cpp
// files only and are compiled a second time with NOVA_PLANTED_FAULTS by tests/planted; without it they are nothing at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nova {

enum class planted_fault : std::uint8_t {
  acknowledge_before_commit,  ///< the caller is answered when the decision is appended, not when it is on disk
  skip_sequence,              ///< a send takes the number after the next one
  forget_dedup_key,      ///< a repeated client_id is taken for a new message
  reorder_on_resume,     ///< two missed messages change places
  drop_push,             ///< a committed message is not pushed
  fence_removed,         ///< a lane goes on writing after another one took its shards
  offset_before_effect,  ///< an event counts as taken before its effect is written
  relay_deletes_early,   ///< the outbox loses an event when it is pushed, not when it was taken
  passivate_pending,     ///< an entity leaves memory while its decision is on the way to the disk
  stale_read_model,      ///< an entity starts with what a read model said before
};
inline constexpr std::size_t planted_fault_count = 10;

#ifndef NOVA_PLANTED_FAULTS

consteval bool planted(planted_fault) { return false; }

#else

/// True when the fault is chosen and it is its turn. The choice is the environment's NOVA_PLANTED_FAULT (a name as above) until
/// plant() makes another; NOVA_PLANTED_EVERY=n: at each n-th call only; NOVA_PLANTED_AFTER=n: not before the n-th. Any thread.
bool planted(planted_fault f);
/// `every` 0: as often as the fault needs to be seen and no more (planted.cpp has a table). Counts from here on.
void plant(std::optional<planted_fault> f, std::uint32_t every = 0);
std::string_view name_of(planted_fault f) noexcept;
std::optional<planted_fault> parse_planted_fault(std::string_view name) noexcept;

#endif

}  // namespace nova
