// The reader of one source shard's events in a consuming domain. Order is kept per key and per target
// shard; each event has its effect exactly once. Receives pushed events, pulls after a gap or a start, and retries. An
// event that cannot be processed becomes a dead letter, which is tried again with growing pauses
// (reader_letters.cpp); an event of several shards is in reader_shards.cpp.
#pragma once

#include "actors/runtime/entities/needs.hpp"
#include "actors/runtime/events/letter_book.hpp"
#include "actors/runtime/routing/domain_link.hpp"

#include <deque>
#include <map>
#include <variant>

namespace nova::runtime {

class reader;

using reader_item = std::variant<relay_batch_ptr, settle_wait, std::function<void(reader&)>>;

/// Entities to load again after the commit of a read model's unit.
struct refresh_plan {
  bool committed = false;
  std::vector<std::int64_t> rows = {};  ///< the events whose rows of refresh_owed say so
  std::vector<entity_effect> named;
  std::vector<entities_found> found;
  std::vector<std::pair<uuid, uuid>> unwatch = {};
  bool empty() const noexcept { return named.empty() && found.empty() && unwatch.empty(); }
};

/// A replay that an operator has asked for, until its offset is on disk.
struct rewinding {
  std::uint64_t from = 0;  ///< the first event that is read again
  std::vector<storage::statement> record;
  std::function<void(result<std::uint64_t> events)> done;  ///< must only post
};

class reader_seat final : public inbox<reader_item> {
 public:
  /// Reads `source`; its domain's name lives as long as the program.
  reader_seat(domain_link& consumer, shard_address source);
  std::unique_ptr<occupant> occupy() override;

  domain_link& consumer;
  const shard_address source;
  const std::uint32_t home;          ///< see domain_link::reader_home
  std::uint64_t sitting = 0;         ///< occupant only
  bool open = false;                 ///< occupant only
  std::vector<settle_wait> waiters;  ///< occupant only; survive a restart
  /// By ticket: refreshes due after units in the lane, or due now. A reader that crashes in between must not lose them; where other
  /// nodes have entities of the domain, neither may a process: rows say what is due, and the next reader pays. Occupant only.
  std::map<std::uint64_t, refresh_plan> owed;
  std::uint64_t last_ticket = 0;         ///< occupant only
  std::atomic<std::int64_t> in_lane{0};  ///< units appended and without an outcome
  std::optional<rewinding> rewind;       ///< occupant only; survives a restart

  // For metrics and operators; any thread.
  static constexpr std::int64_t unknown = -1;
  std::atomic<std::int64_t> settled{unknown};  ///< all events up to this one are settled
  std::atomic<std::int64_t> durable{unknown};  ///< the offset on disk
  std::atomic<unix_ms> oldest_unread{
      0};  ///< commit time of the oldest event behind it; 0: none is known
  std::atomic<std::int64_t> letters{0};
  std::atomic<std::uint64_t> skipped{0};  ///< events that this program does not know
};

class reader final : public occupant {
 public:
  explicit reader(reader_seat& s);
  ~reader() override;
  bool turn() override;
  std::string current() const override { return doing_; }

  // Posted by the domain's head:
  void open();
  void close();

  // Posted for operators:
  using letter_done = std::function<void(result<void>)>;  ///< must only post
  /// Tries the oldest dead letter of this letter's key now.
  void retry_letter(std::uint64_t seq, letter_done done);
  /// `record` is committed with the letter's end.
  void discard_letter(std::uint64_t seq, std::vector<storage::statement> record, letter_done done);
  /// Reads again from `plan.from` on: effects in entities and shards are under their marks, and those in read models are written
  /// once more, in order. New events wait until the replay has reached them.
  void replay(rewinding plan);

 private:
  enum class stage : std::uint8_t {
    queued,    ///< waits for earlier events of its key or target
    routing,   ///< the route's needs are under way
    applying,  ///< its target shard has the event, or its unit is in the lane
    resting,   ///< after a failure
    settled,
  };
  /// Shards of one event. `confirmed` outlives a new route: what a shard has confirmed is on disk.
  struct parts_progress {
    std::vector<std::uint32_t> shards;
    std::vector<std::uint32_t> confirmed;
    std::size_t open = 0;  ///< parts under way
    event_end worst = event_end::applied;
    std::string reason;
  };
  struct progress {
    relay_event event;
    const intake* in = nullptr;  ///< null: this domain does not take the event
    stage at = stage::queued;
    std::uint32_t attempts = 0;
    std::uint64_t ticket = 0;  ///< tells late answers from current ones
    rpc::message_ptr body;
    std::optional<effect> route;
    std::optional<std::uint32_t> target;  ///< target shard, when the effect is in an entity
    parts_progress parts;                 ///< when the effect is in several shards
    bool letter = false;                  ///< a dead letter, tried again
    std::string_view aside;  ///< status of the dead letter that the event becomes; empty: none
    std::string reason;      ///< reason for that letter
  };

