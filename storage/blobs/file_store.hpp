// The blob store in a folder: `<folder>/ab/cd/<name>` for content, `<folder>/parts/<name>` for parts that are being written.
// Composed in gateway/main.cpp. A part takes a file lock, so that not even two processes write to one.
#pragma once

#include "protocols/core/blobs.hpp"

#include <memory>
#include <string>

namespace nova::storage {

/// Makes the folder. Errors: unavailable, with the system's reason.
result<std::unique_ptr<blobs::store>> open_file_store(const std::string& folder);

}  // namespace nova::storage
