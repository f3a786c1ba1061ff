// Secrets that Nova makes and keeps in `<data>/keys`: 32 random bytes a file, readable by the owner only.
// Called by gateway/main.cpp at start.
#pragma once

#include "protocols/core/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace nova::config {

inline constexpr std::size_t key_bytes = 32;

/// The file's 32 bytes. A new key is on disk before it is returned. Refused (invalid_request, with a sentence for the
/// operator): a file of another size, or a file that other users can read.
result<std::string> load_or_create_key(const std::filesystem::path& file);

/// Writes a new file of mode 600 with this text. Refused when the file exists.
result<void> write_private_file(const std::filesystem::path& file, std::string_view text);

}  // namespace nova::config
