#include "gateway/transfer/range_rules.hpp"

#include "gateway/transfer/tus_rules.hpp"
#include "protocols/core/text.hpp"

#include <algorithm>

namespace nova::gateway {

std::variant<whole_content, byte_range, no_such_range> chosen_range(std::string_view range,
                                                                    std::string_view if_range,
                                                                    std::string_view etag,
                                                                    std::int64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (range.size() < unit.size() || !same_ignoring_case(range.substr(0, unit.size()), unit) ||
      range.find(',') != range.npos)
    return whole_content{};
  if (!if_range.empty() && if_range != etag) return whole_content{};
  range = without_blanks(range.substr(unit.size()));
  const auto dash = range.find('-');
  if (dash == range.npos) return whole_content{};
  const auto first = range.substr(0, dash), last = range.substr(dash + 1);
  if (first.empty()) {
    const auto tail = read_bytes(last);
    if (!tail) return whole_content{};
    if (*tail == 0 || size == 0) return no_such_range{};
    const auto length = std::min(*tail, size);
    return byte_range{size - length, length};
  }
  const auto from = read_bytes(first);
  const auto to = last.empty() ? std::optional<std::int64_t>(size - 1) : read_bytes(last);
  if (!from || !to || (!last.empty() && *to < *from)) return whole_content{};
  if (*from >= size) return no_such_range{};
  return byte_range{*from, std::min(*to, size - 1) - *from + 1};
}

}  // namespace nova::gateway
