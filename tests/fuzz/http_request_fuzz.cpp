// From an HTTP request line and body to the method's message: routes, escapes, query, JSON and protobuf bodies. Input: verb,
// target, `j` or `p`, each ended by a line feed, then the body.
#include "gateway/codec/requests.hpp"
#include "gateway/codec/route_table.hpp"
#include "tests/fuzz/rpc_claims.hpp"

#include <google/protobuf/stubs/logging.h>

namespace {

using namespace nova;
using fuzz::claim;

std::string_view take_line(std::string_view& text) {
  auto end = text.find('\n');
  auto line = text.substr(0, end);
  text = end == text.npos ? std::string_view{} : text.substr(end + 1);
  return line;
}

std::string percent_encode(std::string_view text) {
  constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (unsigned char c : text)
    if (std::isalnum(c) || c == '-' || c == '_') out += static_cast<char>(c);
    else (out += '%') += {hex[c >> 4], hex[c & 15]};
  return out;
}

void claim_escapes(std::string_view text) {
  for (bool plus : {false, true})
    if (auto plain = gateway::percent_decode(text, plus)) {
      claim(plain->size() <= text.size(), "decoding never grows");
      claim(gateway::percent_decode(percent_encode(*plain), plus) == plain,
            "encoded again it is the same");
    }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const gateway::route_table routes(rpc::all_methods());
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto verb = take_line(text), target = take_line(text), format = take_line(text);
  auto mark = target.find('?');
  auto path = target.substr(0, mark);
  auto query = mark == target.npos ? std::string_view{} : target.substr(mark + 1);
  claim_escapes(path);
  claim_escapes(query);

  auto match = routes.find(verb, path);
  if (!match) {
    claim(match.error().code == errc::invalid_request, "only an escape can be wrong");
    return 0;
  }
  if (!match->method) return 0;
  claim(match->method->caller != rpc::caller_kind::node, "what only nodes may call has no route");
  claim(match->allow.find(gateway::verb_name(match->route->method)) != match->allow.npos,
        "Allow has the verb");
  auto body_format = format == "p" ? gateway::body_format::protobuf : gateway::body_format::json;
  auto request = gateway::read_http_request(
      {*match->method, *match->route, match->path, query, text, body_format, 16});
  if (!request) {
    const auto code = request.error().code;
    claim(code == errc::invalid_request || (code == errc::not_found && !match->path.empty()),
          "a request that does not fit is 400, or 404 when its path names nothing");
    return 0;
  }
  std::vector<field_error> errors;
  match->method->request->validate(**request, errors);
  claim(errors.empty(), "a request within its limits");
  fuzz::claim_json_round_trip(*match->method->request, **request);
  for (const auto& [name, value] : match->path) {
    auto other = match->method->request->make();
    other->CopyFrom(**request);
    claim(match->method->request->set_from_text(*other, name, value, errors),
          "a path parameter is a field");
    claim(google::protobuf::util::MessageDifferencer::Equals(*other, **request), "the path wins");
  }
  return 0;
}
