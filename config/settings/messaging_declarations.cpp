// Rows of config/settings/messaging_settings.hpp. Called by declarations().
#include "config/settings/declare.hpp"

namespace nova::config {

std::vector<declaration> messaging_declarations() {
  return {
      SETTING(messaging, max_members, between(2, 1'000'000), "Members of one conversation."),
      SETTING(messaging, recent_sends, between(0, 65'536),
              "The client_ids that an active conversation remembers; older ones are read."),
      SETTING(messaging, signal_audience, between(0, 100'000),
              "Receipts and typing are pushed in conversations up to this many members."),
      SETTING(messaging, resume_messages_each, between(1, 100'000),
              "Messages replayed per conversation on resume; before them goes a gap."),
      SETTING(messaging, resume_messages_total, between(1, 1'000'000),
              "Messages replayed per resume."),
      SETTING(messaging, resume_changes_each, between(1, 100'000),
              "Newest changes replayed per conversation on resume."),
      SETTING(messaging, reactions_per_message, between(1, 10'000),
              "Different emojis on one message."),
      SETTING(messaging, mentions_per_message, between(0, 1'000),
              "Accounts that one message may mention."),
      SETTING(messaging, unknown_member_wait_ms, between(0, 10'000),
              "How long a new account may take to become known to messaging, milliseconds."),
  };
}

}  // namespace nova::config
