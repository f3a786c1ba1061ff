// What a domain's handlers take and return: decide → commit → reply. A handler is a pure function
//
//     outcome<State> handle(const State&, const Request&, const context&, const reads&)
//
// that answers with one of three things: `need` (call me again with these results), a `decision`, or an error. The runtime
// applies a decision to the state, commits its statements and events in one fenced transaction, and only then sends the
// reply and the pushes. Handlers start no threads, read no clock and keep no state of their own; no CAF here.
#pragma once

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

/// What a handler may know besides state and request. Valid during the call only.
struct context {
  std::string_view key;  ///< of the entity, normalised
  const rpc::caller& caller;
  unix_ms now;
  random_source& random;
  std::string_view request_id;
  std::string_view idempotency_key;
  int attempt =
      0;  ///< > 0: decided before, but a unique index refused it: somebody else was first; read again
  std::any* services =
      nullptr;  ///< what the domain was started with (its signer, its settings); see domain::services

  uuid new_id() const { return make_uuid_v7(now, random); }
  template <class T>
  T& service() const {
    return *std::any_cast<std::shared_ptr<T>&>(*services);
  }
};

/// CPU work too long for an actor (password hashes). Runs on the bounded work pool; a full pool makes the call fail with
/// `overloaded`. Must be a pure function of what it captured.
struct job {
  std::string_view name;  ///< metric
  std::function<std::any()> run;
};

/// A call to another entity of the same domain, with caller_kind::node and the caller's account.
struct ask {
  const rpc::method* method = nullptr;
  rpc::message_ptr request;
};

/// Nothing but time: called again after the delay (e.g. until a read model has caught up).
struct pause {
  std::chrono::milliseconds delay{};
};

/// What an entity does with other commands while the needs of one command are carried out.
enum class meanwhile : std::uint8_t {
  holds_after_commits,  ///< the needs begin when its earlier decisions are on disk, and others wait: it reads its own facts
  holds,  ///< the needs begin at once, and others wait: it reads foreign facts, and its commands keep their order
  goes_on,  ///< the needs begin at once, and others overtake: it waits for foreign facts; the state may have changed
};

/// "Call me again when you have these." They are carried out at the same time; results are appended to `reads` in order.
/// Queries and events of read models never hold anything.
struct need {
  std::vector<std::variant<storage::statement, job, ask, pause>> items;
  runtime::meanwhile meanwhile = runtime::meanwhile::holds_after_commits;
};

/// Results of all needs so far, in the order in which they were asked for. A failed read or a full pool never reaches the
/// handler: the runtime answers `unavailable` or `overloaded`. A failed `ask` does reach it.
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

/// Accounts that a push goes to. Large audiences are shared, not copied: `accounts` may be kept in the entity's state.
struct audience {
  std::shared_ptr<const std::vector<uuid>> accounts;
  uuid except{};  ///< this account is left out (nil: nobody)
};

struct outgoing {
  audience to;
  rpc::push_ptr push;
  /// Connection that caused it: skipped if it asked for no echo. 0: none.
  rpc::connection_id origin = 0;
};

struct event {
  const rpc::event_type* type = nullptr;
  rpc::message_ptr body;
};

/// A durable timer: at `due` the entity's on_reminder is called, at least once, also after a crash.
struct reminder {
  std::string name;  ///< one per entity and name; setting it again moves it
  unix_ms due = 0;
  bool cancel = false;
};

/// Replaces the set of accounts whose presence `connection` is told.
struct watch_presence {
  rpc::connection_id connection = 0;
  std::vector<uuid> accounts;
};

template <class State>
struct decision {
  rpc::message_ptr reply;  ///< required for calls; ignored for events and reminders
  /// Answered instead of `reply`, after the commit as well: a refusal that must be remembered (a failed sign-in is
  /// counted, a reused refresh token ends its session). An `error` outcome in contrast writes nothing.
  std::optional<error> refusal;
  std::function<void(State&)> apply;  ///< may be empty; must not fail
  std::vector<storage::statement> statements;
  std::vector<runtime::event> events;
  std::vector<outgoing> pushes;
  std::vector<runtime::reminder> reminders;
  std::vector<watch_presence> watches;
  bool passivate = false;  ///< drop the entity's memory afterwards
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
