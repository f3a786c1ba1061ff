// The declared limits of fields, from protobuf and from JSON.
#include "tests/protocols/json_fixture.hpp"

using namespace nova;
using namespace nova::sample;

namespace {

const std::string id = "0190a1b2-c3d4-7e5f-8a9b-abcdef012345";

Limits sound() {
  Limits m;
  m.set_id(id);
  m.set_title("t");
  m.set_count(0);
  m.set_sure(false);
  m.mutable_inner()->set_name("n");
  return m;
}

}  // namespace

TEST_CASE("a message within its limits has no errors, from protobuf and from JSON") {
  CHECK(broken_limits(sound()) == lines{});
  Limits m;
  CHECK(read_into(m, written(sound())) == lines{});
}

TEST_CASE("what is required and absent or empty is told, all of it at once") {
  const lines all = {"id: Is required.", "title: Is required.", "count: Is required.",
                     "sure: Is required.", "inner: Is required."};
  CHECK(read_errors<Limits>("{}") == all);
  CHECK(read_errors<Limits>(R"({"id":"","title":"","count":null})") == all);
  CHECK(broken_limits(Limits()) == all);
}

TEST_CASE("a field of the wrong type is not reported as missing, too") {
  CHECK(
      read_errors<Limits>(R"({"id":7,"title":"t","count":"x","sure":true,"inner":{"name":"n"}})") ==
      lines{"id: Must be a string.", "count: Must be a whole number."});
}

TEST_CASE("max_bytes counts bytes of UTF-8") {
  auto m = sound();
  m.set_name("éééé");
  CHECK(broken_limits(m) == lines{});
  m.set_name("éééée");
  CHECK(broken_limits(m) == lines{"name: Must be at most 8 bytes long."});
  m = sound();
  m.set_data("12345");
  CHECK(broken_limits(m) == lines{"data: Must be at most 4 bytes long."});
}

TEST_CASE("max_items holds for arrays and maps") {
  auto m = sound();
  for (int i = 0; i < 2; ++i) m.add_ids(id);
  (*m.mutable_inners())["a"].set_name("a");
  CHECK(broken_limits(m) == lines{});
  m.add_ids(id);
  (*m.mutable_inners())["b"].set_name("b");
  CHECK(broken_limits(m) ==
        lines{"ids: Must have at most 2 items.", "inners: Must have at most 1 items."});
}

TEST_CASE("a uuid field takes a UUID only, each of a repeated one") {
  auto m = sound();
  m.set_id("me");
  m.add_ids(id);
  m.add_ids("");
  CHECK(broken_limits(m) == lines{"id: Must be a UUID.", "ids.1: Must be a UUID."});
}

TEST_CASE("limits hold inside nested messages and map values") {
  auto m = sound();
  m.mutable_inner()->clear_name();
  (*m.mutable_inners())["k"];
  CHECK(broken_limits(m) == lines{"inner.name: Is required.", "inners.k.name: Is required."});
}

TEST_CASE("a request with ever so many faults is answered with the first of them") {
  std::string body = R"({"names":[0)";
  for (int i = 1; i < 10'000; ++i) body += ",0";
  const auto errors = read_errors(body + "]}");
  CHECK(errors.size() == rpc::json::max_field_errors);
  CHECK(errors.back() == "names.49: Must be a string.");
}

TEST_CASE("A: charset, length in code points, values, e-mail and least number are checked") {
  const auto faults = [](void (*change)(Rules&)) {
    Rules m;
    change(m);
    return broken_limits(m);
  };
  CHECK(broken_limits(Rules()) == lines{});
  CHECK(faults([](Rules& m) { m.set_handle("Ab_9"); }) == lines{});
  for (const char* bad : {"Ab", "abcdef", "a-b", "abé"}) {
    Rules m;
    m.set_handle(bad);
    CHECK(broken_limits(m) == lines{"handle: Must be 3 to 5 of the characters A-Za-z0-9_."});
  }
  CHECK(faults([](Rules& m) { m.set_line("~ !"); }) == lines{});
  CHECK(faults([](Rules& m) { m.set_line("a\tb"); }) ==
        lines{"line: Must be 1 to 4 printable ASCII characters."});
  CHECK(faults([](Rules& m) { m.set_kind("group"); }) == lines{});
  CHECK(faults([](Rules& m) { m.set_kind("grou"); }) ==
        lines{"kind: Must be direct, group or channel."});
  CHECK(faults([](Rules& m) { m.set_email("a@b.c"); }) == lines{});
  CHECK(faults([](Rules& m) { m.set_email("a@b..c"); }) ==
        lines{"email: Must be an e-mail address."});
  CHECK(faults([](Rules& m) { m.set_name("éé"); }) == lines{});
  CHECK(faults([](Rules& m) { m.set_name("ééé"); }) ==
        lines{"name: Must be at most 2 characters long."});
  CHECK(faults([](Rules& m) { m.set_limit(1); }) == lines{});
  CHECK(faults([](Rules& m) { m.set_limit(0); }) == lines{"limit: Must be at least 1."});
  CHECK(faults([](Rules& m) { m.add_kinds("a"), m.add_kinds("c"); }) ==
        lines{"kinds.1: Must be a or b."});
}
