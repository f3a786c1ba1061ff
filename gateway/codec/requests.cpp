#include "gateway/codec/requests.hpp"

#include "gateway/codec/problems.hpp"
#include "protocols/core/json_text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <limits>

namespace nova::gateway {
namespace {

namespace json = boost::json;

error invalid(std::vector<field_error> fields) {
  return make_error(errc::invalid_request, "Some fields of the request are not valid.",
                    std::move(fields));
}

bool surrogate_at(std::string_view text, std::size_t at, char low, char high) {
  // \uD8xx to \uDBxx, or \uDCxx to \uDFxx
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return false;
  auto digits = text.substr(at + 2, 4);
  if (digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos) return false;
  char d = digits[0] | 0x20, x = digits[1] | 0x20;
  return d == 'd' && x >= low && x <= high;
}

/// The text with lone surrogate escapes as \u0000; only called for texts that were refused.
std::string without_lone_surrogates(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i + 1 < out.size(); ++i) {
    if (out[i] != '\\') continue;
    bool high = surrogate_at(out, i, '8', '9') || surrogate_at(out, i, 'a', 'b');
    bool low = surrogate_at(out, i, 'c', 'f');
    if (high && surrogate_at(out, i + 6, 'c', 'f')) i += 11;
    else if (high || low) out.replace(i + 2, 4, "0000"), i += 5;
    else ++i;  // the escaped character
  }
  return out;
}

bool in_path(const parameters& path, std::string_view field) {
  return std::any_of(path.begin(), path.end(), [&](const auto& p) { return p.first == field; });
}

/// A path that cannot name anything is a path to nothing: an id that is not one, a handle that nobody can have.
bool names_nothing(const parameters& path, const std::vector<field_error>& broken) {
  return std::ranges::any_of(broken, [&](const field_error& e) {
    return (e.field.ends_with("_id") || e.field == "handle") && in_path(path, e.field);
  });
}

/// The limit of a list is clipped however large it is; 18 digits are a number to all fields.
std::string_view clipped(std::string_view name, std::string_view value) {
  const bool digits = std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
  return name == "limit" && digits && value.size() > 18 ? "999999999999999999" : value;
}

/// Sets path parameters and checks the whole; `errors` holds what reading the body found.
result<rpc::message_ptr> finish(const http_parts& parts, std::shared_ptr<rpc::message> request,
                                std::vector<field_error> errors) {
  std::erase_if(errors, [&](const field_error& e) { return in_path(parts.path, e.field); });
  const auto& type = *parts.method.request;
  for (const auto& [name, value] : parts.path) type.set_from_text(*request, name, value, errors);
  std::vector<field_error> broken;
  type.validate(*request, broken);
  if (names_nothing(parts.path, broken)) return make_error(errc::not_found);
  for (auto& e : broken) {
    bool known = std::any_of(errors.begin(), errors.end(),
                             [&](const auto& had) { return had.field == e.field; });
    if (!known) errors.push_back(std::move(e));
  }
  if (!errors.empty()) return invalid(std::move(errors));
  return rpc::message_ptr(std::move(request));
}

}  // namespace

bool has_lone_surrogate(std::string_view text) { return without_lone_surrogates(text) != text; }

result<json::value> parse_json(std::string_view text, unsigned max_depth) {
  boost::system::error_code ec;
  auto value = rpc::json::parse(text, max_depth, ec);
  if (ec && ec != json::error::too_deep) {
    if (auto mended = without_lone_surrogates(text); mended != text) {
      ec = {};
      value = rpc::json::parse(mended, max_depth, ec);
    }
  }
  if (ec == json::error::too_deep)
    return make_error(errc::invalid_request, "The JSON is nested too deeply.");
  if (ec) return make_error(errc::invalid_request, "The text is not JSON.");
  return value;
}

result<rpc::message_ptr> read_http_request(const http_parts& parts) {
  const auto& type = *parts.method.request;
  auto request = type.make();
  std::vector<field_error> errors;
  bool in_query = parts.route.method == rpc::verb::get ||
                  (parts.route.method == rpc::verb::delete_ && parts.body.empty());
  if (in_query) {
    auto query = read_query(parts.query);
    if (!query)
      return make_error(errc::invalid_request, "The query has an escape that is not valid.");
    for (const auto& [name, value] : *query)
      if (!in_path(parts.path, name))
        type.set_from_text(*request, name, clipped(name, value), errors);
  } else if (parts.format == body_format::protobuf) {
    if (parts.body.size() > std::numeric_limits<int>::max() ||
        !request->ParseFromArray(parts.body.data(), static_cast<int>(parts.body.size())))
      return make_error(errc::invalid_request, "The body is not the expected protobuf message.");
  } else if (!parts.body.empty()) {
    auto value = parse_json(parts.body, parts.max_json_depth);
    if (!value) return value.error();
    if (!value->is_object())
      return make_error(errc::invalid_request, "The body is not a JSON object.");
    for (const auto& [name, text] : parts.path) value->get_object().erase(name);
    type.read_json(*value, *request, errors);
  }
  return finish(parts, std::move(request), std::move(errors));
}

result<rpc::message_ptr> read_json_params(const rpc::method& method, const json::value* params) {
  auto request = method.request->make();
  std::vector<field_error> errors;
  static const json::value none = json::object();
  const bool given = params && !params->is_null();
  if (given && !params->is_object())
    return make_error(errc::invalid_request, "The params are not an object.");
  method.request->read_json(given ? *params : none, *request, errors);
  if (!errors.empty()) return invalid(std::move(errors));
  return rpc::message_ptr(std::move(request));
}

result<rpc::message_ptr> read_protobuf_params(const rpc::method& method, std::string_view params) {
  auto request = method.request->make();
  if (params.size() > std::numeric_limits<int>::max() ||
      !request->ParseFromArray(params.data(), static_cast<int>(params.size())))
    return make_error(errc::invalid_request, "The params are not the expected protobuf message.");
  std::vector<field_error> errors;
  method.request->validate(*request, errors);
  if (!errors.empty()) return invalid(std::move(errors));
  return rpc::message_ptr(std::move(request));
}

}  // namespace nova::gateway
