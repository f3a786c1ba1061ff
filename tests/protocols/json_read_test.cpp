// Reading JSON and parameters: what is accepted and what each misfit is called.
#include "tests/protocols/json_fixture.hpp"

#include <boost/json/array.hpp>
#include <boost/json/error.hpp>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>

using namespace nova;
using namespace nova::sample;

TEST_CASE("unknown names are ignored and null means absent") {
  Everything m;
  CHECK(
      read_into(
          m,
          R"({"unknown":{"x":[1]},"text":null,"note":null,"names":null,"inner":null,"counts":null})") ==
      lines{});
  CHECK(m.ByteSizeLong() == 0);
  CHECK(!m.has_note());
}

TEST_CASE("hidden and read-only fields are not read, whatever their value") {
  Everything m;
  CHECK(read_into(m, R"({"secret":"s","existing":7,"made":["x"]})") == lines{});
  CHECK(m.ByteSizeLong() == 0);
}

TEST_CASE("of a name that stands twice the last value counts") {
  Everything m;
  CHECK(read_into(m, R"({"text":"first","text":"last"})") == lines{});
  CHECK(m.text() == "last");
}

TEST_CASE("a repeated field or map that is read replaces what was there") {
  Everything m;
  m.add_numbers(1);
  (*m.mutable_counts())["old"] = 1;
  CHECK(read_into(m, R"({"numbers":[2,3],"counts":{"new":2}})") == lines{});
  CHECK(m.numbers_size() == 2);
  CHECK(!m.counts().contains("old"));
}

