// The web page's files, read once at start and served from memory: `/`, `/assets/*` and `/docs`. Only names
// that were found in the folder exist, so no path of a request ever reaches the file system.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace nova::gateway {

struct static_file {
  std::string content_type;
  std::string body;
  std::string gzip;  ///< the body compressed; empty: not worth it
  std::string etag;
  bool immutable;  ///< its name holds a hash of its content
  std::string_view security_policy;
};

class static_files {
 public:
  /// Folder with index.html; empty: no files. Files over 8 MiB, beyond 64 MiB in all, and of
  /// unknown types are left out.
  explicit static_files(const std::string& folder);

  /// `path` as in the request, without query.
  std::shared_ptr<const static_file> find(std::string_view path) const;

 private:
  std::map<std::string, std::shared_ptr<const static_file>, std::less<>> files_;
};

/// Of the page: scripts, styles and sockets of its own origin only.
extern const std::string_view page_security_policy;
/// Of /docs: the same, and styles that redoc writes into the document.
extern const std::string_view docs_security_policy;

}  // namespace nova::gateway
