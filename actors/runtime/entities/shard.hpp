// One shard of a domain: the actor that hosts its entities. It routes calls to them, carries out the
// needs of their handlers, commits their decisions through the lane, and answers after the
// commit. Runs on one thread at a time; other threads post to the seat.
#pragma once

#include "actors/runtime/entities/entity.hpp"
#include "actors/runtime/entities/needs.hpp"
#include "actors/runtime/entities/reminders.hpp"
#include "actors/runtime/pushes/fanout.hpp"
#include "actors/runtime/routing/domain_link.hpp"

#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <variant>

namespace nova::runtime {

class shard;

/// The outcome of one unit.
struct commit_done {
  flight* which = nullptr;
  std::uint64_t unit = 0;
  std::uint64_t sitting = 0;
  storage::commit_outcome outcome;
  std::uint32_t events = 0;
};
struct need_done {
  std::uint64_t flight = 0;
  std::size_t index = 0;
  need_result result;
};
using shard_item =
    std::variant<flight_ptr, commit_done, std::unique_ptr<need_done>, std::function<void(shard&)>>;

class shard_seat final : public inbox<shard_item> {
 public:
  shard_seat(domain_link& d, std::uint32_t shard);
  std::unique_ptr<occupant> occupy() override;

  domain_link& domain;
  const std::uint32_t number;
  /// Grows with each new occupant and with each new lease of the same one. Answers to requests
  /// of an earlier sitting are dropped. Occupant only.
  std::uint64_t sitting = 0;
  std::optional<storage::shard_claim> claim;  ///< occupant only; the lane's claim
  std::atomic<std::int64_t> in_lane{0};       ///< units appended and without an outcome
  std::uint64_t last_unit = 0;                ///< occupant only
  /// By unit: decisions of an occupant that crashed or was closed. Their pushes, taps and
  /// answers still follow their commits. Occupant only.
  std::map<std::uint64_t, flight_ptr> orphans;
  /// The highest committed event, for readers that missed a push.
  std::atomic<std::uint64_t> last_event{0};
  std::atomic<bool> claimed{false};  ///< once at least: last_event says how many events there were
};

class shard final : public occupant {
 public:
  explicit shard(shard_seat& s);
  ~shard() override;
  bool turn() override;
  std::string current() const override { return doing_; }

  // Posted as functions, so they run on this actor's thread:
  void open(const storage::shard_claim& claim);
  /// Drops all memory; callers get `unavailable`.
  void close();
  void deliver(event_delivery event);
  void deliver_part(const part_ptr& part);
  void refresh(std::string_view kind, const std::string& key, std::function<void()> done);
  /// Every entity in memory loads its state again.
  void refresh_all();
  void pull(pull_request request);
  void settled(std::uint64_t id, bool in_force);

  // For its reminders:
  domain_link& link() const { return link_; }
  std::uint32_t number() const { return seat_.number; }
  steady_time now() const { return now_; }
  bool is_open() const { return open_; }
  bool serves() { return can_serve() && part_.serving.load(); }
  bool may_write() const { return lane().accepting() && may_read(); }
  reminders& timed_reminders() { return reminders_; }
  /// Passes a flight to its entity.
  void begin(flight_ptr f);
  /// Runs `f(shard&)` here later, unless the lease or the occupant has changed by then.
  template <class F>
  auto poster(F f) {
    return [seat = &seat_, sitting = seat_.sitting, f = std::move(f)](auto... x) {
      seat->post([=](shard& s) {
        if (s.seat_.sitting == sitting) f(s, x...);
      });
    };
  }

 private:
  // shard.cpp: routing, deadlines, life cycle of entities
  bool can_serve();
  void accept(flight_ptr f);
  entity& activate(std::size_t kind, const std::string& key);
  void submit(entity& e, flight_ptr f);
  void advance(entity& e);
  bool can_start(const entity& e) const;
  void after_change(entity& e);
  void restart(entity& e);
  void drop(entity& e);
  void touch(entity& e);
  void weigh(entity& e);
  void evict_surplus();
  void sweep();
  void expire(flight& f);
  flight_ptr detach(flight& f);
  void lose_patience();
  void give_up_waiting(flight_queue& q, steady_time before);
  void set_alarm();

