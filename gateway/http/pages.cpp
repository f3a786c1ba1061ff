#include "gateway/http/pages.hpp"

#include "gateway/codec/gzip.hpp"
#include "gateway/http/answer_rules.hpp"
#include "gateway/session/edge.hpp"

namespace nova::gateway {
namespace {

http_answer text_answer(std::string type, std::string body) {
  http_answer out;
  out.content_type = std::move(type);
  out.body = std::move(body);
  out.fields.emplace_back("Cache-Control", "no-store");
  return out;
}

http_answer file_answer(std::shared_ptr<const static_file> file) {
  http_answer out;
  out.content_type = file->content_type;
  out.fields.emplace_back("Cache-Control",
                          file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
  out.fields.emplace_back("Content-Security-Policy", file->security_policy);
  out.fields.emplace_back("Referrer-Policy", "no-referrer");
  out.etag = file->etag;
  out.shared_body = std::shared_ptr<const std::string>(file, &file->body);
  if (!file->gzip.empty()) out.gzip_body = std::shared_ptr<const std::string>(file, &file->gzip);
  return out;
}

std::shared_ptr<const static_file> made(std::string_view type, std::string_view content) {
  return std::make_shared<static_file>(static_file{std::string(type), std::string(content),
                                                   gzip(content), etag_of(content), false,
                                                   page_security_policy({})});
}

}  // namespace

pages::pages(const edge& e)
    : edge_(e),
      files_(e.settings.web_root, e.settings.others),
      openapi_(made("application/json", rpc::openapi_json())),
      asyncapi_(made("application/json", rpc::asyncapi_json())) {}

std::optional<http_answer> pages::find(const http_request& request, std::string_view path,
                                       std::string_view request_id) const {
  if (edge_.operations) return of_operators(request, path, request_id);
  auto page = operation(path);
  if (!page)
    if (auto file = files_.find(path)) page = file_answer(std::move(file));
  bool get = request.verb == "GET" || request.verb == "HEAD";
  if (page && !get) return other_verb(request, "GET, HEAD, OPTIONS", request_id);
  return page;
}

std::optional<http_answer> pages::of_operators(const http_request& request, std::string_view path,
                                               std::string_view request_id) const {
  if (auto json = edge_.operations(request.verb, path))
    return text_answer("application/json", std::move(*json));
  const bool known = path == "/healthz" || path == "/readyz" || path == "/metrics";
  if (!known) return problem_answer(make_error(errc::not_found), std::string(request_id));
  if (request.verb == "GET" || request.verb == "HEAD") return operation(path);
  return other_verb(request, "GET, HEAD, OPTIONS", request_id);
}

std::optional<http_answer> pages::nothing_here() const {
  auto file = files_.find("/");
  if (!file) return std::nullopt;
  auto out = file_answer(std::move(file));
  out.status = 404;
  out.etag.clear();
  return out;
}

std::optional<http_answer> pages::operation(std::string_view path) const {
  if (path == "/healthz") return text_answer("application/json", R"({"status":"ok"})");
  if (path == "/readyz") return readiness();
  if (path == "/openapi.json") return file_answer(openapi_);
  if (path == "/asyncapi.json") return file_answer(asyncapi_);
  if (path == "/metrics" && edge_.metrics_text)
    return text_answer("text/plain; version=0.0.4; charset=utf-8", edge_.metrics_text());
  return std::nullopt;
}

http_answer pages::readiness() const {
  bool ready = edge_.ready();
  auto out = text_answer("application/json",
                         ready ? R"({"status":"ready"})" : R"({"status":"not ready"})");
  if (ready) return out;
  out.status = 503;
  out.fields.emplace_back("Retry-After", "1");
  return out;
}

}  // namespace nova::gateway
