// Handlers of operators_entity.
#include "actors/auth/operators_entity.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/core/text.hpp"
#include "protocols/operations/operations.pb.h"
#include "storage/auth/auth_store.hpp"
#include "storage/auth/operator_store.hpp"
#include "storage/runtime/act_rows.hpp"

#include <algorithm>

namespace nova::auth {
namespace {

using runtime::context;
using runtime::reads;
using decision = runtime::decision<operators_state>;
using outcome = operators_entity::outcome;

auto find(const std::vector<operator_row>& all, const uuid& account) {
  return std::ranges::find(all, account, &operator_row::account_id);
}

void record(decision& d, const context& c, std::string_view act, const uuid& account,
            const std::string& reason) {
  d.statements.push_back(storage::record_act({c.new_id(), c.now, storage::actor_of(c.caller),
                                              std::string(act), to_string(account), reason}));
}

runtime::need account_named(const std::string& handle) {
  return runtime::need{{store::name_owner(ascii_lower(handle))}};
}

}  // namespace

outcome operators_entity::list_operators(const operators_state& s, const ListOperatorsRequest&,
                                         const context&, const reads&) {
  ListOperatorsReply reply;
  for (const auto& row : s.all) {
    auto* item = reply.add_items();
    item->set_account_id(to_string(row.account_id));
    item->set_handle(row.handle);
    item->set_since(row.since);
    item->set_added_by(row.added_by);
  }
  decision d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

outcome operators_entity::add_operator(const operators_state& s, const AddOperatorRequest& q,
                                       const context& c, const reads& r) {
  if (r.size() == 0) return account_named(q.handle());
  const auto account = read_owner(r.rows(0));
  if (!account) return make_error(errc::not_found, "There is no account with this handle.");
  decision d;
  d.reply = runtime::share(Empty{});
  if (find(s.all, *account) != s.all.end()) return d;
  if (s.all.size() >= max_operators)
    return make_error(errc::conflict, "There are as many operators as Nova takes.");
  operator_row row{*account, ascii_lower(q.handle()), c.now, storage::actor_of(c.caller)};
  d.statements.push_back(store::insert_operator(row));
  record(d, c, "add_operator", *account, q.reason());
  d.apply = [row](operators_state& x) { x.all.push_back(row); };
  return d;
}

outcome operators_entity::remove_operator(const operators_state& s, const RemoveOperatorRequest& q,
                                          const context& c, const reads&) {
  const auto named = std::ranges::find(s.all, ascii_lower(q.handle()), &operator_row::handle);
  decision d;
  d.reply = runtime::share(Empty{});
  if (named == s.all.end()) return d;
  const auto account = named->account_id;
  d.statements.push_back(store::delete_operator(account));
  record(d, c, "remove_operator", account, q.reason());
  d.apply = [account](operators_state& x) {
    std::erase_if(x.all, [&](const operator_row& row) { return row.account_id == account; });
  };
  return d;
}

outcome operators_entity::standing(const operators_state& s, const operations::StandingRequest&,
                                   const context& c, const reads&) {
  operations::StandingReply reply;
  reply.set_granted(find(s.all, c.caller.account) != s.all.end());
  decision d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

}  // namespace nova::auth
