#include "actors/runtime/placement/envelopes.hpp"

#include <cstring>

namespace nova::runtime {

namespace {

constexpr std::size_t id_bytes = 16;

error failure_of(const link::Failure& f) {
  auto e = make_error(static_cast<errc>(f.code()), f.detail(), f.retry_after_ms());
  for (const auto& field : f.fields()) e.fields.push_back({field.field(), field.detail()});
  return e;
}

}  // namespace

std::string bytes_of(const uuid& id) { return {reinterpret_cast<const char*>(id.data), id_bytes}; }

uuid id_of(std::string_view bytes) {
  uuid id{};
  if (bytes.size() == id_bytes) std::memcpy(id.data, bytes.data(), id_bytes);
  return id;
}

void append_id(std::string& to, const uuid& id) {
  to.append(reinterpret_cast<const char*>(id.data), id_bytes);
}

std::vector<uuid> ids_of(std::string_view bytes) {
  std::vector<uuid> out(bytes.size() / id_bytes);
  for (std::size_t i = 0; i < out.size(); ++i)
    std::memcpy(out[i].data, bytes.data() + i * id_bytes, id_bytes);
  return out;
}

link::Envelope envelope_of(const rpc::call& c, std::uint64_t id, std::uint32_t left_ms) {
  link::Envelope e;
  auto& to = *e.mutable_call();
  to.set_id(id);
  to.set_method(c.method->number);
  auto& who = *to.mutable_caller();
  who.set_kind(static_cast<std::uint32_t>(c.caller.kind));
  if (!c.caller.account.is_nil()) who.set_account(bytes_of(c.caller.account));
  if (!c.caller.session.is_nil()) who.set_session(bytes_of(c.caller.session));
  who.set_connection(without_peer(c.caller.connection));
  who.set_address(c.caller.address);
  who.set_user_agent(c.caller.user_agent);
  to.set_request_id(c.request_id);
  to.set_idempotency_key(c.idempotency_key);
  to.set_deadline_ms(left_ms);
  to.set_key(c.key);
  c.request->SerializeToString(to.mutable_request());
  return e;
}

result<rpc::call> call_of(const link::Call& from, link::peer_number peer) {
  const auto* method = rpc::find_method(from.method());
  if (method == nullptr)
    return make_error(errc::unavailable, "The node does not know the method.", 1000);
  auto request = method->request->make();
  if (!request->ParseFromString(from.request()))
    return make_error(errc::invalid_request, "The request cannot be read.");
  rpc::call c;
  c.method = method;
  const auto& who = from.caller();
  c.caller.kind = static_cast<rpc::caller_kind>(who.kind());
  c.caller.account = id_of(who.account());
  c.caller.session = id_of(who.session());
  c.caller.connection = with_peer(who.connection(), peer);
  c.caller.address = who.address();
  c.caller.user_agent = who.user_agent();
  c.request_id = from.request_id();
  c.idempotency_key = from.idempotency_key();
  c.key = from.key();
  c.request = std::move(request);
  return c;
}

void fill(link::Reply& to, const rpc::reply_result& r) {
  if (r.has_value()) {
    (*r)->SerializeToString(to.mutable_reply());
    return;
  }
  auto& f = *to.mutable_failure();
  f.set_code(static_cast<std::uint32_t>(r.error().code));
  f.set_detail(r.error().detail);
  f.set_retry_after_ms(r.error().retry_after_ms);
  for (const auto& x : r.error().fields) {
    auto& field = *f.add_fields();
    field.set_field(x.field);
    field.set_detail(x.detail);
  }
}

std::optional<rpc::reply_result> reply_of(const link::Reply& r, const rpc::method& m) {
  if (r.answer_case() == link::Reply::kFailure) return rpc::reply_result(failure_of(r.failure()));
  if (r.answer_case() != link::Reply::kReply) return {};
  auto body = m.reply->make();
  if (!body->ParseFromString(r.reply())) return {};
  return rpc::reply_result(rpc::message_ptr(std::move(body)));
}

link::Envelope events_of(shard_address source, std::uint64_t last) {
  link::Envelope e;
  auto& told = *e.mutable_events();
  told.set_domain(std::string(source.domain));
  told.set_shard(source.shard);
  told.set_last_event(last);
  return e;
}

void fill(link::Event& to, const relay_event& e) {
  to.set_seq(e.seq);
  to.set_type(e.type);
  to.set_key(e.key);
  to.set_payload(payload_of(e));
  to.set_committed_at(e.committed_at);
}

relay_event event_of(const link::Event& e) {
  relay_event out;
  out.seq = e.seq();
  out.type = e.type();
  out.key = e.key();
  out.payload = e.payload();
  out.bytes = out.payload.size();
  out.committed_at = e.committed_at();
  return out;
}

}  // namespace nova::runtime
