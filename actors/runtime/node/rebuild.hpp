// One rebuild of a domain's read model, beside the live one: all events of all its sources are read again in the order of their
// commits into temporary tables. Then the domain's readers stand still, the rest is read, and the live tables become equal to the new
// ones in one transaction. Until then nothing live changes, and a failure leaves all as it was. Made by operations.
#pragma once

#include "actors/runtime/placement/directory.hpp"

#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace nova::runtime {

class rebuild : public std::enable_shared_from_this<rebuild> {
 public:
  enum class stage : std::uint8_t { reading, switching, done, failed };
  struct status {
    stage at = stage::reading;
    std::uint64_t events = 0;
    std::int64_t added = 0;    ///< rows that the live tables lacked
    std::int64_t removed = 0;  ///< rows that the live tables had too many
    std::string problem;       ///< of a failure
  };
  /// Events of one transaction, and of one read.
  static constexpr std::size_t page_events = 500;

  /// `beside` is another connection to the consumer's database; the rebuild stops it at its end.
  rebuild(directory& all, domain_seats& consumer, std::shared_ptr<storage::database> beside,
          std::string id);
  void start();
  /// Ends it early, if it has not ended. Any thread, like the rest.
  void cancel();
  status now() const;
  /// False when the other connection is not closed within `budget`.
  bool gone_within(std::chrono::milliseconds budget) const;
  std::string_view consumer() const { return consumer_.link.domain.name; }

 private:
  struct cursor {
    reader_seat* reader = nullptr;
    domain_seats* source = nullptr;
    std::uint64_t read = 0;   ///< the last event in `waiting` or behind it
    std::uint64_t until = 0;  ///< the live reader has settled the events up to here
    std::deque<relay_event> waiting;
  };
  using then = std::function<void(rebuild&)>;

  void begin();
  void check_sources(std::size_t next);
  void fill(std::size_t from);
  void apply();
  void hold();
  void held();
  void take_over();
  void took_over();
  void refresh();
  void end(stage how, std::string problem);
  void look_at_readers();
  bool effect_of(const relay_event& e, std::vector<storage::statement>& out) const;
  void append(std::vector<storage::statement> statements, bool guarded, then go_on);
  void read(storage::database& db, storage::statement s,
            std::function<void(rebuild&, const storage::rows&)> go_on);
  /// Goes on in the actor of the domain's head.
  template <class F>
  auto posted(F f);
  void after(std::chrono::milliseconds pause, then go_on);

  directory& all_;
  domain_seats& consumer_;
  const std::shared_ptr<storage::database> beside_;
  const std::string id_;
  std::vector<std::string> tables_;
  std::vector<cursor> cursors_;
  std::vector<domain_seats*> sources_;
  std::size_t to_hold_ = 0;
  bool holding_ = false;
  std::int64_t offsets_ = 0;  ///< their sum while the readers stand still
  int tries_ = 0;
  bool ended_ = false;
  std::promise<void> closed_;
  const std::shared_future<void> gone_ = closed_.get_future().share();
  mutable std::mutex mutex_;
  status status_;
};

}  // namespace nova::runtime
