// One call, event or reminder on its way through an entity, with what its handler asked for and
// what it decided. Made by hub::call, readers and shards; owned by exactly one queue at a time.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "actors/runtime/node/hub.hpp"
#include "actors/runtime/entities/idempotency.hpp"
#include "actors/runtime/entities/wheel.hpp"

#include <boost/intrusive/list.hpp>

#include <memory>
#include <optional>
#include <string>

namespace nova::runtime {

struct entity;

enum class event_end : std::uint8_t {
  applied,    ///< committed now or before
  failed,     ///< counts towards the dead letter
  suspended,  ///< nobody's fault (database away, shard moving): again later, not counted
};

/// An event of another domain on its way into an entity.
struct delivery_ticket {
  std::string source;
  std::uint32_t source_shard = 0;
  std::uint64_t seq = 0;
  const rpc::event_type* type = nullptr;
  std::function<void(event_end, std::string reason)> done;  ///< once, any thread, must only post
};

struct reminder_ticket {
  std::string name;
  unix_ms due = 0;
};

using lane_hook =
    boost::intrusive::list_base_hook<boost::intrusive::tag<struct lane_tag>,
                                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

struct flight : timed, lane_hook {
  enum class stage : std::uint8_t { fresh, remembered, handling };

  explicit flight(runtime::hub& h) : hub(h) {}
  ~flight();
  flight(const flight&) = delete;
  flight& operator=(const flight&) = delete;

  runtime::hub& hub;
  std::uint64_t id = 0;  ///< by the shard; changes whenever earlier needs become void
  std::size_t kind = 0;
  std::string key;
  rpc::call call;  ///< of events and reminders: caller and request only
  const erased_handler* handler = nullptr;
  std::unique_ptr<delivery_ticket> event;
  std::unique_ptr<reminder_ticket> reminder;
  bool loads = false;  ///< carries the needs of an entity's load

  entity* home = nullptr;
  std::uint64_t activation = 0;  ///< of the entity when the needs were asked
  int attempt = 0;
  std::uint32_t reruns = 0;
  std::uint32_t rounds = 0;
  stage at = stage::fresh;
  bool counted = false;  ///< in hub.under_way
  std::unique_ptr<need> held_back;  ///< reads that wait for the commits of earlier decisions
  reads results;
  std::vector<reads::item> partial;
  std::uint32_t outstanding = 0;
  std::optional<error> need_failed;
  std::unique_ptr<idempotency_slot> slot;
  steady_time since{};  ///< when it began to wait for needs or for its commit

  // What was decided.
  bool decided = false;
  bool has_unit = false;
  std::optional<storage::commit_outcome> outcome;
  rpc::reply_result answer = error{};
  std::vector<outgoing> pushes;
  std::vector<watch_presence> watches;
  std::vector<runtime::event> events;
  bool passivate = false;

  std::unique_ptr<flight> next;  ///< of the queue that owns it

  bool is_call() const noexcept { return event == nullptr && reminder == nullptr && !loads; }
  bool command() const noexcept { return !is_call() || !call.method->query; }
  bool answered() const noexcept { return is_call() && call.reply == nullptr; }
  /// Answers the caller, once; later answers are dropped.
  void reply(rpc::reply_result r);
  /// Ends an event's or a call's flight without an effect.
  void give_up(errc code, std::uint32_t retry_after_ms = 0);
  /// Back to the state before the first handler call.
  void reset();
  std::string describe() const;  ///< for crash reports
};

using flight_ptr = std::unique_ptr<flight>;

/// A queue of flights in 24 bytes (an idle entity holds several).
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
  /// Takes one out of the middle; null when it is not here.
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
  /// `other` first, then what is here.
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
