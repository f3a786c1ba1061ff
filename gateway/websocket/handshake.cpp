#include "gateway/websocket/handshake.hpp"

#include "gateway/access/origins.hpp"
#include "protocols/core/text.hpp"

#include <thread>

namespace nova::gateway {
namespace {

constexpr std::string_view json_protocol = "nova.v1.json", protobuf_protocol = "nova.v1.proto";

bool origin_allowed(const config::gateway_settings& settings, const upgrade_fields& request) {
  return request.origin.empty() || same_origin(request.origin, request.host, request.scheme) ||
         listed_origin(request.origin, settings.allowed_origins);
}

/// False: protocols were offered, but none that is spoken here.
bool choose_protocol(std::string_view offered, handshake& to) {
  if (offered.empty()) return true;
  while (!offered.empty()) {
    auto comma = offered.find(',');
    auto item = offered.substr(0, comma);
    item = without_blanks(item);
    if (item == json_protocol || item == protobuf_protocol) {
      to.enc = item == json_protocol ? encoding::json : encoding::protobuf;
      to.subprotocol = item;
      return true;
    }
    offered = comma == offered.npos ? std::string_view{} : offered.substr(comma + 1);
  }
  return false;
}

}  // namespace

void judge_handshake(edge& e, io_thread& thread, const upgrade_fields& request,
                     const std::string& address, std::function<void(result<handshake>)> done) {
  auto accepted = std::make_shared<handshake>();
  if (e.draining) return done(make_error(errc::unavailable, "The server is restarting."));
  if (!origin_allowed(e.settings, request))
    return done(make_error(errc::forbidden, "The origin is not allowed."));
  if (!choose_protocol(request.protocols, *accepted))
    return done(make_error(errc::invalid_request, "None of the offered subprotocols is known."));
  if (auto wait = e.limits.handshake(address, std::chrono::steady_clock::now()))
    return done(make_error(errc::rate_limited, {}, *wait));
  if (request.authorization.empty()) {
    if (!e.limits.enter_unauthenticated()) return done(make_error(errc::overloaded));
    accepted->place = unauthenticated_place(e.limits);
    return done(std::move(*accepted));
  }
  auto token = bearer_token(request.authorization);
  if (token.empty()) return done(make_error(errc::unauthenticated));
  auto home = std::this_thread::get_id();
  e.tokens->verify(token, [accepted, done, home, &thread](result<principal> p) {
    auto finish = [accepted, done, p = std::move(p)] {
      if (!p) return done(p.error());
      accepted->who = *p;
      done(std::move(*accepted));
    };
    if (home == std::this_thread::get_id()) finish();
    else thread.post(finish);
  });
}

}  // namespace nova::gateway
