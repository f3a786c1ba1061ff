// Faults planted on purpose: the crash test and the simulation must find them. Calls of planted() stand in .cpp files
// only. tests/planted compiles those files again with NOVA_PLANTED_FAULTS; without it the calls cost nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nova {

enum class planted_fault : std::uint8_t {
  acknowledge_before_commit,  ///< the caller is answered when the decision is appended, before its commit
  skip_sequence,              ///< a send skips one sequence number
  forget_dedup_key,           ///< a repeated client_id is taken for a new message
  reorder_on_resume,          ///< two missed messages change places
  drop_push,                  ///< a committed message is not pushed
  fence_removed,              ///< a lane continues to write after another lane took its shards
  offset_before_effect,  ///< an event is marked as taken before its effect is written
  relay_deletes_early,   ///< the outbox deletes an event when it is sent, not when it is taken
  passivate_pending,     ///< an entity leaves memory while its decision is not yet committed
  stale_read_model,      ///< an entity starts with an old state of a read model
  fall_forgets_pushes,  ///< decisions that were in the lane when their shard's actor fell are not pushed
  lock_stops_all,       ///< a row that another session has locked holds the whole lane up
  number_given_up,  ///< a batch gets another number while an attempt under the first may still be committed
  standby_ignored,         ///< a commit that no standby has is reported after a lost connection
  saga_compensation_lost,  ///< a step of a saga is not taken back
  saga_step_twice,         ///< a step of a saga is ordered twice
  // Of nodes with links:
  call_twice,            ///< a call is sent again though its first node may have carried it out
  two_owners,            ///< a lane stays unfenced when another node takes its part over
  relink_loses_push,     ///< a push that a broken link held up is not sent again
  old_owner_applies,     ///< readers of a part go on at its old owner
  stale_owner_believed,  ///< a node that knows an owner believes no news of another one
};
inline constexpr std::size_t planted_fault_count = 21;

#ifndef NOVA_PLANTED_FAULTS

consteval bool planted(planted_fault) { return false; }

#else

/// True when the fault is chosen and its turn has come. The environment's NOVA_PLANTED_FAULT (a name as above) chooses, until
/// plant() makes another choice. NOVA_PLANTED_EVERY=n: only each n-th call. NOVA_PLANTED_AFTER=n: not before the n-th call. Any thread.
bool planted(planted_fault f);
/// Chooses `f` and starts the count of calls anew. `every` 0: the default of the fault, from the table in planted.cpp.
void plant(std::optional<planted_fault> f, std::uint32_t every = 0);
std::string_view name_of(planted_fault f) noexcept;
std::optional<planted_fault> parse_planted_fault(std::string_view name) noexcept;

#endif

}  // namespace nova
