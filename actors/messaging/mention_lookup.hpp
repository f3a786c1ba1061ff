// The members whom a text mentions: the text contains their handles. Used by send and edit.
#pragma once

#include "actors/messaging/conversation_entity.hpp"

#include <map>
#include <optional>

namespace nova::messaging {

/// The handles that a text mentions, and whether the database must resolve them first.
struct mention_lookup {
  /// `before`: the handles of the text that this one replaces. Those that it still holds keep their accounts: a handle may belong
  /// to another account now.
  mention_lookup(const conversation_state& s, const std::string& text, unix_ms now,
                 named_handles before = {});

  named_handles kept;
  std::vector<std::string> handles;  ///< without those of `kept` that the text does not hold
  bool must_ask = false;  ///< the conversation does not know an account of them, or not any more

  /// Reads the persons with all handles that are not kept: which of them are known may change while the question is under way. The
  /// owner of a handle does not depend on this conversation's decisions.
  storage::statement question() const;

  struct mentioned {
    std::vector<std::string> accounts;  ///< of members, in the text's order, each once
    named_handles handles;              ///< of these accounts
    std::map<std::string, uuid>
        learned;  ///< accounts of the handles that were asked for; nil: no account
  };
  /// `found`: the answer to question(), if it was asked. At most `limit` members.
  mentioned among(const conversation_state& s, const std::optional<std::vector<person_row>>& found,
                  std::int64_t limit) const;
};

}  // namespace nova::messaging
