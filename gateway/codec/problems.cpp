// Writing of problem documents; see problems.hpp.
#include "gateway/codec/problems.hpp"

#include "protocols/core/json.hpp"
#include "protocols/session/session.pb.h"

namespace nova::gateway {

unsigned retry_after_s(const error& e) noexcept {
  int status = describe(e.code).http_status;
  unsigned stated = (e.retry_after_ms + 999) / 1000;
  return stated == 0 && (status == 429 || status == 503) ? 1 : stated;
}

void append_problem(std::string& out, const error& e, std::string_view request_id, int status) {
  using rpc::json::put;
  const auto& row = describe(e.code);
  out += R"({"type":"urn:nova:problem:)";
  out += row.name;
  out += R"(","title":)";
  put(out, row.title);
  out += R"(,"status":)";
  put(out, static_cast<std::int32_t>(status != 0 ? status : row.http_status));
  out += R"(,"detail":)";
  put(out, e.detail.empty() ? row.title : std::string_view(e.detail));
  out += R"(,"code":)";
  put(out, row.name);
  out += R"(,"request_id":)";
  put(out, request_id);
  if (auto seconds = retry_after_s(e)) {
    out += R"(,"retry_after_s":)";
    put(out, static_cast<std::uint32_t>(seconds));
  }
  if (!e.fields.empty()) {
    out += R"(,"errors":[)";
    for (const auto& field : e.fields) {
      if (&field != &e.fields.front()) out += ',';
      out += R"({"field":)";
      put(out, field.field);
      out += R"(,"detail":)";
      put(out, field.detail);
      out += '}';
    }
    out += ']';
  }
  out += '}';
}

void fill_problem(session::Problem& out, const error& e, std::string_view request_id, int number) {
  const auto& row = describe(e.code);
  out.set_number(number);
  out.set_code(std::string(row.name));
  out.set_status(row.http_status);
  out.set_title(std::string(row.title));
  out.set_detail(e.detail.empty() ? std::string(row.title) : e.detail);
  out.set_request_id(std::string(request_id));
  out.set_retry_after_s(retry_after_s(e));
  for (const auto& field : e.fields) {
    auto& to = *out.add_errors();
    to.set_field(field.field);
    to.set_detail(field.detail);
  }
}

}  // namespace nova::gateway
