// The load of the crash test: people with two or three devices who send, edit, recall, react, read and change groups without
// pause, come back after every loss and send again what was not answered. Writes down all that it does and is told.
#pragma once

#include "tests/crash/answer_series.hpp"
#include "tests/crash/history.hpp"
#include "tests/crash/watched_attempts.hpp"
#include "tests/support/client/account.hpp"
#include "tests/support/client/session.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace nova::crash {

struct workload_options {
  client::endpoint to;
  std::vector<client::endpoint> others =
      {};  ///< gateways: a device goes to the next one after each loss
  std::chrono::milliseconds patience{0};  ///< see client::session_options
  std::uint64_t seed = 1;
  std::size_t people = 52;  ///< beside four guests; two devices each, every fourth has three
  std::size_t groups = 8;   ///< beside a direct conversation for each two people, and two channels
  std::size_t relations = 6;  ///< follows and unfollows, of a hundred operations
  std::size_t posts = 0;      ///< posts, and as many looks at the own feed, of a hundred operations
  std::size_t window = 4;     ///< unanswered operations per device
  std::chrono::milliseconds pause{
      90};  ///< between two operations of a device, at most; half of it on average
};

struct workload_counts {
  std::uint64_t acked_sends = 0, acked_relations = 0, operations = 0, resent = 0, deliveries = 0,
                gaps = 0, resumes = 0;
  std::map<std::string, std::uint64_t> refused;         ///< sends by error code
  std::map<std::string, std::uint64_t> refused_others;  ///< the same of all other operations
  std::map<std::string, std::uint64_t> put_off;  ///< of all operations, those that say to come back
  std::int64_t longest_pause_ms = 0;  ///< between two acknowledged sends, since watch_pauses()
  std::int64_t first_answer_ms =
      -1;  ///< from watch_pauses() to the first acknowledged send that began later
  std::int64_t slowest_answer_ms = 0;   ///< from a call on an open socket to its answer, whichever
  std::int64_t slowest_refusal_ms = 0;  ///< the same, of answers that say to come back
  std::map<int, std::uint64_t> closes;  ///< by close code, 0: cut
};

class workload {
 public:
  workload(client::io_thread& io, workload_options options, history& record);
  ~workload();

  /// Registers everybody, makes the conversations, opens the sockets. False: `why` says what failed.
  bool set_up(std::string& why);
  void begin();
  /// No new operations from here on; those that are unanswered go on being repeated.
  void stop_issuing();

  /// Each waits for its condition, at most `within`.
  bool await_acked(std::uint64_t total, std::chrono::milliseconds within);
  bool await_idle(std::chrono::milliseconds within);
  /// The first devices that wait for answers: their sockets, and the call that each waits for.
  std::string unanswered();
  /// The first one after this moment.
  bool await_refused(std::chrono::milliseconds within);
  /// Every device of a founder has seen, or was told a gap up to, the last_seq that the record holds.
  bool await_caught_up(std::chrono::milliseconds within);

  /// Whether answers' times count for the slowest.
  void measure_answers(bool on);
  /// Attempts that begin from now on are counted there, also when they end after the next call. Null: nowhere. It may be read at rest.
  void watch_attempts(std::shared_ptr<watched_attempts> into);
  /// Measures the longest pause and the first answer anew.
  void watch_pauses();
  /// Every socket at once, as a switch that fails.
  void cut_all();
  /// New connections go there, at once; but those of the stubborn (every fifth device) only when they are told too.
  void move_to(const client::endpoint& to, bool stubborn_too);
  /// Some devices stop reading, and go on: how many there are.
  std::size_t stop_reading();
  void read_again();

  /// At rest, into the record: one member reads each conversation to its end, and who is told.
  void probe_receipts(std::chrono::milliseconds within);
  /// Closes all sockets of some accounts for good, and what a watcher is told of everybody.
  void probe_presence(std::chrono::milliseconds within);

  workload_counts counts();
  /// Since begin().
  std::vector<answer_series::point> series();
  const std::vector<client::account>& accounts() const noexcept { return accounts_; }
  std::size_t device_count() const noexcept { return devices_.size(); }

 private:
  struct device;
  struct place;

  bool make_places(std::string& why);
  bool open_devices(std::string& why);
  void add_device(std::size_t account, const std::string& access_token, int number);
  bool add_place(client::http_client& http, const std::string& kind, std::size_t owner,
                 const std::vector<std::size_t>& others, std::string& why);

  void later(std::chrono::microseconds delay, std::function<void()> what);
  void tick(device& d);
  void issue(device& d);
  void send(device& d);
  /// `first`: when its first attempt began.
  void transmit(device& d, std::size_t send, std::chrono::steady_clock::time_point first);
  void drop(device& d);
  /// Called with how an attempt ended that begins now; null: it is not counted.
  std::function<void(const client::call_reply&, std::chrono::milliseconds took)> watched(
      device& d, const std::string& at);
  void change_own(device& d, bool recall);
  void react(device& d);
  void mark(device& d, const char* method);
  void change_members(device& d);
  void relate(device& d);
  void post(device& d);
  void look_at_feed(device& d);
  /// Carries out an operation that is not repeated; `end` is told how it ended.
  void once(device& d, std::string_view method, const std::string& params,
            std::function<void(outcome, std::string_view body)> end);

  void acknowledged(std::chrono::steady_clock::time_point began,
                    std::chrono::steady_clock::time_point first);
  void opened(device& d, std::string_view result);
  void pushed(device& d, std::string_view frame);
  void write_down(device& d, stream_event e);
  std::uint64_t random(std::uint64_t below) { return random_() % below; }

  client::io_thread& io_;
  workload_options options_;
  history& record_;
  std::mt19937_64 random_;
  std::vector<client::account> accounts_;
  std::vector<std::unique_ptr<device>> devices_;
  std::vector<std::unique_ptr<place>> places_;
  std::map<std::string, place*> place_of_;
  std::set<std::string> busy_;  ///< messages with an edit or recall that is not answered
  workload_counts counts_;
  std::size_t in_flight_ = 0;
  std::uint64_t made_ = 0;
  std::uint64_t refused_later_ = 0;  ///< answers that say to come back
  bool issuing_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>();  ///< what later() put off ends with it
  bool measuring_ = true;
  std::shared_ptr<watched_attempts> attempts_;
  answer_series series_;
  std::chrono::steady_clock::time_point acknowledged_at_;  ///< the newest send
  std::chrono::steady_clock::time_point watched_from_;
  const std::chrono::steady_clock::time_point made_at_ = std::chrono::steady_clock::now();
};

/// The people (indices of accounts) whom the first one blocks and unblocks, and talks to.
inline constexpr std::size_t blocked_by_first[] = {5, 9, 13};

/// "unavailable" and the like: the same request may be carried out later, or may have been.
bool may_succeed_later(std::string_view code) noexcept;

}  // namespace nova::crash
