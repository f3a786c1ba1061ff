// The web page's files, read once at start and served from memory: `/`, `/assets/*` and `/docs`. Only names
// found in the folder exist, so no path of a request ever reaches the file system.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace nova::gateway {

struct static_file {
  std::string content_type;
  std::string body;
  std::string gzip;  ///< the body compressed; empty: not smaller
  std::string etag;
  bool immutable;  ///< the file's name contains a hash of its content
  std::string security_policy;
};

class static_files {
 public:
  /// A folder with index.html; empty: no files. Left out: files over 8 MiB, files after 64 MiB in all, and
  /// files of unknown types. `others`: origins of the other gateways, which index.html names in a meta element "nova-gateways".
  explicit static_files(const std::string& folder, std::span<const std::string> others = {});

  /// `path` as in the request, without query.
  std::shared_ptr<const static_file> find(std::string_view path) const;

 private:
  std::map<std::string, std::shared_ptr<const static_file>, std::less<>> files_;
};

/// The policy of the page: scripts and styles of its own origin only; requests, sockets, pictures and media of its own and of `others`.
std::string page_security_policy(std::span<const std::string> others);
/// The policy of /docs: the same, and also styles that redoc writes into the document.
extern const std::string_view docs_security_policy;

}  // namespace nova::gateway
