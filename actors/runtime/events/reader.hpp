// The reader of one source shard's events in a consuming domain: in order per key and per target
// shard, exactly once in effect. Gets events pushed, pulls after a gap or a start, retries, and
// puts aside what cannot be processed.
#pragma once

#include "actors/runtime/entities/needs.hpp"
#include "actors/runtime/routing/domain_link.hpp"

#include <deque>
#include <map>
#include <set>
#include <unordered_set>
#include <variant>

namespace nova::runtime {

class reader;

/// "Tell me when all events up to `seq` have had their effect."
struct settle_wait {
  std::uint64_t seq = 0;
  std::function<void()> settled;  ///< must only post
};
using reader_item = std::variant<relay_batch_ptr, settle_wait, std::function<void(reader&)>>;

class reader_seat final : public inbox<reader_item> {
 public:
  /// Reads `source`; its domain's name lives as long as the program.
  reader_seat(domain_link& consumer, shard_address source);
  std::unique_ptr<occupant> occupy() override;

  domain_link& consumer;
  const shard_address source;
  std::uint64_t sitting = 0;         ///< occupant only
  bool open = false;                 ///< occupant only
  std::vector<settle_wait> waiters;  ///< occupant only; survive a restart
};

class reader final : public occupant {
 public:
  explicit reader(reader_seat& s);
  bool turn() override;
  std::string current() const override { return doing_; }

  // Posted by the domain's head:
  void open();
  void close();

 private:
  enum class stage : std::uint8_t {
    queued,    ///< waits for earlier events of its key or target
    routing,   ///< the route's needs are under way
    applying,  ///< with its target shard, or its unit in the lane
    resting,   ///< after a failure
    settled,
  };
  struct progress {
    relay_event event;
    const intake* in = nullptr;  ///< null: nobody here wants it
    stage at = stage::queued;
    std::uint32_t attempts = 0;
    std::uint64_t ticket = 0;  ///< tells late answers apart
    rpc::message_ptr body;
    std::optional<effect> route;
    std::optional<std::uint32_t> target;  ///< shard, when it goes to an entity
  };

  // reader.cpp: order, pulling, offset
  void take(const relay_batch& batch);
  void load();
  void loaded(const storage::read_result& offsets, const storage::read_result& keys);
  void pull();
  void pulled(const result<relay_batch_ptr>& page);
  std::uint64_t last_known() const { return next_ + backlog_.size() - 1; }
  void admit();
  void start_ready();
  void settle(progress& p);
  void save_offset();
  void write_offset();
  void answer_waiters();

  // reader_effect.cpp: route, effect, failure
  void foresee(progress& p);
  void start(progress& p);
  void route(progress& p, std::shared_ptr<reads> results);
  void routed(progress& p, effect&& e);
  void to_entity(progress& p, const entity_effect& e);
  void to_read_model(progress& p, read_model_effect&& e);
  void refresh(progress& p, const std::vector<entity_effect>& which);
  void ended(std::uint64_t seq, std::uint64_t ticket, event_end how, std::string reason);
  void rest(progress& p);
  void put_aside(progress& p, const char* status, std::string reason);
  storage::commit_unit unit() const;
  bool append(storage::commit_unit unit);
  progress* find(std::uint64_t seq, std::uint64_t ticket);

  template <class F>
  auto poster(F f) {
    return [seat = &seat_, sitting = seat_.sitting, f = std::move(f)](auto... x) {
      seat->post([=](reader& r) {
        if (r.seat_.sitting == sitting) f(r, x...);
      });
    };
  }
  const config::runtime_settings& settings() const { return services_.settings(); }

  reader_seat& seat_;
  domain_link& link_;  // the consumer
  services& services_;
  router& router_;
  std::string doing_;
  std::string source_;
  enum class phase : std::uint8_t { closed, loading, running } phase_ = phase::closed;
  std::uint64_t activation_ = 0;
  std::uint64_t next_ = 1;  // seq of backlog_.front()
  std::deque<relay_event> backlog_;
  std::map<std::uint64_t, progress> window_;  // admitted, from settled_ + 1
  std::uint64_t settled_ = 0;
  std::uint64_t durable_ = 0;
  std::uint64_t saving_ = 0;
  bool offset_timer_ = false;
  bool pulling_ = false;
  bool pull_rests_ = false;
  std::uint64_t last_ticket_ = 0;
  std::unordered_set<std::string> dead_keys_;
};

}  // namespace nova::runtime