TEST_CASE("null empties a field that says so, and the empty value does the same") {
  const auto id = "0190a000-0000-7000-8000-000000000001";
  Emptied absent, nulls, empty, filled;
  CHECK(read_into(absent, "{}") == lines{});
  CHECK(read_into(nulls, R"({"note":null,"links":null})") == lines{});
  CHECK(read_into(empty, R"({"note":"","links":[]})") == lines{});
  CHECK(read_into(filled, std::string(R"({"note":")") + id + R"(","links":[{"name":"a"}]})") ==
        lines{});
  CHECK_FALSE(absent.has_note());
  CHECK_FALSE(absent.no_links());
  for (const auto* m : {&nulls, &empty}) {
    CHECK(m->has_note());
    CHECK(m->note() == "");
    CHECK(m->no_links());
    CHECK(broken_limits(*m) == lines{});
  }
  CHECK(filled.note() == id);
  CHECK_FALSE(filled.no_links());
  filled.set_note("x");
  CHECK(broken_limits(filled) == lines{"note: Must be a UUID."});
}

TEST_CASE("a field is left out where the flag beside it is set") {
  Reserved m;
  CHECK(written(m) == R"({"open":null})");
  m.set_open("x");
  CHECK(written(m) == R"({"open":"x"})");
  m.set_closed(true);
  CHECK(written(m) == "{}");
}

TEST_CASE("R2: an empty map is told from an absent one where the field asks for it") {
  Positions absent, empty, filled;
  CHECK(read_into(absent, "{}") == lines{});
  CHECK(read_into(empty, R"({"seen":{}})") == lines{});
  CHECK(read_into(filled, R"({"seen":{"a":1}})") == lines{});
  CHECK_FALSE(absent.nothing_seen());
  CHECK(empty.nothing_seen());
  CHECK_FALSE(filled.nothing_seen());
  CHECK(written(absent) == "{}");
  CHECK(written(empty) == R"({"seen":{}})");
  CHECK(written(filled) == R"({"seen":{"a":1}})");
}

TEST_CASE(
    "numbers may be spelled with a fraction of zero or an exponent, as long as they are whole and "
    "exact") {
  Everything m;
  CHECK(read_into(m, R"({"big":1.0,"small":1e2,"large":9007199254740992.0,"natural":-0.0})") ==
        lines{});
  CHECK(m.big() == 1);
  CHECK(m.small() == 100);
  CHECK(m.large() == 9'007'199'254'740'992);
  CHECK(read_into(m, R"({"big":9223372036854775807})") == lines{});
  CHECK(m.big() == 9'223'372'036'854'775'807);
}

TEST_CASE("what is no whole number is refused for one") {
  for (const char* value : {"1.5", "\"1\"", "true", "[]", "{}", "1e-1"})
    CHECK_MESSAGE(read_errors(std::string(R"({"big":)") + value + "}") ==
                      lines{"big: Must be a whole number."},
                  value);
}

TEST_CASE("numbers outside the field's range are refused") {
  const std::vector<std::string> bodies = {R"({"big":9223372036854775808})",
                                           R"({"big":1e19})",
                                           R"({"big":1e300})",
                                           R"({"big":9007199254740994.0})",
                                           R"({"small":2147483648})",
                                           R"({"small":-2147483649})",
                                           R"({"small":3e9})",
                                           R"({"natural":-1})",
                                           R"({"natural":4294967296})",
                                           R"({"large":-1})",
                                           R"({"large":18446744073709551616})"};
  for (const auto& body : bodies) {
    const auto name = body.substr(2, body.find('"', 2) - 2);
    CHECK_MESSAGE(read_errors(body) == lines{name + ": The number is out of range."}, body);
  }
}

TEST_CASE("each type refuses the others") {
  CHECK(read_errors(R"({"text":1})") == lines{"text: Must be a string."});
  CHECK(read_errors(R"({"flag":1})") == lines{"flag: Must be true or false."});
  CHECK(read_errors(R"({"flag":"true"})") == lines{"flag: Must be true or false."});
  CHECK(read_errors(R"({"ratio":"1"})") == lines{"ratio: Must be a number."});
  CHECK(read_errors(R"({"rough":1e39})") == lines{"rough: The number is out of range."});
  CHECK(read_errors(R"({"names":"a"})") == lines{"names: Must be an array."});
  CHECK(read_errors(R"({"inner":[]})") == lines{"inner: Must be an object."});
  CHECK(read_errors(R"({"counts":[]})") == lines{"counts: Must be an object."});
  CHECK(read_errors("[]") == lines{": Must be an object."});
}

TEST_CASE("times must be RFC 3339, bytes base64") {
  CHECK(read_errors(R"({"at":1795401733123})") == lines{"at: Must be a time as in RFC 3339."});
  CHECK(read_errors(R"({"at":"2026-11-23"})") == lines{"at: Must be a time as in RFC 3339."});
  CHECK(read_errors(R"({"blob":"****"})") == lines{"blob: Must be a string in base64."});
  CHECK(read_errors(R"({"blob":"aézb"})") == lines{"blob: Must be a string in base64."});
  CHECK(read_errors(R"({"blob":7})") == lines{"blob: Must be a string in base64."});
  Everything m;
  CHECK(read_into(m, R"({"blob":"AP8Q","at":"2026-11-23T03:42:13.123+01:00"})") == lines{});
  CHECK(m.blob() == std::string("\x00\xff\x10", 3));
  CHECK(m.at() == 1'795'401'733'123);
}

TEST_CASE("an error names its field with dots") {
  CHECK(read_errors(
            R"({"children":[{},{"numbers":[1,"2"]}],"counts":{"a":null},"inners":{"b":7}})") ==
        lines{"children.1.numbers.1: Must be a whole number.", "counts.a: Must be a whole number.",
              "inners.b: Must be an object."});
}

TEST_CASE("null is no element of an array") {
  CHECK(read_errors(R"({"names":[null]})") == lines{"names.0: Must be a string."});
}

TEST_CASE("text must not contain NUL, wherever it stands") {
  const std::string fault = ": Must not contain the character U+0000.";
  CHECK(read_errors(R"({"text":"a\u0000b"})") == lines{"text" + fault});
  CHECK(read_errors(R"({"names":["ok","\u0000"]})") == lines{"names.1" + fault});
  CHECK(read_errors(R"({"children":[{"note":"\u0000"}]})") == lines{"children.0.note" + fault});
  CHECK(read_errors("{\"counts\":{\"a\\u0000\":1}}").size() == 1);
}

TEST_CASE("a lone surrogate does not get through the parser") {
  for (const char* text : {R"({"text":"\ud800"})", R"({"text":"\udc00"})", R"({"text":"\ud800x"})",
                           R"({"text":"\ud800\ud800"})", R"({"text":"\udc00\ud800"})"}) {
    boost::system::error_code failure;
    rpc::json::parse(text, 32, failure);
    CHECK_MESSAGE(failure, text);
  }
  Everything m;
  CHECK(read_into(m, R"({"text":"\ud83d\ude00"})") == lines{});
  CHECK(m.text() == "😀");
}

TEST_CASE("a number becomes the nearest double, however it is written") {
  auto number = [](const std::string& text) {
    boost::system::error_code failure;
    const auto inside = rpc::json::parse("[" + text + "]", 32, failure),
               alone = rpc::json::parse(text, 32, failure);
    REQUIRE_MESSAGE(!failure, text);
    REQUIRE(inside.at(0).as_double() == alone.as_double());
    return alone.as_double();
  };
  for (const char* text : {"53e125", "112E25", "5.3e126", "-0.1", "1.7976931348623157e308",
                           "5e-324", "0.30000000000000004"})
    CHECK_MESSAGE(number(text) == std::strtod(text, nullptr), text);
  CHECK(std::signbit(number("-0.0")));
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    char text[64];
    std::snprintf(text, sizeof text, "%.17e", value);
    REQUIRE_MESSAGE(number(text) == value, text);
  }
  CHECK(read_errors(R"({"ratio":1e999})") == lines{"ratio: Must be a number."});
}

TEST_CASE("a text is one value, whole, and not nested too deep") {
  const auto refused = [](std::string_view text, std::size_t depth) {
    boost::system::error_code failure;
    rpc::json::parse(text, depth, failure);
    return failure;
  };
  using boost::json::error;
  CHECK(refused("{} {}", 9) == error::extra_data);
  CHECK(refused("{}x", 9) == error::extra_data);
  CHECK(refused("", 9) == error::incomplete);
  CHECK(refused("[1,", 9) == error::incomplete);
  CHECK(refused("[1,]", 9) == error::syntax);
  CHECK(refused("[[[]]]", 2) == error::too_deep);
  CHECK(!refused(" [[[]]] ", 3));
}

TEST_CASE("text that is not UTF-8 is a field error, should the parser have let it through") {
  for (const char* text :
       {"\xff", "a\x80", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    Everything m;
    m.set_text(text);
    CHECK(broken_limits(m) == lines{"text: Must be valid UTF-8."});
    boost::json::object in{{"text", text}};
    std::vector<field_error> errors;
    rpc::message_type_of<Everything>().read_json(in, m, errors);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].field == "text");
  }
}

