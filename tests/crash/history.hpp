// What a crash run saw, as plain data: every attempt with its answers, every device's stream, and the state at rest. The
// workload writes it, the checker reads it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace nova::crash {

/// How an attempt that is not repeated ended. `unknown`: the answer was lost, or said that it may come later.
enum class outcome { unknown, acked, refused };

struct answer {
  std::int64_t seq = 0;
  std::string message_id;
  bool operator==(const answer&) const = default;
};

/// One message as its sender meant it; repeats with the same client_id add answers.
struct send_record {
  std::string conversation, sender, client_id, text;
  std::vector<answer> answers;
  bool refused = false;
  /// One of several gateways took an attempt and gave no answer that ends it. Within its deadline it may be carried out behind a refusal
  /// that another gateway brought: what two gateways take has no common order.
  bool open = false;
};

/// An edit, recall or reaction, in the order in which they were issued per message.
struct change_record {
  enum class kind { edit, recall, reaction } what = kind::edit;
  std::string conversation, actor;
  std::int64_t seq = 0;
  std::string text;  ///< of an edit; of a reaction the emoji
  outcome end = outcome::unknown;
};

/// A read or delivered mark that was asked for.
struct mark_record {
  std::string conversation, account;
  std::int64_t seq = 0;
  bool read = true;  ///< else delivered
  outcome end = outcome::unknown;
};

struct member_record {
  std::string conversation, account;
  bool added = true;
  outcome end = outcome::unknown;
};

/// A post that was to be published once.
struct post_record {
  std::string author, text;
  outcome end = outcome::unknown;
  std::string id = {};  ///< of an acknowledged one
  bool there = false;   ///< at rest, with this text
};

struct block_record {
  std::string by, whom;
  bool blocked = true;
  outcome end = outcome::unknown;
};

struct item {
  std::int64_t seq = 0;
  std::string message_id, sender, client_id, text;
  bool recalled = false;
  std::map<std::string, std::int64_t> reactions = {};  ///< emoji → count; at rest only
};

/// What one socket was told, in order. A message that is delivered recalled has `what` recalled and a message_id; a change
/// has none.
struct stream_event {
  enum class kind { opened, message, edited, recalled, changed, gap, receipt } what = kind::opened;
  std::string conversation = {};
  std::int64_t seq = 0;     ///< of a gap: the first that is left out; of a receipt: read_seq
  std::int64_t to_seq = 0;  ///< of a gap: the last; of a receipt: delivered_seq
  bool resumed = false;  ///< of opened: what was missed follows, and may overlap with what is live
  std::int64_t rev = 0;
  std::string message_id = {}, text = {};  ///< of a receipt: whose, in `text`; of opened: where
  std::int64_t at_ms = 0;                  ///< since the workload was made
};

struct device_record {
  std::string account, name;
  std::vector<stream_event> events;
};

struct member_state {
  std::int64_t read_seq = 0;
  std::int64_t delivered_seq = 0;
  std::int64_t unread = 0;  ///< others' messages behind the mark that are not recalled
};

struct conversation_record {
  std::string id;
  std::set<std::string> founders;                   ///< members since before the first message
  std::vector<item> items = {};                     ///< at rest, ascending as the server gave them
  std::int64_t last_seq = 0;                        ///< at rest
  std::set<std::string> members;                    ///< at rest
  std::map<std::string, member_state> states = {};  ///< at rest, per member that was asked
};

struct account_record {
  std::string id, handle;
  outcome registration = outcome::unknown;
  bool can_log_in = false;   ///< at rest
  bool has_profile = false;  ///< at rest
};

/// A used client_id with another body, tried at rest.
struct reuse_record {
  std::string client_id;
  std::string code;  ///< of the problem document, or "accepted"
};

/// A send from `whom` to `by` at rest.
struct block_probe {
  std::string by, whom;
  bool refused = false;
};

/// At rest somebody read a conversation to its end: what a device of another member was told.
struct receipt_probe {
  std::string conversation, reader, device;
  std::int64_t asked = 0;
  std::int64_t told = 0;  ///< the highest read_seq of the reader that the device was told
};

/// At rest: what a watcher was told of an account, and whether a socket of it is open.
struct presence_probe {
  std::string account;
  bool open = false;
  std::string told;  ///< "online", "offline" or nothing
};

/// What one source shard's outbox holds at rest, and how far its consumer has come.
struct stream_record {
  std::string source, consumer;
  std::int64_t shard = 0;
  std::int64_t first = 0, head = 0, count = 0;  ///< of the outbox
  std::int64_t offset = 0;                      ///< of the consumer
};

/// What only the databases show, read by SQL at rest.
struct database_record {
  std::vector<stream_record> streams;
  std::vector<std::string> stale_writes;  ///< by a lane that was fenced or unknown at the time
  std::vector<std::string> dead_letters;
  std::set<std::string> accounts, profiles, persons;  ///< ids in auth, user and messaging
  /// By table: "A>B" for each follow. `user.follow` is the source, the others are made by its events.
  std::map<std::string, std::set<std::string>> follows = {};
  /// Kept counts that differ from the rows that they count.
  std::vector<std::string> wrong_counts = {};
};

/// Sends that were acknowledged while a strike lasted.
struct strike_record {
  std::string name;
  std::uint64_t acked = 0;
  std::uint64_t least = 0;          ///< so many must be, because it concerns few rows
  std::uint64_t most = UINT64_MAX;  ///< so many may be
};

struct history {
  /// Then a change without an answer may be carried out behind later ones: what two gateways take has no common order.
  bool several_gateways = false;
  std::vector<conversation_record> conversations;
  std::vector<send_record> sends;
  std::vector<change_record> changes;
  std::vector<mark_record> marks;
  std::vector<member_record> member_changes;
  std::vector<block_record> blocks;
  std::vector<post_record> posts;
  std::vector<block_probe> block_probes;
  std::vector<device_record> devices;
  std::vector<account_record> accounts;
  std::vector<reuse_record> reuses;
  std::vector<receipt_probe> receipts;
  std::vector<presence_probe> presence;
  std::optional<database_record> databases;
  std::vector<strike_record> strikes;
};

}  // namespace nova::crash
