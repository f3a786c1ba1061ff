// What is generated for a service: rows, bindings, events, pushes.
#include "protocols/session/session.pb.h"
#include "tests/protocols/sample.nova.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace nova;
using namespace nova::sample;

namespace {

struct thing_entity {
  static int touch(const Limits&) { return 1; }
  static int delete_(const Numbered&) { return 2; }
};

/// Stands for the runtime's table: remembers what was bound.
struct table {
  std::vector<std::uint32_t> numbers;
  template <class Method>
  void add(int (*handler)(const typename Method::request&)) {
    numbers.push_back(Method::info().number);
    CHECK(handler(typename Method::request()) == static_cast<int>(numbers.size()));
  }
};

}  // namespace

TEST_CASE("the binding of an entity adds each of its methods with the handler of its name") {
  table t;
  bind_thing<thing_entity>(t);
  CHECK(t.numbers == std::vector<std::uint32_t>{99001, 99002});
}

TEST_CASE("a method's row holds what its declaration says") {
  const auto& m = sample_interface::touch::info();
  CHECK(m.name == "sample.Sample.Touch");
  CHECK(m.domain == "sample");
  CHECK(m.rpc == "sample.touch");
  REQUIRE(m.routes.size() == 2);
  CHECK(m.routes[0].method == rpc::verb::post);
  CHECK(m.routes[0].path == "/v1/sample/{id}");
  CHECK(m.routes[0].status == 201);
  CHECK(m.routes[0].status_existing == 200);
  CHECK(m.routes[1].method == rpc::verb::put);
  CHECK(m.routes[1].status == 200);
  CHECK(m.entity == "thing");
  CHECK(m.key == rpc::key_source::field);
  CHECK(m.caller == rpc::caller_kind::anonymous);
  CHECK(m.rate == rpc::rate_class::write);
  CHECK(m.deadline_ms == 5000);
  CHECK(m.idempotency == rpc::idempotency::key);
  CHECK(!m.query);
  CHECK(m.settles_in == "user");
  CHECK(m.summary == "Touches a thing.");
  CHECK(m.request == &rpc::message_type_of<Limits>());
  CHECK(m.reply == &rpc::message_type_of<Everything>());
}

TEST_CASE("key, idempotency scope and `existing` are read from the messages") {
  const auto& m = sample_interface::touch::info();
  Limits request;
  request.set_id("ID");
  request.set_name("me");
  CHECK(m.key_of(request) == "ID");
  CHECK(m.idempotency_scope_of(request) == "me");
  Everything reply;
  CHECK(!m.existing(reply));
  reply.set_existing(true);
  CHECK(m.existing(reply));
  Numbered number;
  number.set_number(-5);
  CHECK(sample_interface::delete_::info().key_of(number) == "-5");
  CHECK(!sample_interface::delete_::info().existing);
  CHECK(!sample_interface::delete_::info().idempotency_scope_of);
}

TEST_CASE("an event's row knows its key") {
  Numbered e;
  e.set_number(12);
  CHECK(numbered_event().number == 99001);
  CHECK(numbered_event().name == "sample.Numbered");
  CHECK(numbered_event().domain == "sample");
  CHECK(numbered_event().key_of(e) == "12");
}

TEST_CASE("a push in binary is a Frame around the message") {
  Everything m;
  m.set_text("hello");
  session::Frame frame;
  REQUIRE(frame.ParseFromString(make_push(m)->binary()));
  CHECK(frame.push().method() == "sample.everything");
  Everything back;
  REQUIRE(back.ParseFromString(frame.push().params()));
  CHECK(back.text() == "hello");
}
