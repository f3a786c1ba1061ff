#include "actors/streaming/owner_entity.hpp"

#include "actors/runtime/api/export_pages.hpp"
#include "actors/streaming/streaming_rules.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/core/page.hpp"
#include "protocols/streaming/streaming.nova.hpp"
#include "storage/streaming/streaming_store.hpp"

namespace nova::streaming {

runtime::entity_kind owner_entity::kind() {
  runtime::methods<owner_entity> owner("owner");
  bind_owner<owner_entity>(owner);
  owner.on<auth::ConfirmErasure>(auth::confirm_erasure_event(), &owner_entity::on_confirm_erasure);
  return owner.take();
}

runtime::loading<owner_state> owner_entity::load(std::string_view key, const reads&) {
  return state{parse_uuid(key).value_or(uuid{})};
}

namespace {

owner_entity::outcome streams(const owner_state& s, const std::string& cursor,
                              const runtime::context&, const runtime::reads& r) {
  const auto before = place_of(cursor.empty() ? nullptr : &cursor);
  if (before.has_error()) return before.error();
  if (r.size() == 0)
    return runtime::need{{store::streams_of_owner(s.account, *before, max_page_limit + 1)}};
  ListStreamsReply reply;
  store::place last;
  for (const auto& row : read_streams(r.rows(0))) {
    if (reply.items_size() == max_page_limit) {
      reply.set_next_cursor(cursor_of(last));
      break;
    }
    *reply.add_items() = stream_message(row, row.viewers);
    last = {row.created_at, row.stream_id};
  }
  runtime::decision<owner_state> d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

}  // namespace

owner_entity::outcome owner_entity::export_part(const state& s, const views::ExportRequest& q,
                                                const context& c, const reads& r) {
  static const runtime::export_list<owner_state> lists[] = {
      {.name = "streams", .reply = &rpc::message_type_of<ListStreamsReply>(), .page = streams}};
  return runtime::export_page<owner_state>(lists, q, s, c, r);
}

owner_entity::outcome owner_entity::on_confirm_erasure(const state& s,
                                                       const auth::ConfirmErasure& e,
                                                       const context&, const reads& r) {
  if (r.size() == 0) return runtime::need{{store::erasure(s.account)}};
  ErasureConfirmed answer;
  answer.set_account_id(to_string(s.account));
  answer.set_certificate_id(e.certificate_id());
  answer.set_erased(read_count(r.rows(0)));
  runtime::decision<state> d;
  d.statements.push_back(store::forget_erasure(s.account));
  d.events.push_back({&erasure_confirmed_event(), runtime::share(std::move(answer))});
  return d;
}

}  // namespace nova::streaming
