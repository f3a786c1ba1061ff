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

}  // namespace nova::gateway
