#include "protocols/core/blobs.hpp"

#include <algorithm>

namespace nova::blobs {

bool is_blob_name(std::string_view name) noexcept {
  return name.size() == 64 && std::ranges::all_of(name, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace nova::blobs
