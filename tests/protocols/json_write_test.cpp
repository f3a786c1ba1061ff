// Writing JSON, and pushes in both encodings.
#include "tests/protocols/json_fixture.hpp"

#include <boost/json/parse.hpp>

#include <limits>

using namespace nova;
using namespace nova::sample;

TEST_CASE("plain and repeated fields are always written, those with presence only when set") {
  CHECK(
      written(Everything()) ==
      R"({"text":"","note":null,"small":0,"big":0,"natural":0,"large":0,"flag":false,"ratio":0,"rough":0,)"
      R"("blob":"","at":"1970-01-01T00:00:00.000Z","names":[],"numbers":[],"children":[],"counts":{},"inners":{},)"
      R"("nullable":null,"made":"","blobs":[],"times":[],"delete":""})");
  CHECK(written(Nothing()) == "{}");
}

TEST_CASE("a message whose first fields are absent begins without a comma") {
  Limits m;
  m.clear_id();
  const auto text = written(m);
  CHECK(text.starts_with(R"({"id":"")"));
  CHECK_NOTHROW(boost::json::parse(text));
}

TEST_CASE("64-bit numbers are JSON numbers, to the last digit") {
  Everything m;
  m.set_big(std::numeric_limits<std::int64_t>::min());
  m.set_large(std::numeric_limits<std::uint64_t>::max());
  m.add_numbers(9'007'199'254'740'993);
  const auto value = boost::json::parse(written(m));
  CHECK(value.at("big").as_int64() == std::numeric_limits<std::int64_t>::min());
  CHECK(value.at("large").as_uint64() == std::numeric_limits<std::uint64_t>::max());
  CHECK(value.at("numbers").at(0).as_int64() == 9'007'199'254'740'993);
}

TEST_CASE("control characters, quotes and backslashes are escaped, other UTF-8 passes through") {
  Everything m;
  m.set_text("a\"b\\c\n\r\t\b\f\x01\x1f\x7f/é漢😀");
  const auto text = written(m);
  CHECK(text.find(R"("text":"a\"b\\c\n\r\t\b\f\u0001\u001f)"
                  "\x7f/é漢😀\"") != std::string::npos);
  CHECK(boost::json::parse(text).at("text").as_string() == boost::json::string_view(m.text()));
}

TEST_CASE("what has no JSON number is null") {
  Everything m;
  m.set_ratio(std::numeric_limits<double>::infinity());
  CHECK(boost::json::parse(written(m)).at("ratio").is_null());
}

TEST_CASE("hidden fields are never written") {
  Everything m;
  m.set_secret("do not tell");
  m.set_existing(true);
  const auto text = written(m);
  CHECK(text.find("do not tell") == std::string::npos);
  CHECK(text.find("existing") == std::string::npos);
}

TEST_CASE("every type survives the way through JSON") {
  Everything m;
  m.set_text("t");
  m.set_note("");
  m.set_small(-7);
  m.set_big(-1'234'567'890'123);
  m.set_natural(4'294'967'295);
  m.set_large(18'446'744'073'709'551'615u);
  m.set_flag(true);
  m.set_ratio(0.1);
  m.set_rough(0.5f);
  m.set_blob(std::string("\x00\xff\x10", 3));
  m.set_at(1'795'401'733'123);
  m.add_names("a");
  m.add_names("");
  m.add_numbers(3);
  m.add_children()->set_text("child");
  (*m.mutable_counts())["k.1"] = 5;
  (*m.mutable_inners())["x"].set_name("n");
  m.mutable_inner()->set_name("i");
  m.mutable_nullable()->set_name("j");
  m.set_right(0);
  m.set_maybe(false);
  m.add_blobs("b");
  m.add_times(-1);
  m.set_delete_("d");
  Everything back;
  CHECK(read_into(back, written(m)) == lines{});
  CHECK(back.SerializeAsString() == m.SerializeAsString());
  CHECK(back.has_note());
  CHECK(back.has_right());
  CHECK(back.has_maybe());
}

TEST_CASE("a push is written once per encoding, as a JSON-RPC notification and as a frame") {
  Everything m;
  m.set_text("hello");
  const auto push = make_push(m);
  CHECK(&push->type() == &everything_push());
  CHECK(push->json() ==
        R"({"jsonrpc":"2.0","method":"sample.everything","params":)" + written(m) + "}");
  CHECK(push->json().data() == push->json().data());
  CHECK(push->binary().data() == push->binary().data());
}
