// The simulated people: devices that send, edit, recall, react, read and change groups, repeat what was not answered with the
// same client_id, and beside them registrations and blocks over HTTP. Writes down all that it does and is told; at rest reads
// what is stored into the same history. Used by run.cpp.
#pragma once

#include "tests/simulation/device.hpp"

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace nova::simulation {

struct workload_options {
  std::size_t people =
      8;  ///< the first half of them has a second device; two more are guests of groups
  std::size_t groups = 2;
  std::size_t window = 3;   ///< unanswered operations of a device
  milliseconds pause{120};  ///< between two operations of a device, at most
};

/// Whom the first person blocks and unblocks, by index.
inline constexpr std::size_t first_blockable = 4, blockable = 3;

class workload {
 public:
  workload(cluster& c, workload_options o, crash::history& record);

  /// Registers everybody, makes the conversations, opens the sockets. Empty, or what failed.
  std::string set_up();
  void begin() { issuing_ = true; }
  void stop_issuing() { issuing_ = false; }
  /// The block under way is the last one; it is only repeated for a while.
  void end_blocks() { blocks_end_ = true; }
  bool idle() const noexcept { return in_flight_ == 0; }
  /// Of the first device that waits: its state, and its calls.
  std::string unanswered() const;
  bool all_open() const;
  /// Every device of a founder has seen, or was told a gap up to, the last_seq that the record holds.
  bool caught_up() const;
  /// Reads everything at rest. Empty, or what could not be read.
  std::string read_rest();

  struct creation {
    std::string title;
    crash::outcome end;
  };
  /// Groups that were asked for once during the load.
  const std::vector<creation>& created() const noexcept { return created_; }

  /// Blocks that were answered, and that a send behind the answer found not in force.
  const std::vector<std::string>& untrue() const noexcept { return untrue_; }

  std::vector<std::unique_ptr<device>>& devices() noexcept { return devices_; }
  std::uint64_t acked() const noexcept { return acked_; }
  std::uint64_t resent() const noexcept { return resent_; }

 private:
  struct place {
    std::string id;
    std::size_t owner = 0;
    std::vector<std::size_t> senders;
    std::set<std::size_t> founders;
    bool group = false;
    std::size_t guest = 0;
    bool guest_wanted = false, members_busy = false;
  };
  struct own_message {
    place* at = nullptr;
    std::int64_t seq = 0;
  };
  struct actor {
    std::size_t person = 0;
    device* with = nullptr;
    std::vector<place*> places;
    std::deque<own_message> own;
    std::size_t in_flight = 0;
    milliseconds next{0};
  };

  // workload.cpp
  std::string register_people();
  std::string make_places();
  std::string add_place(const char* kind, std::size_t owner,
                        const std::vector<std::size_t>& others);
  std::string open_devices();
  void add_device(std::size_t person, int number);
  void on_tick();
  void issue(actor& a);
  void send(actor& a);
  void transmit(actor& a, std::size_t send);
  void change_own(actor& a, bool recall);
  void react(actor& a);
  void mark(actor& a, bool read);
  void change_members(actor& a);
  void once(actor& a, std::string_view method, std::string params,
            std::function<void(crash::outcome)> end);
  void register_one();
  void create_one();
  void block_one();
  void ask_block(std::size_t whom);
  void probe_now(std::size_t whom);
  static rpc::message_ptr registration(const person& p);

  // at_rest.cpp
  /// Asks until there is an answer that is not "try again", or time is over.
  http_answer ask(std::string_view method, rpc::message_ptr request, const rpc::caller& caller);
  std::string read_items(crash::conversation_record& c, const person& as);
  std::string read_members(crash::conversation_record& c, const person& as);
  std::string read_state(crash::conversation_record& c, const person& as);
  std::string read_accounts();
  std::string repeat_sends();
  std::string probe_blocks();
  const place& pair_with_first(std::size_t person) const;
  const person* with_id(const std::string& id) const;

  cluster& cluster_;
  workload_options options_;
  crash::history& record_;
  std::deque<person> people_;  ///< founders, then guests
  std::deque<person> late_;    ///< registered during the load
  std::vector<creation> created_;
  std::vector<std::unique_ptr<place>> places_;
  std::map<std::string, place*> place_of_;
  std::vector<std::unique_ptr<device>> devices_;
  std::deque<actor> actors_;
  std::set<std::string> busy_;  ///< messages with an edit or recall that is not answered
  std::vector<std::string> untrue_;
  std::vector<bool> blocked_;  ///< by index of people_, as last asked for by the first person
  std::size_t in_flight_ = 0, block_turn_ = 0, blocks_repeated_ = 0;
  bool block_busy_ = false, register_busy_ = false, issuing_ = false, blocks_end_ = false;
  milliseconds next_side_{0}, next_repeat_{0};
  std::uint64_t acked_ = 0, resent_ = 0, made_ = 0;
};

}  // namespace nova::simulation
