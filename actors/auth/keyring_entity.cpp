// See keyring_entity.hpp.
#include "actors/auth/keyring_entity.hpp"

#include "actors/auth/auth_services.hpp"
#include "protocols/auth/auth.pb.h"
#include "storage/auth/auth_store.hpp"

namespace nova::auth {

runtime::loading<keyring_state> keyring_entity::load(std::string_view, const runtime::reads&) {
  return keyring_state{};
}

std::size_t keyring_entity::weight(const keyring_state& s) { return sizeof s; }

keyring_entity::outcome keyring_entity::keys(const keyring_state&, const KeysRequest&,
                                             const runtime::context& c, const runtime::reads&) {
  KeysReply reply;
  for (const auto& key : c.service<auth_services>().signer.public_keys(c.now)) {
    auto* jwk = reply.add_keys();
    jwk->set_kty("OKP");
    jwk->set_crv("Ed25519");
    jwk->set_alg("EdDSA");
    jwk->set_use("sig");
    jwk->set_kid(key.kid);
    jwk->set_x(base64url_encode(key.public_key));
  }
  runtime::decision<keyring_state> d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

keyring_entity::outcome keyring_entity::revocations(const keyring_state&, const RevocationsRequest&,
                                                    const runtime::context& c,
                                                    const runtime::reads& r) {
  if (r.size() == 0) return runtime::need{{store::revocations(c.now, max_revocations)}};
  RevocationsReply reply;
  const auto& rows = r.rows(0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto* item = reply.add_items();
    item->set_session_id(to_string(rows.id(i, 0)));
    item->set_until(rows.time(i, 1));
  }
  runtime::decision<keyring_state> d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

}  // namespace nova::auth
