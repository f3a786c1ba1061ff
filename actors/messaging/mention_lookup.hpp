// The members whom a text mentions: the text contains their handles. Used by send and edit.
#pragma once

#include "actors/messaging/conversation_entity.hpp"

#include <map>

namespace nova::messaging {

/// The handles that a text mentions, and the handles among them that the database must resolve first.
struct mention_lookup {
  /// `before`: the handles of the text that this one replaces. Those that it still holds keep their accounts: a handle may belong
  /// to another account now.
  mention_lookup(const conversation_state& s, const std::string& text, unix_ms now,
                 named_handles before = {});

  named_handles kept;

  std::vector<std::string> handles;
  std::vector<std::string> unknown;

  /// Reads the persons with the unknown handles. The owner of a handle does not depend on this conversation's decisions.
  storage::statement question() const;

  struct mentioned {
    std::vector<std::string> accounts;    ///< of members, in the text's order, each once
    named_handles handles;                ///< of these accounts
    std::map<std::string, uuid> learned;  ///< accounts of the unknown handles; nil: no account
  };
  /// `found`: the answer to question(). At most `limit` members.
  mentioned among(const conversation_state& s, const std::vector<person_row>& found,
                  std::int64_t limit) const;
};

}  // namespace nova::messaging
