// A copy of a data folder that a Nova can start from: made while Nova serves, and put in place again. Called by gateway/main.cpp
// for `nova backup` and `nova restore`.
#pragma once

#include "protocols/core/error.hpp"

#include <filesystem>

namespace nova::storage {

/// Copies what the running Nova of `data` keeps into the new folder `to`: the embedded PostgreSQL by pg_basebackup with the log
/// that it needs, the passwords of its roles, the keys, and the kept bytes of media in `blobs`. All domains are of one moment: the
/// copy's end. The node's name is left out: a restored Nova is another node. So are uploads that are not finished and the segments of
/// live streams. Blocks for as long as the copy takes.
result<void> back_up(const std::filesystem::path& data, const std::filesystem::path& blobs,
                     const std::filesystem::path& to);

/// Puts a backup into the data folder `data`, which must be absent or empty, and its kept bytes into `blobs`. The next start of Nova
/// finds the log there and brings the databases to the backup's moment.
result<void> restore(const std::filesystem::path& from, const std::filesystem::path& data,
                     const std::filesystem::path& blobs);

}  // namespace nova::storage