  // shard_decide.cpp: load, handlers, needs
  void load(entity& e, flight_ptr f);
  void loaded(entity& e, std::unique_ptr<state_box> state);
  void fail_load(entity& e, const error& why);
  void load_crashed(entity& e, std::string why);
  void run(entity& e, flight_ptr f);
  void handle(entity& e, flight_ptr f, steady_time start);
  bool remember(entity& e, flight_ptr& f);
  void begin_needs(entity& e, flight_ptr f, need&& what);
  bool reads_too_early(const entity& e, const flight& f, const need& what) const;
  void begin_held_back(entity& e);
  void need_arrived(need_done& d);
  void needs_complete(flight& f);
  void crash(entity& e, flight_ptr f, std::string why);
  void serving_error(flight& f);
  /// Reads the clock now. A process that was suspended within a turn must not serve the rest of the turn
  /// from memory that belongs to another node by then.
  bool may_read() const { return lane().lease_holds(services_.now()); }

  // shard_commit.cpp: units, outcomes, effects
  void decide(entity& e, flight_ptr f, erased_decision&& d);
  void answer_in_order(entity& e, flight_ptr f);
  storage::commit_unit unit_of(entity& e, flight& f, erased_decision& d);
  bool append(entity& e, flight& f, storage::commit_unit unit, std::uint64_t sitting);
  void apply(entity& e, const flight& f, erased_decision& d);
  void on_outcome(commit_done& done);
  void orphan(entity& e);
  void on_orphan(commit_done& done);
  void tell_taps(std::uint64_t first, std::uint32_t count);
  void drain(entity& e);
  void not_committed(entity& e, flight_ptr f);
  void finish(flight_ptr f);
  void taken(flight& f);
  void publish(const commit_pending& d);
  void committed_up_to(std::uint64_t seq);
  void wait_until_settled(flight_ptr f);
  void flush_events();

  // shard_intake.cpp: events in
  void load_marks();
  void marks_arrived(const storage::read_result& r);
  void deliver_marked(flight_ptr event);
  void part_marked(const part_ptr& part);
  void commit_part(const part_ptr& part);
  void part_committed(const part_ptr& part, std::uint64_t sitting,
                      const storage::commit_outcome& o);

  bool has_surplus() const;
  storage::commit_lane& lane() const { return link_.lane(seat_.number); }
  const entity_kind& kind_of(const entity& e) const { return link_.domain.kinds[e.kind]; }
  class_metrics& metrics_of(const entity& e) const { return *link_.kind_metrics[e.kind]; }
  const config::runtime_settings& settings() const { return services_.settings(); }

  shard_seat& seat_;
  domain_link& link_;
  domain_part& part_;
  services& services_;
  router& router_;
  steady_time now_;
  bool open_ = false;
  bool recovering_ = false;
  std::string doing_;
  std::vector<std::unordered_map<std::string, std::unique_ptr<entity>>> entities_;  // by kind
  std::size_t active_ = 0;
  std::uint64_t bytes_ = 0;
  entity_list recent_;  // the longest unused first
  steady_time next_sweep_{};
  wheel wheel_;
  boost::intrusive::list<flight, boost::intrusive::base_hook<lane_hook>,
                         boost::intrusive::constant_time_size<false>>
      in_lane_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, flight*> waiting_;  // for needs, by id
  std::unordered_map<std::uint64_t, flight_ptr>
      settling_;  // answered when another domain has caught up
  fanout fanout_;
  std::shared_ptr<relay_batch> leaving_;  // events committed in this turn
  enum class marks : std::uint8_t { unknown, loading, known } marks_state_ = marks::unknown;
  std::map<std::pair<std::string, std::uint32_t>, std::uint64_t> marks_;
  std::set<std::pair<std::string, std::uint32_t>>
      delivering_;         ///< source shards with an event under way here
  flight_queue unmarked_;  // events that wait for the marks
  std::vector<part_ptr> unmarked_parts_;
  reminders reminders_;
};

}  // namespace nova::runtime
