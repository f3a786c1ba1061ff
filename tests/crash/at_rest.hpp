// Reads over HTTP what is on disk once the load has ended, into the history that the checker judges. Used by the crash test.
#pragma once

#include "tests/crash/history.hpp"
#include "tests/support/client/account.hpp"

#include <string>
#include <vector>

namespace nova::crash {

struct rest_reader {
  client::http_client& http;
  std::vector<client::account> accounts;  ///< with valid access tokens, by which members are asked
  history& record;
  std::string why = {};  ///< the first answer that was not understood

  /// Items, last_seq, members with marks and unread counts of every conversation.
  bool read_conversations();
  /// Which acknowledged posts their authors find.
  bool read_posts();
  /// Log in and profile of everybody in record.accounts. `everybody` has their passwords.
  bool read_accounts(const std::vector<client::account>& everybody);
  /// Repeats up to `count` acknowledged sends as they were, and some with another body.
  bool repeat_sends(std::size_t count);
  /// A message from each of `whom` to `by`, in their direct conversation. Before read_conversations.
  bool probe_blocks(const client::account& by, const std::vector<const client::account*>& whom);

 private:
  const client::account* with_id(const std::string& id) const;
  bool read_items(conversation_record& c, const client::account& as);
  bool read_members(conversation_record& c, const client::account& as);
  bool read_state(conversation_record& c, const client::account& as);
  bool odd(const std::string& what, const client::http_reply& reply);
};

}  // namespace nova::crash
