// All that Nova has of one account as a ZIP file: every domain is asked for its part, page after page. The file has `manifest.json` and a
// folder for each domain. Used by composing_bus for methods that reply views.Archive.
#pragma once

#include "protocols/core/bus.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace nova::gateway {

/// The bytes of one archive; it is made in memory. The rest is left out, and the manifest says so.
inline constexpr std::size_t archive_bytes = 64UL << 20;

/// Path and content.
using archive_files = std::vector<std::pair<std::string, std::string>>;

/// The ZIP of these files, not compressed: it is made on an actor's thread. Errors: internal.
result<std::string> zip_of(const archive_files& files);

/// Takes the reply of `c`, an Archive without content; fills it, and answers.
rpc::reply_fn filling_archive(rpc::bus& bus, rpc::call& c, unix_ms now);

}  // namespace nova::gateway
