// Keys, revocations and verification; see tokens.hpp.
#include "gateway/access/tokens.hpp"

#include "gateway/access/admission.hpp"
#include "protocols/session/session.pb.h"

#include <algorithm>
#include <stdexcept>

namespace nova::gateway {
namespace {

constexpr std::size_t max_waiting = 10'000;
constexpr auto first_keys_retry = std::chrono::milliseconds(250);

/// The method that declares the option; the generator refuses a second one.
const rpc::method& method_that(bool rpc::method::*declares) {
  auto all = rpc::all_methods();
  auto at = std::find_if(all.begin(), all.end(), [&](const auto* m) { return m->*declares; });
  if (at == all.end()) throw std::logic_error("no domain answers what the gateway must ask");
  return **at;
}

}  // namespace

tokens::tokens(const config::gateway_settings& settings, const wall_clock& wall,
               monotonic_clock now)
    : settings_(settings),
      wall_(wall),
      now_(std::move(now)),
      keys_method_(method_that(&rpc::method::token_keys)),
      revocations_method_(method_that(&rpc::method::revocations)),
      policy_{settings.token_issuer, settings.token_audience,
              static_cast<std::int64_t>(settings.token_leeway_s)} {}

rpc::call tokens::question(const rpc::method& method, rpc::reply_fn reply) const {
  rpc::caller us;
  us.kind = rpc::caller_kind::node;
  auto c = make_call(method, std::move(us), "gateway", now_());
  c.request = method.request->make();
  c.reply = std::move(reply);
  return c;
}

void tokens::connect(rpc::bus& bus) {
  {
    std::lock_guard lock(mutex_);
    bus_ = &bus;
  }
  tick();
}

void tokens::disconnect() {
  {
    std::lock_guard lock(mutex_);
    bus_ = nullptr;
    asking_ = asking_revocations_ = false;
  }
  answer_waiting();
}

result<principal> tokens::check(std::string_view token) const {
  auto keys = keys_.load();
  if (!keys || !revocations_known_)
    return make_error(errc::unavailable, "Tokens cannot be verified at the moment.");
  auto claims = verify_jwt(token, *keys, wall_.now(), policy_);
  if (!claims) return claims.error();
  principal out{*parse_uuid(claims->sub), *parse_uuid(claims->sid), claims->exp * 1000};
  if (revoked(out.session)) return make_error(errc::unauthenticated, "The session was revoked.");
  return out;
}

void tokens::verify(std::string_view token, verified done) {
  auto keys = keys_.load();
  auto kid = keys ? jwt_key_id(token) : std::nullopt;
  bool unknown_key = kid && !keys->find(*kid);
  if (unknown_key && may_ask_again()) {
    std::unique_lock lock(mutex_);
    if (bus_ && waiting_.size() < max_waiting) {
      waiting_.push_back({std::string(token), std::move(done)});
      bool ask = !std::exchange(asking_, true);
      lock.unlock();
      if (ask) ask_keys();
      return;
    }
  }
  done(check(token));
}

bool tokens::may_ask_again() {
  std::lock_guard lock(mutex_);
  auto pause = std::chrono::milliseconds(settings_.keys_refresh_min_ms);
  return asking_ || now_() - last_asked_ >= pause;
}

void tokens::tick() {
  auto now = now_();
  bool ask_for_keys = false, ask_for_revocations = false;
  {
    std::lock_guard lock(mutex_);
    if (!bus_) return;
    auto pause =
        have_keys() ? std::chrono::milliseconds(settings_.keys_refresh_s * 1000) : first_keys_retry;
    ask_for_keys = !asking_ && now - last_asked_ >= pause;
    if (ask_for_keys) asking_ = true;
    ask_for_revocations =
        (!revocations_known_ || revocations_wanted_) && !std::exchange(asking_revocations_, true);
    if (ask_for_revocations) revocations_wanted_ = false;
  }
  if (ask_for_keys) ask_keys();
  if (ask_for_revocations) ask_revocations();
  std::unique_lock lock(revoked_mutex_);
  std::erase_if(revoked_, [&](const auto& entry) { return entry.second <= wall_.now(); });
}

void tokens::ask_keys() {
  rpc::bus* bus;
  {
    std::lock_guard lock(mutex_);
    last_asked_ = now_();
    bus = bus_;
  }
  if (!bus) return;
  bus->call(question(keys_method_, [self = weak_from_this()](rpc::reply_result reply) {
    if (auto me = self.lock()) me->keys_answered(std::move(reply));
  }));
}

void tokens::keys_answered(rpc::reply_result reply) {
  const auto* answer = reply ? dynamic_cast<const session::KeysReply*>(reply->get()) : nullptr;
  key_set set;
  for (int i = 0; answer && i < answer->keys_size(); ++i) {
    const auto& jwk = answer->keys(i);
    auto bytes = base64url_decode(jwk.x());
    if (jwk.kty() != "OKP" || jwk.crv() != "Ed25519" || !bytes || bytes->size() != 32) continue;
    verifying_key key{jwk.kid(), {}};
    std::copy(bytes->begin(), bytes->end(), key.public_key.begin());
    set.keys.push_back(std::move(key));
  }
  if (!set.keys.empty()) set_keys(std::move(set));
  {
    std::lock_guard lock(mutex_);
    asking_ = false;
  }
  answer_waiting();
}

void tokens::answer_waiting() {
  std::vector<waiting> ready;
  {
    std::lock_guard lock(mutex_);
    ready.swap(waiting_);
  }
  for (auto& w : ready) w.done(check(w.token));
}

void tokens::ask_revocations() {
  rpc::bus* bus;
  {
    std::lock_guard lock(mutex_);
    bus = bus_;
  }
  if (!bus) return;
  bus->call(question(revocations_method_, [self = weak_from_this()](rpc::reply_result reply) {
    if (auto me = self.lock()) me->revocations_answered(reply);
  }));
}

void tokens::revocations_answered(const rpc::reply_result& reply) {
  const auto* answer =
      reply ? dynamic_cast<const session::RevocationsReply*>(reply->get()) : nullptr;
  for (int i = 0; answer && i < answer->items_size(); ++i)
    if (auto id = parse_uuid(answer->items(i).session_id())) {
      const bool news = revocations_known_ && !revoked(*id);
      revoke(*id, answer->items(i).until());
      if (news && found_revoked) found_revoked(*id);
    }
  std::lock_guard lock(mutex_);
  asking_revocations_ = false;
  if (answer) revocations_known_ = true;
  else if (revocations_known_) revocations_wanted_ = true;
}

void tokens::read_revocations() {
  {
    std::lock_guard lock(mutex_);
    revocations_wanted_ = true;
  }
  tick();
}

void tokens::set_keys(key_set keys) {
  keys_.store(std::make_shared<const key_set>(std::move(keys)));
}

bool tokens::have_keys() const { return keys_.load() != nullptr; }

bool tokens::ready() const { return have_keys() && revocations_known_; }

void tokens::revoke(const uuid& session, unix_ms until) {
  std::unique_lock lock(revoked_mutex_);
  if (revoked_.size() >= settings_.max_revocations && !revoked_.contains(session)) {
    auto first = std::min_element(revoked_.begin(), revoked_.end(),
                                  [](const auto& a, const auto& b) { return a.second < b.second; });
    revoked_.erase(first);
  }
  auto& known = revoked_[session];
  known = std::max(known, until);
}

bool tokens::revoked(const uuid& session) const {
  std::shared_lock lock(revoked_mutex_);
  auto at = revoked_.find(session);
  return at != revoked_.end() && at->second > wall_.now();
}

}  // namespace nova::gateway
