// One call, event, reminder or load on its way through an entity, with the results of its needs and
// its decision. Made by the router and by shards; owned by exactly one
// queue at a time.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "actors/runtime/entities/idempotency.hpp"
#include "actors/runtime/entities/wheel.hpp"
#include "actors/runtime/kernel/seat.hpp"
#include "actors/runtime/routing/relay.hpp"
#include "protocols/core/trace.hpp"
#include "storage/database/database.hpp"

#include <algorithm>
#include <boost/intrusive/list.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace nova::runtime {

struct domain_part;
struct entity;

/// The first run of an entity's `load`; carries its needs.
struct load_work {};

/// A call of one of the entity's methods.
struct call_work {
  rpc::call call;
  std::unique_ptr<idempotency_slot> slot;
  domain_part* part = nullptr;  ///< counts the call until it is answered
};

/// An event of another domain.
struct event_work {
  event_delivery event;
};

/// A reminder that is due.
struct reminder_work {
  std::string name;
  unix_ms due = 0;
  rpc::message_ptr request;  ///< the name as a message, for the handler
  std::int64_t every_ms = 0;

  /// When a recurring one comes again: the first of its times behind `now`.
  unix_ms next(unix_ms now) const {
    return due + every_ms * (std::max<unix_ms>(0, now - due) / every_ms + 1);
  }
};

/// The work that follows a decision's commit, and the outcome of the commit.
struct commit_pending {
  std::uint64_t unit = 0;  ///< names the unit in the lane, see shard_seat::orphans
  bool has_unit = false;   ///< false: nothing to write; the flight only waits for its turn
  unix_ms reminder_due =
      0;  ///< its first reminder; 0: none. Looked at after the commit: the row is not readable before
  std::optional<storage::commit_outcome> outcome;
  rpc::reply_result answer = make_error(errc::internal);
  std::vector<outgoing> pushes;
  std::vector<watch_presence> watches;
  std::vector<runtime::event> events;
};

using lane_hook =
    boost::intrusive::list_base_hook<boost::intrusive::tag<struct lane_tag>,
                                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

struct flight : timed, lane_hook {
  enum class stage : std::uint8_t { fresh, remembered, handling };
  using work_type = std::variant<load_work, call_work, event_work, reminder_work>;

  /// Makes the work in place. A call is some 250 bytes, and `bench ask` shows the cost of each move.
  template <class Work, class... Parts>
  explicit flight(std::in_place_type_t<Work>, Parts&&... parts)
      : work(made<Work>(std::forward<Parts>(parts)...)) {}
  ~flight();
  flight(const flight&) = delete;
  flight& operator=(const flight&) = delete;

  /// Clang makes an aggregate from parentheses only since version 16: before, from braces and with a move.
  template <class Work, class... Parts>
  static work_type made(Parts&&... parts) {
    if constexpr (std::is_constructible_v<Work, Parts...>)
      return work_type(std::in_place_type<Work>, std::forward<Parts>(parts)...);
    else return Work{std::forward<Parts>(parts)...};
  }

  work_type work;
  std::uint64_t id =
      0;  ///< assigned by the shard; a new value makes answers to earlier needs stale
  std::size_t kind = 0;
  std::string key;
  const erased_handler* handler = nullptr;

  entity* home = nullptr;
  std::uint64_t activation = 0;  ///< the entity's activation when the needs began
  int attempt = 0;
  std::uint32_t reruns = 0;
  std::uint32_t rounds = 0;
  stage at = stage::fresh;
  std::unique_ptr<need> held_back;  ///< reads that wait for the commits of earlier decisions
  reads results;
  std::vector<reads::item> partial;
  std::uint32_t outstanding = 0;
  std::optional<error> need_failed;
  steady_time since{};  ///< start of the wait for needs or for the commit

  std::optional<commit_pending> decided;
  std::unique_ptr<flight> next;  ///< the next flight of the owning queue

