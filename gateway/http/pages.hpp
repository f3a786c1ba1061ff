// Pages that are served without a call: the web page's files and the pages for operators. Made by server,
// called by http_exchange for each request.
#pragma once

#include "gateway/http/http_messages.hpp"
#include "gateway/http/static_files.hpp"

#include <optional>
#include <string_view>

namespace nova::gateway {

struct edge;

class pages {
 public:
  /// Reads the files of `gateway.web_root`.
  explicit pages(const edge& e);

  /// The answer if a page has this path, also for a verb that pages do not have. Else empty.
  std::optional<http_answer> find(const http_request& request, std::string_view path,
                                  std::string_view request_id) const;
  /// The web page with 404, which then says that nothing is at this address. Empty without a web page.
  std::optional<http_answer> nothing_here() const;

 private:
  std::optional<http_answer> operation(std::string_view path) const;
  std::optional<http_answer> of_operators(const http_request& request, std::string_view path,
                                          std::string_view request_id) const;
  http_answer readiness() const;
  const edge& edge_;
  const static_files files_;
  const std::shared_ptr<const static_file> openapi_;
  const std::shared_ptr<const static_file> asyncapi_;
};

}  // namespace nova::gateway
