// Range requests (RFC 9110 §14). Pure; used by download.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace nova::gateway {

struct byte_range {
  std::int64_t from = 0, length = 0;
  bool operator==(const byte_range&) const = default;
};
/// No range counts: the whole content is sent.
struct whole_content {};
struct no_such_range {};

/// The range of a content of `size` bytes. Several ranges, other units and malformed fields count as none. `if_range`: empty, or it
/// must be the strong tag.
std::variant<whole_content, byte_range, no_such_range> chosen_range(std::string_view range,
                                                                    std::string_view if_range,
                                                                    std::string_view etag,
                                                                    std::int64_t size);

}  // namespace nova::gateway
