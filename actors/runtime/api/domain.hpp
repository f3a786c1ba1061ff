// How a domain describes itself to the runtime: its entity kinds with their handlers, the events that it receives from other
// domains, and its limits. A domain's descriptor (module.hpp) makes one `domain`; gateway/main.cpp starts it.
//
// A kind is a struct with static members only:
//
//     struct conversation_entity {
//       using state = conversation_state;                        // copyable not required
//       static loading<state> load(std::string_view key, const reads&);
//       static std::size_t weight(const state&);                 // bytes in memory, roughly
//       static outcome<state> send(const state&, const SendRequest&, const context&, const reads&);
//       …
//     };
//
// The generated binding then checks at compile time that every method of the .proto has its handler.
#pragma once

#include "actors/runtime/api/decision.hpp"
#include "storage/database/retention.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <utility>

namespace nova::runtime {

/// The state of one entity with its type erased (one heap object per active entity).
class state_box {
 public:
  virtual ~state_box() = default;
  virtual std::size_t weight() const = 0;
};

/// A handler with its types erased; made by `methods<Kind>::add`.
struct erased_decision : decision<state_box> {};
using erased_outcome = std::variant<need, erased_decision, error>;
using erased_handler = std::function<erased_outcome(const state_box&, const rpc::message&,
                                                    const context&, const reads&)>;

struct entity_kind {
  std::string_view name;
  std::function<std::variant<need, std::unique_ptr<state_box>>(std::string_view key, const reads&)>
      load;
  std::map<std::uint32_t, erased_handler> calls;   ///< by method number
  std::map<std::uint32_t, erased_handler> events;  ///< by event number
  erased_handler on_reminder;  ///< the request is a google.protobuf.StringValue: the name
  /// Turns the request's key field into the entity's key (lower case, part of a token). Null: the key stays as given.
  std::function<result<std::string>(const rpc::method&, std::string raw)> normalise_key;
  std::chrono::milliseconds idle_passivation{120'000};
};

/// The entity in which an event of another domain takes effect.
struct entity_effect {
  std::string_view kind;
  std::string key;
};
/// Entities that only the store can name. They are read after the effect's commit. A read before the commit
/// could miss an entity that is loaded meanwhile, and that entity would keep the old facts.
struct entities_found {
  storage::statement find;
  std::vector<entity_effect> (*name)(const storage::rows& found) = nullptr;
};
/// An effect in a read model, which belongs to no entity. Offset and statements are written in one transaction. Then
/// the named entities that are in memory load their state again. Only then the event counts as settled.
/// Consecutive events may share a transaction; their statements keep the order of the events.
struct read_model_effect {
  std::vector<storage::statement> statements;
  std::vector<entity_effect> refresh;         ///< named by the event itself
  std::vector<entities_found> refresh_found;  ///< named by the store
  /// Pairs of accounts that stop watching each other's presence after the commit. A nil first: every account stops watching
  /// the second.
  std::vector<std::pair<uuid, uuid>> unwatch = {};
};
/// One shard's share of an event: the statements and the shard's mark in one transaction, then the
/// named entities of that shard, if they are in memory, load the new truth.
struct shard_part {
  std::uint32_t shard = 0;
  std::vector<storage::statement> statements;  ///< one is enough, however many rows it writes
  std::vector<entity_effect> refresh = {};     ///< their keys belong to `shard`
};
/// One event in several shards of this domain. Each shard commits its part by itself, in any order; the
/// event is settled when all have confirmed, and a redelivery has no second effect anywhere. An event with
/// few receivers costs few units, one with 100,000 at most as many as there are shards. Example, a post
/// that is written to the timelines of its author's followers:
///
///     if (r.size() == 0) return need{{statement{&shards_of_followers, {author}}}};  // SELECT DISTINCT shard …
///     shard_effects out;
///     for (std::size_t i = 0; i < r.rows(0).size(); ++i) {
///       const auto s = r.rows(0).int8(i, 0);  // INSERT … SELECT account FROM follow WHERE author = $1 AND shard = $2
///       out.parts.push_back({static_cast<std::uint32_t>(s), {{&fan_out, {author, s, post, at}}}});
///     }
///     return out;
///
/// The list is as old as its reads: a shard that gets its first follower after the read takes no part. The
/// effect that adds the follower fetches earlier posts itself. The route is called again after a failure
/// or a crash and may then name other shards; those that have confirmed are left out. A shard that is
/// named only then, and has taken a later event of the same source meanwhile, takes no part either. While
/// a part fails the event is tried again; as a dead letter it is tried in the missing shards only.
struct shard_effects {
  std::vector<shard_part> parts;  ///< one a shard; empty: nothing to do
};
using effect = std::variant<std::monostate, entity_effect, read_model_effect, shard_effects, need>;

struct intake {
  const rpc::event_type* event = nullptr;
  /// Decides where the event takes effect. If the route returns a need, the route is called again with reads. An exception or
  /// a refused statement is a failure. After settings.intake_attempts failures the event becomes a dead letter.
  /// A dead letter is tried again with growing pauses; later events of its key wait behind it.
  std::function<effect(const rpc::message&, const context&, const reads&)> route;
  /// A person's safety depends on the event (a block, a revocation). The event waits only for dead letters that
  /// are safety events too. As a dead letter the event is tried again after pauses of at most 30 s ± 50 %.
  bool safety = false;
  /// A rebuild of the read model takes these statements instead of the route's. Needed where the route reads, or writes tables
  /// besides the read model. Null: the route's.
  std::vector<storage::statement> (*rebuild)(const rpc::message&) = nullptr;
};

struct domain {
  std::string_view name;
  std::vector<entity_kind> kinds;
  std::vector<intake> intakes;
  std::vector<storage::retention_job> retention = {};  ///< tables whose old rows are deleted
  /// Tables that only read-model effects write: they can be rebuilt from the events.
  std::vector<std::string_view> read_model = {};
  std::any services;          ///< std::shared_ptr<T>, see context::service
  std::uint32_t shards = 64;  ///< fixed when the database is created
  /// False: the domain's decisions contain no pushes and no watches. Its sockets then miss nothing when
  /// another node takes the domain, so they are not closed.
  bool pushes = true;
  /// Runs once, after the domain has its shards and before it serves; a failed run is repeated. Reads as a load does.
  std::function<std::variant<need, std::monostate>(const context&, const reads&)> warm_up;
};

/// Collects the handlers of one kind; the generated `bind_<kind>` calls `add` for each method of the .proto.
template <class Kind>
class methods {
 public:
  using state = typename Kind::state;

