#include "tests/feed/feed_sources.hpp"

#include <google/protobuf/any.pb.h>

#include <charconv>
#include <map>
#include <memory>
#include <stdexcept>

namespace nova::test {
namespace {

using google::protobuf::Any;

/// Numbers above all declared domains; one method a stand-in.
constexpr std::uint32_t first_number = 990'000;

const rpc::event_type& type_of(const Any& a) {
  std::uint32_t number = 0;
  std::from_chars(a.type_url().data(), a.type_url().data() + a.type_url().size(), number);
  const auto* type = rpc::find_event(number);
  if (type == nullptr) throw std::invalid_argument("no such event");
  return *type;
}

std::shared_ptr<rpc::message> event_of(const Any& a) {
  auto e = type_of(a).type->make();
  if (!e->ParseFromString(a.value())) throw std::invalid_argument("the event is broken");
  return e;
}

std::string key_of(const rpc::message& m) {
  const auto& a = static_cast<const Any&>(m);
  return type_of(a).key_of(*event_of(a));
}

struct publishing {
  struct state {};
  static runtime::loading<state> load(std::string_view, const runtime::reads&) { return state{}; }
  static std::size_t weight(const state&) { return 1; }
  static runtime::outcome<state> run(const state&, const Any& a, const runtime::context&,
                                     const runtime::reads&) {
    runtime::decision<state> d;
    d.reply = runtime::share(Any());
    d.events.push_back({&type_of(a), event_of(a)});
    return d;
  }
};

const rpc::method& method_of(const std::string& domain) {
  static std::map<std::string, std::unique_ptr<const rpc::method>> known;
  auto& m = known[domain];
  if (!m) {
    static std::map<std::string, std::string> names;
    const std::string_view name = names.emplace(domain, domain).first->second;
    rpc::method made{};
    made.number = first_number + static_cast<std::uint32_t>(known.size());
    made.name = made.domain = name;
    made.entity = "source";
    made.key = rpc::key_source::field;
    made.key_of = key_of;
    made.caller = rpc::caller_kind::node;
    made.deadline_ms = 5'000;
    m = std::make_unique<const rpc::method>(made);
  }
  return *m;
}

}  // namespace

domain_part event_source(const std::string& name) {
  const auto& method = method_of(name);
  return {name,
          {},
          [&method] {
            runtime::domain d;
            d.name = method.domain;
            runtime::methods<publishing> source("source");
            source.on<Any>({method.number, {}, {}, nullptr, nullptr}, &publishing::run);
            auto kind = source.take();
            kind.calls.swap(kind.events);
            d.kinds.push_back(std::move(kind));
            return d;
          },
          {}};
}

std::future<rpc::reply_result> begin_publish(domain_node& node, const rpc::event_type& type,
                                             const google::protobuf::Message& e) {
  auto a = std::make_shared<Any>();
  a->set_type_url(std::to_string(type.number));
  a->set_value(e.SerializeAsString());
  return node.send(method_of(std::string(type.domain)), a);
}

void publish(domain_node& node, const rpc::event_type& type, const google::protobuf::Message& e) {
  const auto r = begin_publish(node, type, e).get();
  if (r.has_error()) throw std::runtime_error(r.error().detail);
}

}  // namespace nova::test
