// The parameters and results of a domain's handlers: decide → commit → reply. A handler is a pure function
//
//     outcome<State> handle(const State&, const Request&, const context&, const reads&)
//
// that returns a `need` (call me again with these results), a `decision`, or an error. The runtime
// applies a decision to the state and commits its statements and events in one fenced transaction. After the commit it sends the
// reply and the pushes. Handlers start no threads, read no clock and keep no state of their own. No CAF in this file.
#pragma once

#include "actors/runtime/api/account_set.hpp"
#include "protocols/core/bus.hpp"
#include "storage/database/value.hpp"

#include <any>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace nova::runtime {

/// A handler's inputs besides state and request. Valid during the call only.
struct context {
  std::string_view key;  ///< the entity's key, normalised
  const rpc::caller& caller;
  unix_ms now;
  random_source& random;
  std::string_view request_id;
  std::string_view idempotency_key;
  int attempt =
      0;  ///< > 0: a unique index refused the earlier decision, because another writer was first; read again
  std::any* services =
      nullptr;  ///< objects that the domain was started with (its signer, its settings); see domain::services
  std::uint32_t shards = 64;  ///< of the domain
  /// In an intake's route: the event's number in its source shard. It grows with each event of one entity. 0: no event.
  std::uint64_t event_seq = 0;

  /// The shard of an entity's key in this domain; rows of a read model that are written shard by shard name it.
  std::uint32_t shard_of(std::string_view entity_key) const noexcept {
    return static_cast<std::uint32_t>(stable_hash(entity_key) % shards);
  }
  uuid new_id() const { return make_uuid_v7(now, random); }
  template <class T>
  T& service() const {
    return *std::any_cast<std::shared_ptr<T>&>(*services);
  }
};

/// CPU work that takes too long for an actor (password hashes). It runs on the bounded work pool; if the pool is full, the call
/// fails with `overloaded`. Must be a pure function of its captured values.
struct job {
  std::string_view name;  ///< metric
  std::function<std::any()> run;
};

/// A call to another entity of the same domain, with caller_kind::node and the caller's account.
struct ask {
  const rpc::method* method = nullptr;
  rpc::message_ptr request;
};

/// Only a delay; then the handler is called again (for example until a read model has caught up).
struct pause {
  std::chrono::milliseconds delay{};
};

/// How an entity treats other commands while the needs of one command are carried out.
enum class meanwhile : std::uint8_t {
  holds_after_commits,  ///< the needs begin after its earlier decisions are committed; other commands wait. For reads of its own data
  holds,  ///< the needs begin at once; other commands wait. For reads of foreign data by commands that keep their order
  goes_on,  ///< the needs begin at once; other commands overtake. For waits on foreign data; the state may have changed
};

/// "Call me again when you have these." All items are carried out at the same time. Results are appended to `reads` in order.
/// Needs of queries and of read models' events never make a command wait.
struct need {
  std::vector<std::variant<storage::statement, job, ask, pause>> items;
  runtime::meanwhile meanwhile = runtime::meanwhile::holds_after_commits;
};

/// Results of all needs so far, in the order of the items. A failed read or a full pool never reaches the handler:
/// the runtime answers `unavailable` or `overloaded`. A failed `ask` does reach the handler.
class reads {
 public:
  std::size_t size() const noexcept { return results_.size(); }
  const storage::rows& rows(std::size_t i) const { return std::get<storage::rows>(results_.at(i)); }
  template <class T>
  const T& job(std::size_t i) const {
    return std::any_cast<const T&>(std::get<std::any>(results_.at(i)));
  }
  const rpc::reply_result& answer(std::size_t i) const {
    return std::get<rpc::reply_result>(results_.at(i));
  }

  using item = std::variant<std::monostate, storage::rows, std::any,
                            rpc::reply_result>;  ///< monostate: a pause
  void append(item x) { results_.push_back(std::move(x)); }

 private:
  std::vector<item> results_;
};

/// The accounts that receive a push. Large audiences are shared, not copied: `accounts` may be kept in the entity's state.
struct audience {
  std::shared_ptr<const std::vector<uuid>> accounts;
  uuid except{};  ///< this account is left out (nil: no account)
  /// Instead of `accounts`, for an audience whose every change would cost too much as a list.
  std::shared_ptr<const account_set> many = nullptr;
};

/// How often one account is told of one kind of news. A constant with static life time.
struct push_pace {
  std::chrono::milliseconds every{};
  /// Makes the push that stands for several in between; a single one is sent as it is.
  rpc::push_ptr (*several)(std::int64_t pushes) = nullptr;
};

struct outgoing {
  audience to;
  rpc::push_ptr push;
  /// The connection that caused the push. It is skipped if it asked for no echo. 0: none.
  rpc::connection_id origin = 0;
  /// Null: sent at once. Paced pushes have no origin.
  const push_pace* pace = nullptr;
};

struct event {
  const rpc::event_type* type = nullptr;
  rpc::message_ptr body;
};

/// A durable timer. At `due` the entity's on_reminder is called at least once, even after a crash.
struct reminder {
  std::string name;  ///< unique per entity; setting the name again moves the reminder
  unix_ms due = 0;
  bool cancel = false;
  /// Not 0: the reminder is set again in the transaction of each effect, `due` plus a multiple of this that is still to come.
  /// Times that passed meanwhile fall together. It ends when a decision cancels it.
  std::int64_t every_ms = 0;
};

/// Replaces the set of accounts whose presence `connection` receives.
struct watch_presence {
  rpc::connection_id connection = 0;
  std::vector<uuid> accounts;
  /// For each account: when it was last online, as the store knows it; 0: unknown. A node that saw the account itself ignores
  /// it. Empty: all are unknown.
  std::vector<unix_ms> last_seen = {};
};

template <class State>
struct decision {
  rpc::message_ptr reply;  ///< required for calls; ignored for events and reminders
  /// Answered instead of `reply`, also after the commit. For a refusal with effects: a failed sign-in is counted, and
  /// a reused refresh token ends its session. An `error` outcome, in contrast, writes nothing.
  std::optional<error> refusal;
  std::function<void(State&)> apply;  ///< may be empty; must not fail
  std::vector<storage::statement> statements;
  std::vector<runtime::event> events;
  std::vector<outgoing> pushes;
  std::vector<runtime::reminder> reminders;
  std::vector<watch_presence> watches;
  /// Drop the entity's memory after the commit. A call that waits behind it is decided on a state loaded anew, so `apply` may be empty.
  bool passivate = false;
};

template <class State>
using outcome = std::variant<need, decision<State>, error>;

/// `load` of an entity kind: first called without reads.
template <class State>
using loading = std::variant<need, State>;

template <class Message>
rpc::message_ptr share(Message m) {
  return std::make_shared<const Message>(std::move(m));
}

}  // namespace nova::runtime
