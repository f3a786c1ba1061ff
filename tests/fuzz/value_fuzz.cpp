// The small languages: ids, times, base64url, escapes of JSON, numbers, names. Whatever parses prints, and parses again to
// the same.
#include "protocols/core/ids.hpp"
#include "protocols/core/json.hpp"
#include "protocols/core/jwt.hpp"
#include "protocols/core/text.hpp"
#include "tests/fuzz/claim.hpp"
#include "tests/fuzz/json_grammar.hpp"

#include <boost/json.hpp>

#include <cstring>

namespace {

using namespace nova;
using fuzz::claim;

void claim_ids(std::string_view text) {
  if (auto id = parse_uuid(text)) {
    auto printed = to_string(*id);
    claim(ascii_lower(text) == printed, "an id prints as it was given, in lower case", printed);
  }
  if (text.size() == 16) {
    uuid id;
    std::memcpy(id.data, text.data(), 16);
    claim(parse_uuid(to_string(id)) == id, "every id prints and parses");
  }
}

void claim_times(std::string_view text) {
  if (auto t = parse_rfc3339(text)) {
    auto again = parse_rfc3339(format_rfc3339(*t));
    // A zone may reach a day beyond year 0 or 9999, where printing stops.
    bool prints = *t >= -62'167'219'200'000 && *t <= 253'402'300'799'999;
    claim(again.has_value() && (!prints || *again == *t), "a time prints and parses", text);
  }
  if (text.size() == 8) {
    std::int64_t t = 0;
    std::memcpy(&t, text.data(), 8);
    claim(parse_rfc3339(format_rfc3339(t)).has_value(), "every number prints as a time");
  }
}

void claim_base64(std::string_view text) {
  auto encoded =
      base64url_encode({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  auto back = base64url_decode(encoded);
  claim(back && std::string_view(reinterpret_cast<const char*>(back->data()), back->size()) == text,
        "base64url");
  if (auto bytes = base64url_decode(text))
    claim(base64url_encode(*bytes) == text, "only one spelling in base64url", text);
}

void claim_json_values(std::string_view text) {
  std::string quoted;
  rpc::json::put(quoted, text);
  if (fuzz::json_grammar(quoted).accepts(1))
    claim(boost::json::parse({quoted.data(), quoted.size()}).as_string() ==
              boost::json::string_view(text.data(), text.size()),
          "a text survives its quotes", quoted);
  rpc::json::errors errors;
  double number = 0;
  if (rpc::json::read_text(text, number, {}, errors)) {
    std::string printed;
    rpc::json::put(printed, number);
    double again = 0;
    claim(rpc::json::read_text(printed, again, {}, errors) && again == number,
          "a number prints and parses", printed);
  }
  std::int64_t whole = 0;
  if (rpc::json::read_text(text, whole, {}, errors)) {
    std::string printed;
    rpc::json::put(printed, whole);
    auto value = boost::json::parse({printed.data(), printed.size()});
    std::int64_t again = 0;
    claim(rpc::json::read(value, again, {}, errors) && again == whole,
          "a whole number prints and parses", printed);
  }
}

void claim_names(std::string_view text) {
  claim(count_code_points(text) <= text.size(), "a code point is at least a byte");
  auto name = check_display_name(text);
  claim(name.text.empty() || name.problem.empty(), "a name or a problem");
  if (!name.text.empty())
    claim(check_display_name(name.text).text == name.text, "a kept name is kept as it is",
          name.text);
  if (auto emoji = canonical_emoji(text))
    claim(canonical_emoji(*emoji) == emoji, "one spelling of an emoji", text);
  for (const auto& handle : mentioned_handles(text))
    claim(ascii_lower(text).find('@' + handle) != text.npos, "a mention is in the text", text);
  claim(ascii_lower(ascii_lower(text)) == ascii_lower(text), "lower case is lower case");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  claim_ids(text);
  claim_times(text);
  claim_base64(text);
  claim_json_values(text);
  claim_names(text);
  return 0;
}