  // reader.cpp: order, pulling, offset
  void take(const relay_batch& batch);
  void load();
  void loaded(const storage::read_result& offsets, const storage::read_result& keys,
              const storage::read_result& owed);
  bool full() const;
  void pull();
  void pulled(const result<relay_batch_ptr>& page);
  std::uint64_t last_known() const { return next_ + backlog_.size() - 1; }
  void admit();
  void start_ready();
  void applied(progress& p);
  void settle(progress& p);
  void save_offset();
  bool write_offset();
  void answer_waiters();
  std::string metric_class() const;
  void count_letters();
  void show();
  void write_rewind();
  void skip_dropped(const relay_batch& page);

  // reader_effect.cpp: route, effect in an entity, failure
  bool foresee(progress& p);
  void start(progress& p);
  void route(progress& p, std::shared_ptr<reads> results);
  void routed(progress& p, effect&& e);
  void to_entity(progress& p, const entity_effect& e);
  void ended(std::uint64_t seq, std::uint64_t ticket, event_end how, std::string reason);
  void rest(progress& p);
  storage::commit_unit unit() const;
  bool append(storage::commit_unit unit);
  progress* find(std::uint64_t seq, std::uint64_t ticket);

  // reader_shards.cpp: effects in several shards
  static parts_progress parts_of(const shard_effects& e, parts_progress before);
  std::string defect_of(const progress& p, const shard_effects& e) const;
  void to_shards(progress& p, shard_effects e);
  void part_ended(std::uint64_t seq, std::uint64_t ticket, std::uint32_t shard, event_end how,
                  const std::string& reason);
  storage::statement part_row(const progress& p, std::uint32_t shard) const;
  void letter_to_shards(progress& p, shard_effects e);

  // reader_model.cpp: effects in a read model
  struct model_unit;
  void to_read_model(progress& p);
  bool joins(progress& p, const model_unit& u);
  void take_into(model_unit& u, progress& p);
  void model_written(const model_unit& u, const storage::commit_outcome& o);
  void model_refused(const model_unit& u, const storage::commit_outcome& o);
  void refresh(std::uint64_t ticket, std::function<void(reader&)> done);
  void refresh_named(std::uint64_t ticket, std::shared_ptr<std::vector<entity_effect>> which,
                     std::function<void(reader&)> done);
  void pay_owed();
  void record_owed(const relay_event& event, const read_model_effect& e, storage::commit_unit& u,
                   refresh_plan& plan) const;
  void take_over_owed(const storage::rows& owed);
  void told(std::uint64_t ticket);

  // reader_letters.cpp: dead letters
  bool safety(std::uint32_t type) const;
  std::vector<std::int64_t> types_of(bool safety) const;
  void put_aside(progress& p, std::string_view status);
  void keep_unknown(progress& p);
  void log_letter(const progress& p, std::string_view status, bool safety) const;
  storage::statement letter_row(const progress& p, std::string_view status) const;
  void try_letters();
  void letters_read(const letter_book::group& g, std::uint64_t version,
                    const storage::read_result& found);
  void write_letter(progress& p, read_model_effect&& e);
  void letter_ended(event_end how, const std::string& reason);
  void letters_rest(const letter_book::group& g, std::chrono::milliseconds pause);
  void letter_timer(steady_time due);
  void find_letter(std::uint64_t seq, letter_done done,
                   std::function<void(reader&, const letter_book::group&)> then);
  void discarded(const letter_book::group& g, std::uint64_t seq, const storage::commit_outcome& o,
                 const letter_done& done);

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
  duration_histogram& lag_;
  enum class phase : std::uint8_t { closed, loading, running } phase_ = phase::closed;
  std::uint64_t activation_ = 0;
  std::uint64_t next_ = 1;  // seq of backlog_.front()
  std::deque<relay_event> backlog_;
  std::map<std::uint64_t, progress> window_;  // admitted, from settled_ + 1
  std::uint64_t settled_ = 0;
  std::uint64_t durable_ = 0;
  std::uint64_t saving_ = 0;
  bool offset_timer_ = false;
  bool load_wanted_ = false;  ///< waits for the units of an earlier occupant
  bool pulling_ = false;
  bool pull_rests_ = false;
  std::size_t backlog_bytes_ = 0;
  std::uint64_t alone_until_ = 0;  ///< after a refused unit: events up to here go one by one
  std::uint64_t owed_open_ = 0;    ///< refreshes of an earlier occupant under way
  letter_book letters_;
  std::optional<progress> letter_;    ///< the dead letter that is tried now
  std::int64_t counted_letters_ = 0;  ///< number of letters already counted in the metric
  bool reading_letters_ = false;
  bool letter_timer_ = false;
};

}  // namespace nova::runtime
