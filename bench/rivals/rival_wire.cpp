// See rival_wire.hpp.
#include "bench/rivals/rival_wire.hpp"

#include <sodium.h>

#include <algorithm>
#include <charconv>

namespace nova::bench {

std::string numbered_text(std::uint64_t number, std::size_t text_bytes) {
  auto text = std::to_string(number) + ' ';
  text.append(text_bytes - std::min(text_bytes, text.size()), 'x');
  return text;
}

std::string basic(std::string_view text) {
  std::string out(sodium_base64_encoded_len(text.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(text.data()),
                    text.size(), sodium_base64_VARIANT_ORIGINAL);
  out.pop_back();
  return out;
}

void rival_wire::received(std::string_view text, std::int64_t seq, std::size_t bytes) const {
  std::uint64_t number = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (wrong == std::errc{} && events_.chat.received) events_.chat.received(number, seq, bytes);
}

}  // namespace nova::bench
