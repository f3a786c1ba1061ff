// The state of an active conversation in memory, with the window of recent sends that answers repeats without the database.
// Only the `apply` of a decision changes it.
#pragma once

#include "actors/runtime/api/account_set.hpp"
#include "storage/messaging/chat_store.hpp"
#include "storage/messaging/messaging_rows.hpp"

#include <boost/functional/hash.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace nova::messaging {

/// The latest sends by (sender, client_id). Bounded. The unique index still refuses a repeat of a forgotten send. After that
/// the sender is a suspect: the sender's unknown client_ids are looked up in the database from then on.
class recent_sends {
 public:
  recent_sends() = default;
  recent_sends(recent_sends&&) = default;  // a copy would look into the original
  recent_sends& operator=(recent_sends&&) = default;

  /// Null: not in the window.
  const sent_row* find(const uuid& sender, const std::string& client_id) const;
  /// True when the window holds every message of the conversation. Then an unknown client_id is new.
  bool complete() const noexcept { return complete_; }
  bool suspects(const uuid& sender) const { return suspects_.contains(sender); }

  void remember(const uuid& sender, const std::string& client_id, const sent_row& sent,
                std::size_t limit);
  /// Records that the window does not reach back to the first message.
  void mark_incomplete() noexcept { complete_ = false; }
  void suspect(const uuid& sender) { suspects_.insert(sender); }
  std::size_t size() const noexcept { return order_.size(); }

 private:
  struct send {
    std::string key;  ///< the sender's bytes, then the client_id
    sent_row sent;
  };
  struct key_hash {
    using is_avalanching = void;
    std::size_t operator()(std::string_view key) const noexcept { return stable_hash(key); }
  };
  static std::string key(const uuid& sender, const std::string& client_id);

  std::deque<send> order_;  ///< the oldest first; they do not move
  boost::unordered_flat_map<std::string_view, const send*, key_hash>
      sends_;  ///< flat, because nearly every look-up is a miss
  std::unordered_set<uuid> suspects_;
  bool complete_ = true;
};

/// The accounts of handles that mentions asked for. Emptied when it grows too large or when members are added. So an unowned
/// handle is asked for again.
class known_handles {
 public:
  static constexpr std::size_t most = 1024;
  /// Then it is asked for again: a member may have another handle by now.
  static constexpr unix_ms good_for_ms = 2'000;

  bool knows(const std::string& handle, unix_ms now) const;
  /// Nil: no account has the handle.
  uuid account(const std::string& handle) const;
  void remember(const std::map<std::string, uuid>& found, unix_ms now);
  void forget() { accounts_.clear(); }
  std::size_t size() const noexcept { return accounts_.size(); }

 private:
  struct known {
    uuid account{};
    unix_ms at = 0;
  };
  std::unordered_map<std::string, known> accounts_;
};

/// The marks that devices (sessions) of members have confirmed and this activation has written. They need no second write.
class device_marks {
 public:
  static constexpr std::size_t most = 256;

  bool covers(const uuid& session, std::int64_t seq) const;
  void remember(const uuid& session, std::int64_t seq);

 private:
  std::unordered_map<uuid, std::int64_t, boost::hash<uuid>> marks_;
};

struct member_state {
  member_role role = member_role::member;
  unix_ms joined_at = 0;
  std::int64_t read_seq = 0;
  std::int64_t delivered_seq = 0;
};

/// The chat of a live stream. Who may see the stream may join and write.
struct chat_facts : chat_row {
  std::map<uuid, unix_ms> spoke_at;  ///< in slow mode: when a member wrote last. In memory only
};

struct conversation_facts {
  bool exists = false;
  uuid id{};
  conversation_kind kind = conversation_kind::group;
  std::optional<std::string> title;
  unix_ms created_at = 0;
  std::int64_t last_seq = 0;
  std::int64_t rev = 0;
  bool blocked = false;  ///< direct only: one side has blocked the other
  std::optional<chat_facts> chat = {};
  unix_ms listed_at = 0;  ///< its place in the members' lists; 0: none
  /// Membership changes through add, set_role_of and remove only, so that `everyone`, `crowd` and `owners` stay true.
  std::map<uuid, member_state> members;
  std::int64_t owners = 0;
  /// All members' accounts, shared with pushes: a list, or a set when there are more than `most_listed` of them.
  std::shared_ptr<const std::vector<uuid>> everyone = std::make_shared<std::vector<uuid>>();
  std::shared_ptr<const runtime::account_set> crowd;
  static constexpr std::size_t most_listed = 1024;  ///< a join copies so many accounts at most

  const member_state* member(const uuid& account) const;
  /// None of them is a member.
  void add(const std::vector<uuid>& accounts, const member_state& as);
  void set_role_of(const uuid& account, member_role role);
  void remove(const uuid& account);
  /// For members that were put in one by one.
  void refresh_everyone();
};

struct conversation_state : conversation_facts {
  /// The senders of the messages of the block that is not full yet; see store::count_block.
  std::vector<uuid> block_senders;
  recent_sends recent;
  known_handles handles;
  device_marks devices;
};

}  // namespace nova::messaging
