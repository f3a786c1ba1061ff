// Whom a text mentions: members of the conversation whose handles stand in it. Used by send and edit.
#pragma once

#include "actors/messaging/conversation_entity.hpp"

#include <map>

namespace nova::messaging {

/// The handles that a text mentions, and those of them that must be asked for first.
struct mention_lookup {
  mention_lookup(const conversation_state& s, const std::string& text);

  std::vector<std::string> handles;
  std::vector<std::string> unknown;

  /// Persons with the unknown handles. Whose a handle is does not depend on what the conversation decides.
  storage::statement question() const;

  struct mentioned {
    std::vector<std::string> accounts;    ///< of members, in the text's order, each once
    std::map<std::string, uuid> learned;  ///< whose the unknown handles are; nil: nobody's
  };
  /// `found`: the question's answer. At most `limit` members.
  mentioned among(const conversation_state& s, const std::vector<person_row>& found,
                  std::int64_t limit) const;
};

}  // namespace nova::messaging
