// Secrets that Nova makes for itself and keeps in `<data>/keys`: 32 random bytes a file, readable by the owner only.
// Called by gateway/main.cpp at start.
#pragma once

#include "protocols/core/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace nova::config {

inline constexpr std::size_t key_bytes = 32;

/// The file's 32 bytes; a new file is on disk before its key is returned. Refused (invalid_request, with a sentence for the
/// operator): a file of another size, or one that others can read.
result<std::string> load_or_create_key(const std::filesystem::path& file);

/// A new file of mode 600 with this text. Refused: a file that is there.
result<void> write_private_file(const std::filesystem::path& file, std::string_view text);

}  // namespace nova::config
