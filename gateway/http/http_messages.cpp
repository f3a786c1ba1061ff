#include "gateway/http/http_messages.hpp"

#include "gateway/codec/problems.hpp"

namespace nova::gateway {

http_answer problem_answer(const error& e, std::string_view request_id, int status) {
  http_answer out;
  out.status = status != 0 ? status : describe(e.code).http_status;
  out.content_type = "application/problem+json";
  append_problem(out.body, e, request_id, out.status);
  out.fields.emplace_back("Cache-Control", "no-store");
  if (auto seconds = retry_after_s(e))
    out.fields.emplace_back("Retry-After", std::to_string(seconds));
  if (out.status == 401) out.fields.emplace_back("WWW-Authenticate", "Bearer");
  return out;
}

void blame_token(http_answer& a) {
  for (auto& [name, value] : a.fields)
    if (name == "WWW-Authenticate") value += R"( error="invalid_token")";
}

http_answer other_verb(const http_request& request, std::string allow,
                       std::string_view request_id) {
  http_answer out;
  out.status = 204;
  if (request.verb != "OPTIONS")
    out = problem_answer(make_error(errc::method_not_allowed), request_id);
  out.fields.emplace_back("Allow", std::move(allow));
  return out;
}

std::pair<std::string_view, std::string_view> split_target(std::string_view target) {
  if (!target.starts_with('/') && target != "*") {
    auto authority = target.find("//");
    auto slash = target.find_first_of("/?", authority + 2);
    target =
        slash == target.npos || target[slash] == '?' ? std::string_view("/") : target.substr(slash);
  }
  auto mark = target.find('?');
  return {target.substr(0, mark),
          mark == target.npos ? std::string_view{} : target.substr(mark + 1)};
}

}  // namespace nova::gateway
