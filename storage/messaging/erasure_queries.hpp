// The named SQL with which messaging forgets an account. In each conversation the account gets another, fresh name that cannot
// be led back: made from a random `seed` that is kept nowhere. Used by erasure_store.
#pragma once

#include "storage/database/value.hpp"

#include <span>

namespace nova::messaging::queries {

/// All that the account is a member of, made, or wrote in: (account) → conversation.
extern const storage::query conversations_of_account;

// (account, seed, conversations[]) each; in this order.
extern const storage::query count_erasure;  ///< into `erasure`; a second time changes nothing
extern const storage::query take_back_all;
extern const storage::query forget_messages;
extern const storage::query forget_changes;
extern const storage::query forget_counts;
extern const storage::query forget_empty_counts;
extern const storage::query forget_reactions;
extern const storage::query forget_sent;
extern const storage::query forget_member;
extern const storage::query forget_maker;
extern const storage::query forget_pair;

/// (account, bytes of a StreamCreated of its own, type of StreamCreated, type of StreamChanged). Empties the letters of the
/// account's streams, which hold their titles.
extern const storage::query empty_chat_letters;
/// (account).
extern const storage::query forget_chats;
extern const storage::query forget_person;
/// (account as text, shards[], conversations[] as text). Empties events whose payload names the account.
extern const storage::query empty_events;
/// (account as text, seed). In the events of members.
extern const storage::query rename_in_events;

/// (account) → erased, anonymised.
extern const storage::query erasure;
extern const storage::query delete_erasure;

std::span<const storage::query* const> all_erasure();

}  // namespace nova::messaging::queries
