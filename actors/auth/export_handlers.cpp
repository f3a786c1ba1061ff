// Handlers of account_entity and export_entity for the copy of all that Nova has of an account. It is made while it is fetched, so that
// nothing of the account is stored a second time.
#include "actors/auth/account_entity.hpp"
#include "actors/auth/auth_rules.hpp"
#include "actors/auth/auth_services.hpp"
#include "actors/auth/export_entity.hpp"
#include "actors/runtime/api/export_pages.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "storage/auth/export_store.hpp"

namespace nova::auth {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using outcome = account_entity::outcome;

constexpr unix_ms kept_ms = std::chrono::milliseconds(store::export_kept).count();

outcome my_account(const account_state& s, const std::string&, const context&, const reads&) {
  ExportedAccount a;
  a.set_account_id(to_string(s.id));
  a.set_email(s.account->email);
  a.set_handle(s.account->handle);
  a.set_created_at(s.account->created_at);
  runtime::decision<account_state> d;
  d.reply = runtime::share(std::move(a));
  return d;
}

outcome my_sessions(const account_state& s, const std::string&, const context&, const reads&) {
  ListSessionsReply reply;
  for (const auto& row : s.sessions) {
    auto& item = *reply.add_items();
    item.set_session_id(to_string(row.session_id));
    item.set_created_at(row.created_at);
    item.set_last_seen_at(row.last_seen_at);
    item.set_user_agent(row.user_agent);
  }
  runtime::decision<account_state> d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

}  // namespace

outcome account_entity::start_export(const state& s, const StartExportRequest&, const context& c,
                                     const reads&) {
  if (!s.open()) return unauthenticated("The session has ended.");
  const auto id = c.new_id();
  runtime::decision<account_state> d;
  d.statements.push_back(store::insert_export(id, s.id, c.now));
  StartedExport reply;
  reply.set_export_id(to_string(id));
  d.reply = runtime::share(std::move(reply));
  return d;
}

outcome account_entity::get_export(const state& s, const GetExportRequest& q, const context& c,
                                   const reads& r) {
  const auto id = parse_uuid(q.export_id()).value();
  if (r.size() == 0) return need{{store::find_export(id)}};
  const auto row = store::read_export(r.rows(0));
  if (!row || row->account_id != s.id || c.now >= row->made_at + kept_ms)
    return make_error(errc::not_found, "There is no such export.");
  const auto until = (row->made_at + kept_ms) / 1000;
  Export reply;
  reply.set_state("ready");
  reply.set_progress(1);
  reply.set_url("/v1/exports/" + to_string(id) + "?until=" + std::to_string(until) +
                "&sig=" + c.service<auth_services>().export_signature(id, until));
  reply.set_expires_at(until * 1000);
  runtime::decision<account_state> d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

outcome account_entity::export_part(const state& s, const views::ExportRequest& q, const context& c,
                                    const reads& r) {
  if (!s.open()) return make_error(errc::not_found);
  using rpc::message_type_of;
  static const runtime::export_list<account_state> lists[] = {
      {.name = "account", .reply = &message_type_of<ExportedAccount>(), .page = my_account},
      {.name = "sessions", .reply = &message_type_of<ListSessionsReply>(), .page = my_sessions}};
  return runtime::export_page<account_state>(lists, q, s, c, r);
}

export_entity::outcome export_entity::download_export(const state&, const DownloadExportRequest& q,
                                                      const context& c, const reads& r) {
  const auto id = parse_uuid(q.export_id());
  if (!id || !c.service<auth_services>().good_export(*id, q.until(), q.sig()))
    return make_error(errc::not_found, "There is no such export.");
  if (q.until() * 1000 <= c.now) return make_error(errc::expired, "This address has ended.");
  if (r.size() == 0) return need{{store::find_export(*id)}};
  const auto row = store::read_export(r.rows(0));
  if (!row) return make_error(errc::not_found, "There is no such export.");
  views::Archive archive;
  archive.set_account_id(to_string(row->account_id));
  runtime::decision<export_state> d;
  d.reply = runtime::share(std::move(archive));
  return d;
}

}  // namespace nova::auth