TEST_CASE("path and query parameters are read strictly") {
  const auto& type = rpc::message_type_of<Everything>();
  Everything m;
  std::vector<field_error> errors;
  const auto set = [&](const char* field, const char* text) {
    return type.set_from_text(m, field, text, errors);
  };
  CHECK(set("text", "a b"));
  CHECK(set("note", ""));
  CHECK(set("big", "-9223372036854775808"));
  CHECK(set("natural", "7"));
  CHECK(set("flag", "true"));
  CHECK(set("at", "2026-11-23T02:42:13.123Z"));
  CHECK(set("names", "one"));
  CHECK(set("names", "two"));
  CHECK(set("ratio", "2.5"));
  CHECK(errors.empty());
  CHECK(m.text() == "a b");
  CHECK(m.has_note());
  CHECK(m.big() == INT64_MIN);
  CHECK(m.at() == 1'795'401'733'123);
  CHECK(m.names_size() == 2);
  CHECK(m.ratio() == 2.5);
}

TEST_CASE("a parameter of the wrong form is a field error and does not touch the message") {
  const auto& type = rpc::message_type_of<Everything>();
  const std::vector<std::pair<const char*, const char*>> bad = {
      {"big", ""},       {"big", "+1"},    {"big", " 1"},    {"big", "1 "},
      {"big", "1.0"},    {"big", "1e2"},   {"big", "0x1"},   {"big", "9223372036854775808"},
      {"natural", "-1"}, {"flag", "1"},    {"flag", "TRUE"}, {"flag", ""},
      {"ratio", "nan"},  {"ratio", "inf"}, {"at", "today"},  {"right", "x"}};
  for (const auto& row : bad) {
    Everything m;
    std::vector<field_error> errors;
    CHECK(type.set_from_text(m, row.first, row.second, errors));
    REQUIRE_MESSAGE(errors.size() == 1, (std::string(row.first) + "=" + row.second));
    CHECK(errors[0].field == row.first);
    CHECK(m.ByteSizeLong() == 0);
  }
}

TEST_CASE("there is no parameter for messages, bytes, hidden, read-only or unknown fields") {
  const auto& type = rpc::message_type_of<Everything>();
  Everything m;
  std::vector<field_error> errors;
  for (const char* field : {"inner", "blob", "secret", "made", "nothing", "counts", "children", ""})
    CHECK_MESSAGE(!type.set_from_text(m, field, "x", errors), field);
  CHECK(errors.empty());
}
