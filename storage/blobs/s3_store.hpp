// The blob store in a bucket of an S3 service: an object for each time that a blob is kept, under its name and a mark. So a node that
// removes a blob never meets another that keeps it again. Parts that are being written, and copies for programs of this machine, are
// files in a folder. Composed in gateway/main.cpp.
#pragma once

#include "config/settings/media_settings.hpp"
#include "protocols/core/blobs.hpp"

#include <memory>
#include <optional>
#include <string>

namespace nova::storage {

/// Makes the folder, and removes copies of an earlier process. The service is not asked. Errors: unavailable, with the system's reason.
result<std::unique_ptr<blobs::store>> open_s3_store(const config::media_settings& settings,
                                                    const std::string& folder);

struct bucket_fault {
  bool refused = false;  ///< by the service, or by the settings: waiting does not mend it
  std::string text;      ///< for an operator; without keys and secrets
};

/// Asks the service for the bucket's list. `writes`: also puts, reads and deletes a small object. Empty: all of it works.
std::optional<bucket_fault> look_at_bucket(const config::media_settings& settings, bool writes);

}  // namespace nova::storage
