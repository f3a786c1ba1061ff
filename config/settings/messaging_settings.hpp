// Limits of messaging. Bound to [messaging] in the settings file; read by actors/messaging.
#pragma once

#include <cstdint>

namespace nova::config {

struct messaging_settings {
  std::int64_t max_members = 50'000;             ///< of one conversation
  std::int64_t recent_sends = 512;               ///< client_ids an active conversation remembers; older ones are read
  std::int64_t signal_audience = 256;            ///< receipts and typing are pushed in conversations up to this size
  std::int64_t resume_messages_each = 500;       ///< replayed per conversation; before them a gap
  std::int64_t resume_messages_total = 5'000;    ///< replayed per resume
  std::int64_t resume_changes_each = 256;        ///< newest changes replayed per conversation
  std::int64_t reactions_per_message = 50;       ///< different emojis
  std::int64_t mentions_per_message = 50;
  std::int64_t unknown_member_wait_ms = 600;     ///< how long a new account may take to become known here
};

}  // namespace nova::config