  explicit methods(std::string_view name) {
    kind_.name = name;
    kind_.load = [](std::string_view key,
                    const reads& r) -> std::variant<need, std::unique_ptr<state_box>> {
      auto loaded = Kind::load(key, r);
      if (auto* more = std::get_if<need>(&loaded)) return std::move(*more);
      return std::unique_ptr<state_box>(std::make_unique<box>(std::get<state>(std::move(loaded))));
    };
  }

  /// `Method` is generated: { using request; static const rpc::method& info(); }.
  template <class Method>
  void add(outcome<state> (*handler)(const state&, const typename Method::request&, const context&,
                                     const reads&)) {
    kind_.calls[Method::info().number] = erase<typename Method::request>(handler);
  }

  /// `Event` is a protobuf message with (nova.options.event).
  template <class Event>
  void on(const rpc::event_type& type,
          outcome<state> (*handler)(const state&, const Event&, const context&, const reads&)) {
    kind_.events[type.number] = erase<Event>(handler);
  }

  template <class Reminder>
  void on_reminder(outcome<state> (*handler)(const state&, const Reminder&, const context&,
                                             const reads&)) {
    kind_.on_reminder = erase<Reminder>(handler);
  }

  entity_kind& kind() { return kind_; }
  entity_kind take() { return std::move(kind_); }

 private:
  struct box : state_box {
    explicit box(state s) : value(std::move(s)) {}
    std::size_t weight() const override { return Kind::weight(value); }
    state value;
  };

  template <class Request>
  static erased_handler erase(outcome<state> (*handler)(const state&, const Request&,
                                                        const context&, const reads&)) {
    return [handler](const state_box& s, const rpc::message& m, const context& c,
                     const reads& r) -> erased_outcome {
      auto out = handler(static_cast<const box&>(s).value, static_cast<const Request&>(m), c, r);
      if (auto* more = std::get_if<need>(&out)) return std::move(*more);
      if (auto* e = std::get_if<error>(&out)) return std::move(*e);
      auto& d = std::get<decision<state>>(out);
      erased_decision erased;
      erased.reply = std::move(d.reply);
      erased.refusal = std::move(d.refusal);
      if (d.apply)
        erased.apply = [f = std::move(d.apply)](state_box& b) { f(static_cast<box&>(b).value); };
      erased.statements = std::move(d.statements);
      erased.events = std::move(d.events);
      erased.pushes = std::move(d.pushes);
      erased.reminders = std::move(d.reminders);
      erased.watches = std::move(d.watches);
      erased.passivate = d.passivate;
      return erased;
    };
  }

  entity_kind kind_;
};

}  // namespace nova::runtime
