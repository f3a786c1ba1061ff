// See idempotency.hpp.
#include "actors/runtime/entities/idempotency.hpp"

#include "storage/runtime/runtime_queries.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <sodium.h>

#include <algorithm>
#include <cctype>

namespace nova::runtime {

namespace {

std::string blake2b(std::string_view text, std::string_view key = {}) {
  std::string out(crypto_generichash_BYTES, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), out.size(),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                     key.empty() ? nullptr : reinterpret_cast<const unsigned char*>(key.data()),
                     key.size());
  return out;
}

std::string hex(std::string_view bytes) {
  std::string out(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                 bytes.size());
  out.pop_back();
  return out;
}

std::string canonical(const rpc::message& m) {
  std::string out;
  google::protobuf::io::StringOutputStream stream(&out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  m.SerializeToCodedStream(&coded);
  coded.Trim();
  return out;
}

std::string lower(std::string s) {
  std::transform(s.begin(), s.end(), s.begin(), [](unsigned char c) { return std::tolower(c); });
  return s;
}

const unsigned char* raw(const std::string& s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

}  // namespace

bool wants_idempotency(const rpc::call& c) {
  return c.method != nullptr && c.method->idempotency == rpc::idempotency::key &&
         !c.idempotency_key.empty();
}

idempotency_slot make_slot(const rpc::call& c) {
  idempotency_slot slot;
  const auto body = std::to_string(c.method->number) + '\0' + canonical(*c.request);
  const auto secret = blake2b(c.idempotency_key, "nova idempotency secret");
  slot.scope = !c.caller.account.is_nil() || c.method->idempotency_scope_of == nullptr
                   ? to_string(c.caller.account)
                   : "anon:" + hex(blake2b(lower(c.method->idempotency_scope_of(*c.request))));
  slot.key = hex(blake2b(c.idempotency_key, "nova idempotency lookup"));
  slot.body_hash = blake2b(body, secret);
  slot.seal_key = blake2b("seal" + body, secret);
  return slot;
}

storage::statement find_slot(const idempotency_slot& slot) {
  return {&storage::runtime_queries::find_idempotency, {slot.scope, slot.key}, 0};
}

storage::statement insert_slot(const idempotency_slot& slot, const rpc::call& c,
                               const rpc::message& reply, random_source& random) {
  const auto plain = reply.SerializeAsString();
  std::string sealed(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.size(), '\0');
  auto* out = reinterpret_cast<unsigned char*>(sealed.data());
  random.fill({out, crypto_secretbox_NONCEBYTES});
  crypto_secretbox_easy(out + crypto_secretbox_NONCEBYTES, raw(plain), plain.size(), out,
                        raw(slot.seal_key));
  return {&storage::runtime_queries::insert_idempotency,
          {slot.scope, slot.key, std::int64_t{c.method->number}, storage::bytes{slot.body_hash},
           storage::bytes{std::move(sealed)}},
          0};
}

rpc::reply_result stored_answer(const idempotency_slot& slot, const rpc::call& c,
                                const storage::rows& found) {
  if (found.empty()) return rpc::message_ptr{};
  if (found.int8(0, 0) != c.method->number || found.blob(0, 1) != slot.body_hash)
    return make_error(errc::idempotency_key_reused);
  const auto& sealed = found.blob(0, 2);
  constexpr auto overhead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  if (sealed.size() < overhead) return make_error(errc::internal);
  std::string plain(sealed.size() - overhead, '\0');
  if (crypto_secretbox_open_easy(
          reinterpret_cast<unsigned char*>(plain.data()), raw(sealed) + crypto_secretbox_NONCEBYTES,
          sealed.size() - crypto_secretbox_NONCEBYTES, raw(sealed), raw(slot.seal_key)) != 0)
    return make_error(errc::internal);
  auto reply = c.method->reply->make();
  if (!reply->ParseFromString(plain)) return make_error(errc::internal);
  return rpc::message_ptr{std::move(reply)};
}

}  // namespace nova::runtime
