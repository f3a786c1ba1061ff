#include "gateway/http/pages.hpp"

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
  out.fields.emplace_back("Content-Security-Policy", std::string(page_security_policy));
  out.fields.emplace_back("Referrer-Policy", "no-referrer");
  out.shared_body = std::shared_ptr<const std::string>(file, &file->body);
  return out;
}

http_answer other_verb(const http_request& request, std::string_view request_id) {
  http_answer out;
  out.status = 204;
  if (request.verb != "OPTIONS")
    out = problem_answer(make_error(errc::method_not_allowed), request_id);
  out.fields.emplace_back("Allow", "GET, HEAD, OPTIONS");
  return out;
}

}  // namespace

pages::pages(const edge& e) : edge_(e), files_(e.settings.web_root) {}

std::optional<http_answer> pages::find(const http_request& request, std::string_view path,
                                       std::string_view request_id) const {
  auto page = operation(path);
  if (!page)
    if (auto file = files_.find(path)) page = file_answer(std::move(file));
  bool get = request.verb == "GET" || request.verb == "HEAD";
  if (page && !get) return other_verb(request, request_id);
  return page;
}

std::optional<http_answer> pages::operation(std::string_view path) const {
  if (path == "/healthz") return text_answer("application/json", R"({"status":"ok"})");
  if (path == "/readyz") return readiness();
  if (path == "/openapi.json") {
    static const auto document = std::make_shared<const std::string>(rpc::openapi_json());
    auto out = text_answer("application/json", {});
    out.shared_body = document;  // slow readers hold no copies
    return out;
  }
  if (path == "/metrics") {
    auto out = text_answer("text/plain; version=0.0.4; charset=utf-8", {});
    edge_.write_metrics(out.body);
    return out;
  }
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
