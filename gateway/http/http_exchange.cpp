#include "gateway/http/http_exchange.hpp"

#include "gateway/access/origins.hpp"
#include "gateway/codec/requests.hpp"
#include "gateway/http/answer_rules.hpp"
#include "gateway/http/pages.hpp"
#include "gateway/loop/io_thread.hpp"
#include "gateway/session/edge.hpp"
#include "gateway/session/request_log.hpp"
#include "gateway/views/ingest_address.hpp"
#include "protocols/core/text.hpp"

#include <algorithm>
#include <cctype>
#include <thread>

namespace nova::gateway {
namespace {

constexpr std::string_view protobuf_type = "application/x-protobuf";
constexpr std::size_t max_user_agent_bytes = 256;

std::string_view media_type(std::string_view field) {
  field = field.substr(0, field.find(';'));
  while (!field.empty() && (field.back() == ' ' || field.back() == '\t')) field.remove_suffix(1);
  return field;
}

bool accepts(std::string_view accept, std::string_view type) {
  while (!accept.empty()) {
    auto comma = accept.find(',');
    auto item = accept.substr(0, comma);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    if (same_ignoring_case(media_type(item), type)) return true;
    accept = comma == accept.npos ? std::string_view{} : accept.substr(comma + 1);
  }
  return false;
}

/// JSON, protobuf, or nothing for another type.
std::optional<body_format> format_of_body(const http_request& request) {
  auto type = media_type(request.content_type);
  if (same_ignoring_case(type, protobuf_type)) return body_format::protobuf;
  if (request.body.empty() || same_ignoring_case(type, "application/json"))
    return body_format::json;
  return std::nullopt;
}

body_format format_of_answer(const http_request& request) {
  if (accepts(request.accept, protobuf_type)) return body_format::protobuf;
  if (accepts(request.accept, "application/json")) return body_format::json;
  return same_ignoring_case(media_type(request.content_type), protobuf_type) ? body_format::protobuf
                                                                             : body_format::json;
}

bool known_verb(std::string_view verb) {
  constexpr std::string_view known[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  return std::find(std::begin(known), std::end(known), verb) != std::end(known);
}

/// The keys of access tokens are public and change seldom.
void let_keep(http_answer& a) {
  for (auto& [name, value] : a.fields)
    if (name == "Cache-Control") value = "public, max-age=60";
  a.fields.emplace_back("Vary", "Accept");
  a.etag = etag_of(a.body);
}

/// Everything of a call that outlives the request's buffers.
struct exchange : std::enable_shared_from_this<exchange> {
  edge& common;
  io_thread& thread;
  std::string address, request_id, idempotency_key, user_agent;
  std::string origin;  ///< by which the caller came, when the answer tells it
  const rpc::method* method = nullptr;
  const rpc::http_route* route = nullptr;
  result<rpc::message_ptr> request = make_error(errc::internal);
  body_format answer_format = body_format::json;
  bool coded_body = false;
  std::optional<uuid> account, session;
  std::function<void(http_answer)> done;
  const std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();

  exchange(edge& e, io_thread& t) : common(e), thread(t) {}

  void finish(http_answer answer) {
    answer.method = method->name;
    answer.account = account;
    answer.signs_in = signs_in(*method);
    answer.session = session;
    thread.counts().times.observe(*method, answer.status, std::chrono::steady_clock::now() - began);
    done(std::move(answer));
  }

  void fail(const error& e, int status = 0) {
    auto out = problem_answer(e, request_id, status);
    if (coded_body) out.fields.emplace_back("Accept-Encoding", "identity");
    finish(std::move(out));
  }

  void authenticate(std::string_view token) {
    if (token.empty()) return fail(make_error(errc::unauthenticated));
    common.tokens->verify(
        token, [self = shared_from_this(), home = std::this_thread::get_id()](result<principal> p) {
          if (home == std::this_thread::get_id()) return self->authenticated(std::move(p));
          self->thread.post([self, p = std::move(p)] { self->authenticated(p); });
        });
  }

  void authenticated(const result<principal>& p) {
    if (!p) {
      auto out = problem_answer(p.error(), request_id);
      blame_token(out);
      return finish(std::move(out));
    }
    account = p->account;
    if (request)
      if (auto ok = common.admission.by_account(*method, p->account, common.now()); !ok)
        return fail(ok.error());
    call(caller_of(*p));
  }

  void call(rpc::caller caller) {
    if (!request) return fail(request.error());
    caller.address = address;
    caller.user_agent = user_agent;
    auto c = make_call(*method, std::move(caller), request_id, common.now());
    if (method->idempotency == rpc::idempotency::key) c.idempotency_key = idempotency_key;
    c.request = *request;
    c.reply = [weak = weak_from_this(), home = thread.weak_from_this()](rpc::reply_result reply) {
      if (auto here = home.lock())
        here->post([weak, reply = std::move(reply)] {
          if (auto self = weak.lock()) self->answered(reply);
        });
    };
    common.bus->call(std::move(c));
  }

  void answered(rpc::reply_result reply) {
    if (!reply) return fail(reply.error());
    if (const auto began_now = session_begun(*method, **reply)) {
      account = began_now->account;
      session = began_now->session;
    }
    if (!origin.empty()) reply = with_ingest_address(*reply, origin, common.rtmp.port);
    http_answer out;
    bool existing = route->status_existing != 0 && method->existing && method->existing(**reply);
    out.status = existing ? route->status_existing : route->status;
    out.fields.emplace_back("Cache-Control", "no-store");
    if (out.status == 204) return finish(std::move(out));
    if (answer_format == body_format::protobuf) {
      out.content_type = protobuf_type;
      (*reply)->SerializeToString(&out.body);
    } else {
      out.content_type = "application/json";
      method->reply->write_json(**reply, out.body);
    }
    if (method->token_keys) let_keep(out);
    finish(std::move(out));
  }
};

bool idempotency_key_ok(std::string_view key) {
  return key.size() <= 255 &&
         std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

/// What is wrong with a request before its route is known.
std::optional<http_answer> refuse_early(const http_request& request, std::string_view request_id) {
  if (request.verb == "TRACE" || request.verb == "CONNECT") {
    auto out = problem_answer(make_error(errc::method_not_allowed), request_id);
    out.fields.emplace_back("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    out.close = true;
    return out;
  }
  if (!known_verb(request.verb)) {
    auto out = problem_answer(make_error(errc::not_implemented), request_id);
    out.close = true;
    return out;
  }
  if (request.repeated_field)
    return problem_answer(make_error(errc::invalid_request, "A header field came more than once."),
                          request_id);
  if (!idempotency_key_ok(request.idempotency_key))
    return problem_answer(make_error(errc::invalid_request,
                                     "Idempotency-Key is 1 to 255 printable ASCII characters."),
                          request_id);
  return std::nullopt;
}

/// A guest gives no token at all; a token that is given must be good.
bool admits_guest(const edge& e, const rpc::method& method, const http_request& request) {
  return method.caller == rpc::caller_kind::guest && e.settings.anonymous_read &&
         request.authorization.empty();
}

bool is_preflight(const http_request& request) {
  return request.verb == "OPTIONS" && !request.origin.empty() &&
         !request.access_control_request_method.empty();
}

bool coded(const http_request& request) {
  return !request.content_encoding.empty() &&
         !same_ignoring_case(request.content_encoding, "identity");
}

/// A browser that shows an address of which nothing is known.
bool looks_for_page(const http_request& request, std::string_view path, const route_match& match) {
  return !match.method && match.allow.empty() &&
         (request.verb == "GET" || request.verb == "HEAD") && !path.starts_with("/v1/") &&
         accepts(request.accept, "text/html");
}

/// The path is not there, or not with this verb.
http_answer no_method(const http_request& request, std::string_view path, const std::string& allow,
                      std::string_view request_id) {
  if (!allow.empty()) return other_verb(request, allow + ", OPTIONS", request_id);
  http_answer out;
  out.status = 204;
  bool server_itself = request.verb == "OPTIONS" && path == "*";
  return server_itself ? out : problem_answer(make_error(errc::not_found), request_id);
}

result<rpc::message_ptr> read_request(const http_request& request, const route_match& match,
                                      std::string_view query, unsigned max_json_depth) {
  bool has_body = match.route->method != rpc::verb::get &&
                  (match.route->method != rpc::verb::delete_ || !request.body.empty());
  auto format = has_body ? format_of_body(request) : body_format::json;
  if (!format)
    return make_error(errc::unsupported_media_type,
                      "A body is application/json or " + std::string(protobuf_type) + ".");
  if (coded(request))
    return make_error(errc::unsupported_media_type, "Content codings are not supported.");
  return read_http_request(
      {*match.method, *match.route, match.path, query, request.body, *format, max_json_depth});
}

}  // namespace

std::string choose_request_id(edge& e, std::string_view offered) {
  auto fit = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; };
  if (!offered.empty() && offered.size() <= 64 && std::all_of(offered.begin(), offered.end(), fit))
    return std::string(offered);
  return to_string(make_uuid_v7(e.wall.now(), e.random));
}

std::shared_ptr<void> serve_http(edge& e, const pages& site, io_thread& thread,
                                 const http_request& request, const std::string& address,
                                 std::string request_id, std::function<void(http_answer)> done) {
  auto at_once = [&](http_answer a) {
    done(std::move(a));
    return nullptr;
  };
  if (auto refused = refuse_early(request, request_id)) return at_once(std::move(*refused));
  if (is_preflight(request) && listed_origin(request.origin, e.settings.allowed_origins))
    return at_once(preflight_answer());
  auto [path, query] = split_target(request.target);
  if (path == socket_path && !e.operations)
    return at_once(other_verb(request, "GET, OPTIONS", request_id));
  if (auto page = site.find(request, path, request_id)) return at_once(std::move(*page));
  auto match = e.routes.find(request.verb, path);
  if (!match) return at_once(problem_answer(match.error(), request_id));
  if (looks_for_page(request, path, *match))
    if (auto page = site.nothing_here()) return at_once(std::move(*page));
  if (!match->method) return at_once(no_method(request, path, match->allow, request_id));
  if (e.draining)
    return at_once(
        problem_answer(make_error(errc::unavailable, "The server is restarting."), request_id));
  if (auto ok = e.admission.by_address(*match->method, address, e.now()); !ok)
    return at_once(problem_answer(ok.error(), request_id));
  auto x = std::make_shared<exchange>(e, thread);
  x->address = address;
  x->request_id = std::move(request_id);
  x->idempotency_key = request.idempotency_key;
  x->user_agent = request.user_agent.substr(0, max_user_agent_bytes);
  x->method = match->method;
  x->route = match->route;
  if (tells_ingest(*match->method) && !request.host.empty())
    x->origin = std::string(request.scheme.empty() ? "http" : request.scheme) + "://" +
                std::string(request.host);
  x->answer_format = format_of_answer(request);
  x->coded_body = coded(request);
  x->done = std::move(done);
  x->request = read_request(request, *match, query, e.settings.max_json_depth);
  if (x->method->caller == rpc::caller_kind::anonymous || admits_guest(e, *x->method, request))
    x->call({});
  else x->authenticate(bearer_token(request.authorization));
  return x;
}

}  // namespace nova::gateway