  bool is_call() const noexcept { return std::holds_alternative<call_work>(work); }
  bool loads() const noexcept { return std::holds_alternative<load_work>(work); }
  call_work* as_call() noexcept { return std::get_if<call_work>(&work); }
  event_work* as_event() noexcept { return std::get_if<event_work>(&work); }
  const event_work* as_event() const noexcept { return std::get_if<event_work>(&work); }
  reminder_work* as_reminder() noexcept { return std::get_if<reminder_work>(&work); }
  const reminder_work* as_reminder() const noexcept { return std::get_if<reminder_work>(&work); }
  rpc::call& call() noexcept { return std::get_if<call_work>(&work)->call; }  ///< for calls only
  const rpc::call& call() const noexcept { return std::get_if<call_work>(&work)->call; }

  // For handlers: the caller and the request of any kind of work.
  static const rpc::caller node_caller;
  const rpc::caller& caller() const {  ///< for events, reminders and loads: the node
    return is_call() ? call().caller : node_caller;
  }
  std::string_view request_id() const {
    return is_call() ? std::string_view(call().request_id) : std::string_view();
  }
  std::string_view idempotency_key() const {
    return is_call() ? std::string_view(call().idempotency_key) : std::string_view();
  }
  const rpc::message& request() const {  ///< not for a load
    if (is_call()) return *call().request;
    if (auto* e = as_event()) return *e->event.body;
    return *as_reminder()->request;
  }
  std::uint32_t number() const;  ///< of the method or event; 0: neither

  bool command() const noexcept { return !is_call() || !call().method->query; }
  bool answered() const noexcept { return is_call() && call().reply == nullptr; }
  /// Answers the caller, once; later answers are dropped.
  void reply(rpc::reply_result r);
  /// Reports the end of an event to its reader, once.
  void end_event(event_end how, std::string reason = {});
  /// Ends the flight of an event or a call without an effect.
  void give_up(errc code, std::uint32_t retry_after_ms = 0);
  /// Returns to the state before the first handler call.
  void reset();
  std::string describe() const;  ///< for crash reports
  trace::subject traced() const noexcept;
};

using flight_ptr = std::unique_ptr<flight>;

/// A queue of flights in 24 bytes, because an idle entity holds several.
class flight_queue {
 public:
  flight_queue() = default;
  flight_queue(flight_queue&& other) noexcept { swap(other); }
  flight_queue& operator=(flight_queue&& other) noexcept {
    swap(other);
    return *this;
  }
  ~flight_queue() {
    while (pop()) {
    }
  }

  bool empty() const noexcept { return head_ == nullptr; }
  std::uint32_t size() const noexcept { return size_; }
  flight* front() const noexcept { return head_.get(); }

  void push(flight_ptr f) {
    auto* raw = f.get();
    (tail_ != nullptr ? tail_->next : head_) = std::move(f);
    tail_ = raw;
    ++size_;
  }
  flight_ptr pop() {
    if (!head_) return nullptr;
    auto f = std::move(head_);
    head_ = std::move(f->next);
    if (!head_) tail_ = nullptr;
    --size_;
    return f;
  }
  /// Takes one flight out of the middle; null when it is not in this queue.
  flight_ptr take(const flight* which) {
    flight* before = nullptr;
    for (auto* f = head_.get(); f != nullptr; before = f, f = f->next.get()) {
      if (f != which) continue;
      auto& link = before != nullptr ? before->next : head_;
      auto out = std::move(link);
      link = std::move(out->next);
      if (tail_ == which) tail_ = before;
      --size_;
      return out;
    }
    return nullptr;
  }
  /// Puts the flights of `other` before the flights of this queue.
  void prepend(flight_queue& other) {
    while (!empty()) other.push(pop());
    swap(other);
  }

 private:
  void swap(flight_queue& other) noexcept {
    std::swap(head_, other.head_);
    std::swap(tail_, other.tail_);
    std::swap(size_, other.size_);
  }
  flight_ptr head_;
  flight* tail_ = nullptr;
  std::uint32_t size_ = 0;
};

}  // namespace nova::runtime
