// See ask_domain.hpp.
#include "bench/runtime/ask_domain.hpp"

#include <google/protobuf/wrappers.pb.h>

namespace nova::bench {

namespace {

using key_message = google::protobuf::StringValue;
using sum_message = google::protobuf::Int64Value;

class unwritten_database final : public storage::database, private storage::commit_lane {
 public:
  void read(storage::statement, storage::read_callback done) override {
    done(make_error(errc::unavailable));
  }
  storage::commit_lane& lane(std::uint32_t) override { return *this; }
  void claim_shards(std::uint32_t count,
                    std::function<void(result<std::vector<storage::shard_claim>>)> done) override {
    std::vector<storage::shard_claim> all;
    for (std::uint32_t i = 0; i < count; ++i) all.push_back({i, 1, 0});
    done(std::move(all));
  }
  void reincarnate(std::function<void(result<void>)> done) override { done({}); }
  bool available() const noexcept override { return true; }
  bool readable() const noexcept override { return true; }
  void collect_metrics(metric_samples&) const override {}
  void stop(std::function<void()> done) override { done(); }

 private:
  bool append(storage::commit_unit) override { return false; }
  bool accepting() const noexcept override { return true; }
  std::chrono::steady_clock::time_point lease_until() const noexcept override {
    return std::chrono::steady_clock::time_point::max();
  }
  bool fenced() const noexcept override { return false; }
  const uuid& id() const noexcept override { return id_; }
  uuid id_{};
};

template <class Message>
const rpc::message_type& type_of(std::string_view name) {
  static const rpc::message_type type{
      name,    [] { return std::shared_ptr<rpc::message>(std::make_shared<Message>()); },
      nullptr, nullptr,
      nullptr, nullptr};
  return type;
}

rpc::method make_method(std::uint32_t number, std::string_view name) {
  rpc::method m{};
  m.number = number;
  m.name = name;
  m.domain = "bench";
  m.entity = "counter";
  m.key = rpc::key_source::field;
  m.key_of = [](const rpc::message& request) {
    return static_cast<const key_message&>(request).value();
  };
  m.deadline_ms = 60'000;
  m.request = &type_of<key_message>("key");
  m.reply = &type_of<sum_message>("sum");
  return m;
}

rpc::message_ptr sum(std::int64_t n) {
  sum_message m;
  m.set_value(n);
  return runtime::share(std::move(m));
}

struct counter {
  using state = std::int64_t;
  using outcome = runtime::outcome<state>;

  static runtime::loading<state> load(std::string_view, const runtime::reads&) { return state{0}; }
  static std::size_t weight(const state&) { return sizeof(state); }

  static outcome add(const state& s, const key_message&, const runtime::context&,
                     const runtime::reads&) {
    runtime::decision<state> d;
    d.reply = sum(s + 1);
    d.apply = [](state& x) { ++x; };
    return d;
  }

  static outcome relay(const state&, const key_message& q, const runtime::context&,
                       const runtime::reads& r) {
    if (r.size() < asks_each)
      return runtime::need{{runtime::ask{&add_method(), request_for(q.value() + "-partner")}}};
    const auto& last = r.answer(asks_each - 1);
    if (last.has_error()) return last.error();
    runtime::decision<state> d;
    d.reply = *last;
    return d;
  }
};

struct add_call {
  using request = key_message;
  static const rpc::method& info() { return add_method(); }
};
struct relay_call {
  using request = key_message;
  static const rpc::method& info() { return relay_method(); }
};

}  // namespace

const rpc::method& add_method() {
  static const auto m = make_method(9801, "bench.add");
  return m;
}

const rpc::method& relay_method() {
  static const auto m = make_method(9802, "bench.relay");
  return m;
}

rpc::message_ptr request_for(const std::string& key) {
  key_message m;
  m.set_value(key);
  return runtime::share(std::move(m));
}

std::int64_t sum_of(const rpc::message& reply) {
  return static_cast<const sum_message&>(reply).value();
}

runtime::domain make_ask_domain() {
  runtime::methods<counter> m("counter");
  m.add<add_call>(&counter::add);
  m.add<relay_call>(&counter::relay);
  runtime::domain d;
  d.name = "bench";
  d.kinds.push_back(m.take());
  return d;
}

std::shared_ptr<storage::database> make_unwritten_database() {
  return std::make_shared<unwritten_database>();
}

}  // namespace nova::bench
