// Commands to the domains, from JSON to decision, one after another on the same entities. Each line of the input:
//
//     METHOD CALLER SEED ATTEMPT JSON        messaging.Messaging.Send 1 7 0 {"conversation_id":"$C0","client_id":"a","text":"x"}
//
// In the JSON, $A0–$A9 are the known accounts, $C… conversations, $E… sessions, $R… the caller's refresh tokens by generation.
#include "gateway/codec/requests.hpp"
#include "tests/fuzz/domain_stage.hpp"

#include <google/protobuf/stubs/logging.h>
#include <boost/json.hpp>

#include <algorithm>
#include <charconv>

namespace {

using namespace nova;

fuzz::domain_stage& stage() {
  static fuzz::domain_stage made;
  return made;
}

std::string_view take_word(std::string_view& line) {
  auto end = line.find(' ');
  auto word = line.substr(0, end);
  line = end == line.npos ? std::string_view{} : line.substr(end + 1);
  return word;
}

unsigned number(std::string_view word) {
  unsigned out = 0;
  std::from_chars(word.data(), word.data() + word.size(), out);
  return out;
}

std::string with_names(std::string_view text, unsigned account) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool name = text[i] == '$' && i + 2 < text.size() && text[i + 2] >= '0' && text[i + 2] <= '9';
    unsigned n = name ? static_cast<unsigned>(text[i + 2] - '0') : 0;
    if (name && (text[i + 1] == 'A' || text[i + 1] == 'C' || text[i + 1] == 'E'))
      out += to_string(fuzz::known_id(text[i + 1], n)), i += 2;
    else if (name && text[i + 1] == 'R') out += stage().refresh_token(account, 0, n), i += 2;
    else out += text[i];
  }
  return out;
}

const rpc::method* find_method(std::string_view name) {
  auto methods = rpc::all_methods();
  auto at =
      std::find_if(methods.begin(), methods.end(), [&](const auto* m) { return m->name == name; });
  return at == methods.end() || (*at)->entity.empty() ? nullptr : *at;
}

void carry_out(std::string_view line) {
  const auto* method = find_method(take_word(line));
  if (!method) return;
  auto account = number(take_word(line)) % 4;
  auto seed = number(take_word(line));
  auto attempt = static_cast<int>(number(take_word(line)) % 3);
  auto params = gateway::parse_json(with_names(line, account), 16);
  if (!params) return;
  auto request = gateway::read_json_params(*method, &*params);
  if (request) stage().carry_out(*method, *request, account, seed, attempt);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);
  stage();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  stage().clear();
  for (int lines = 0; lines < 12 && !text.empty(); ++lines) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    carry_out(line);
  }
  return 0;
}
