// Two small domains on stores in memory under the deterministic driver: "alpha" has counters,
// "beta" mirrors what alpha's events say. Used by all tests of the runtime that need a node.
#pragma once

#include "actors/runtime/node/testing.hpp"
#include "protocols/core/log.hpp"
#include "storage/memory/memory_database.hpp"

#include <google/protobuf/wrappers.pb.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nova::runtime::test {

using text = google::protobuf::StringValue;

/// alpha's methods; each request is a StringValue "key:argument".
enum verb : std::uint32_t {
  add = 9001,  ///< command: adds the number, replies the sum after the commit
  get,         ///< query: replies the sum
  blow_up,     ///< throws
  hash,        ///< needs a job, then adds its result
  rest,        ///< command: pauses argument ms, then replies "rested"
  peek,        ///< query: reads the store, then replies "state/stored"
  emit,  ///< adds 1, emits the event `changed` with "key:argument" and pushes it to the caller's account
  emit_settled,  ///< as emit, but the answer waits for beta
  take_name,     ///< inserts the argument into a unique table; attempt > 0 replies "taken"
  ask_other,     ///< asks `add` of the counter named by the argument, replies its answer
  create,        ///< @new, takes an Idempotency-Key; replies its key
  tell,          ///< pushes the argument to the caller's account
  watch,         ///< watches the account named by the argument
  remind,  ///< sets a reminder in argument ms, which adds 100; "500/200": and again every 200 ms; "never": cancels it
  reject,  ///< a statement that the database refuses
  bad_apply,   ///< commits, but its apply throws
  leave,       ///< adds and asks for passivation
  forbid,      ///< refuses, but counts the refusal
  emit_alarm,  ///< as emit, with the safety event `alarmed`
  mirror_get,  ///< of beta: what its mirror holds in memory
};

const rpc::method& method(verb v);
const rpc::event_type& changed();
const rpc::event_type& alarmed();
const rpc::push_type& note();

struct delivered {
  std::vector<rpc::connection_id> to;
  std::string what;
};
struct closed {
  rpc::connection_id connection;
  rpc::close_code code;
};

class recording_sink final : public rpc::push_sink {
 public:
  void deliver(std::shared_ptr<const std::vector<rpc::connection_id>> to, rpc::push_ptr p) override;
  void close(rpc::connection_id connection, rpc::close_code code, std::string reason) override;
  void revoke_session(const uuid&, unix_ms) override {}
  std::vector<delivered> pushes;
  std::vector<closed> closes;
  int throws = 0;  ///< so many deliveries throw
};

/// One answer, filled in when it comes.
struct pending_reply {
  std::optional<rpc::reply_result> got;
  int times = 0;
  bool ok() const { return got && got->has_value(); }
  std::string text_of() const;  ///< the reply's, "" while there is none
  errc code() const;            ///< of an error; fails the test when there is none
};
using reply_ptr = std::shared_ptr<pending_reply>;

struct world_options {
  std::uint64_t seed = 1;
  config::runtime_settings settings = {};
  std::uint32_t shards = 4;
  std::uint32_t lanes = 1;
  bool apart = false;  ///< see storage::database::apart: each lane has a part of each domain
  bool beta = true;
  bool read_model = false;  ///< beta keeps a read model instead of mirrors
  bool found = false;       ///< … and names what to refresh by the table "pair" of its store
  std::function<void(domain& alpha)> change_alpha = {};
  std::function<void(domain& beta)> change_beta = {};
  std::string node = "node-a";
  storage::memory_store* alpha_store = nullptr;  ///< shared by two worlds: two nodes
  storage::memory_store* beta_store = nullptr;   ///< shared in the same way
  std::function<bool(std::uint32_t)> knows_event = {};
  std::optional<cluster_options> cluster = {};
};

/// How beta's intake behaves: keys that it refuses, and what it did, in order.
struct beta_script {
  std::map<std::string, int> fail;  ///< by text: how often its handler throws (-1: always)
  std::map<std::string, int> fail_route;
  std::string no_effect;   ///< the event of this value concerns nothing in beta
  std::string fall_route;  ///< the reader's actor falls over this event, once
  std::vector<std::string> applied;
  bool route_reads = false;
};

class world {
 public:
  explicit world(world_options o = {});
  ~world();

  runtime::node& node() { return sim.node(); }
  void start();  ///< and waits until it serves
  reply_ptr call(verb v, const std::string& request, rpc::call c = {});
  /// Calls and runs until it is answered.
  reply_ptr ask(verb v, const std::string& request, rpc::call c = {});
  reply_ptr await(reply_ptr r, std::chrono::milliseconds limit = std::chrono::seconds(20));
  std::int64_t stored(const std::string& key);
  /// Of a family with one label; 0 when absent.
  std::uint64_t metric(nova::metric family, std::string_view label);
  std::size_t dead_letters(const std::string& status);

  recording_sink sink;
  std::vector<std::string> log;  ///< records of this thread
  std::uint64_t handler_calls = 0;
  std::uint64_t loads = 0;
  int fall = 0;  ///< when it reaches 0 by weighing states, a shard's actor falls
  std::shared_ptr<beta_script> script = std::make_shared<beta_script>();
  storage::memory_store own_alpha, own_beta;
  storage::memory_store& alpha_store;
  storage::memory_store& beta_store;
  simulation sim;
  std::shared_ptr<storage::memory_database> alpha, beta;

 private:
  log::capture capture_{[this](log::level, std::string_view line) { log.emplace_back(line); }};
  std::shared_ptr<storage::memory_database> open(storage::memory_store& store,
                                                 const std::string& domain);
  domain make_alpha(std::uint32_t shards);
  domain make_beta(std::uint32_t shards);

  world_options options_;
  std::deque<std::function<void()>> actions_;
};

/// A caller with an account made of one byte.
rpc::call from(std::uint8_t account, rpc::connection_id connection = 0);
uuid account_id(std::uint8_t account);

}  // namespace nova::runtime::test
