// Answers kept for repeated requests with an Idempotency-Key. A stored answer is sealed with a key made
// from the client's Idempotency-Key and body. Neither is stored, so tokens in the answer are
// not readable on disk. Used by shard.
#pragma once

#include "protocols/core/bus.hpp"
#include "storage/database/value.hpp"

#include <string>

namespace nova::runtime {

struct idempotency_slot {
  std::string scope;      ///< the account, or "anon:" and a hash of the method's scope field
  std::string key;        ///< hash of the Idempotency-Key
  std::string body_hash;  ///< hash of method and canonical request, keyed by the Idempotency-Key
  std::string seal_key;   ///< never stored
};

/// True when the call's answer must be kept.
bool wants_idempotency(const rpc::call& c);
idempotency_slot make_slot(const rpc::call& c);

storage::statement find_slot(const idempotency_slot& slot);
/// Keeps `reply`; a second insert of the same slot is a conflict.
storage::statement insert_slot(const idempotency_slot& slot, const rpc::call& c,
                               const rpc::message& reply, random_source& random);
/// The answer from find_slot's rows: the first answer, `idempotency_key_reused`, or null when there is none.
rpc::reply_result stored_answer(const idempotency_slot& slot, const rpc::call& c,
                                const storage::rows& found);

}  // namespace nova::runtime
