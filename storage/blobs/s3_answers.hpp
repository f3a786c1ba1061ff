// The XML that an S3 service answers with, and that it wants. Used by s3_store.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nova::storage {

/// One page of a list; `next` and `next_upload` are empty at its end.
struct s3_page {
  struct item {
    std::string key;
    std::string upload_id;  ///< of an upload in parts that is not finished
    std::int64_t size = 0;
    std::chrono::sys_seconds at{};  ///< of the last change, or of the upload's begin; 0: not stated
  };
  std::vector<item> items;
  std::string next, next_upload;
};

/// Objects, or unfinished uploads. A text that is no such list gives an empty page.
s3_page read_page(std::string_view xml);
/// The service's word for a refusal, as SignatureDoesNotMatch: letters only; empty: none. Some refusals come with status 200.
std::string read_refusal(std::string_view xml);
/// Of the answer to `?uploads=`; empty: it has none.
std::string read_upload_id(std::string_view xml);
/// The parts of a finished upload, in their order.
std::string finished_upload(const std::vector<std::string>& etags);

/// Percent-encoded for a query: all but letters, digits and `-_.~`.
std::string query_text(std::string_view text);

}  // namespace nova::storage
