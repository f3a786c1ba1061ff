// Handlers of keyring_entity.
#include "actors/auth/keyring_entity.hpp"

#include "actors/auth/auth_services.hpp"
#include "protocols/session/session.pb.h"
#include "storage/auth/auth_store.hpp"

namespace nova::auth {

keyring_entity::outcome keyring_entity::keys(const keyring_state&, const session::KeysRequest&,
                                             const runtime::context& c, const runtime::reads&) {
  session::KeysReply reply;
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

keyring_entity::outcome keyring_entity::revocations(const keyring_state&,
                                                    const session::RevocationsRequest&,
                                                    const runtime::context& c,
                                                    const runtime::reads& r) {
  if (r.size() == 0) return runtime::need{{store::revocations(c.now, max_revocations)}};
  session::RevocationsReply reply;
  for (const auto& row : read_revocations(r.rows(0))) {
    auto* item = reply.add_items();
    item->set_session_id(to_string(row.session_id));
    item->set_until(row.until);
  }
  runtime::decision<keyring_state> d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

}  // namespace nova::auth
