// The blob store in a folder: `<folder>/ab/cd/<name>` for content, `<folder>/parts/<name>` for parts that are being written.
// Composed in gateway/main.cpp. Nodes of a cluster may share the folder: a part takes a file lock, so that not even two processes
// write to one, and keeping and removing one blob exclude each other (`<folder>/locks/ab`).
#pragma once

#include "protocols/core/blobs.hpp"

#include <memory>
#include <string>

namespace nova::storage {

/// Makes the folder. Errors: unavailable, with the system's reason.
result<std::unique_ptr<blobs::store>> open_file_store(const std::string& folder);

}  // namespace nova::storage
