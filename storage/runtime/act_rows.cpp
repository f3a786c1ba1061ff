#include "storage/runtime/act_rows.hpp"

#include "storage/runtime/runtime_queries.hpp"

namespace nova::storage {

namespace {
enum : std::size_t { id, at, actor, act, target, reason };
}

std::string actor_of(const rpc::caller& operating) {
  return operating.account.is_nil() ? operating.address : to_string(operating.account);
}

statement record_act(const act_row& row) {
  return {&runtime_queries::insert_act,
          {row.id, timestamp{row.at}, row.actor, row.act, row.target, row.reason}};
}

statement newest_acts(std::int64_t limit) { return {&runtime_queries::newest_acts, {limit}}; }

std::vector<act_row> read_acts(const rows& r) {
  std::vector<act_row> out;
  for (std::size_t i = 0; i < r.size(); ++i)
    out.push_back({r.id(i, id), r.time(i, at), r.text(i, actor), r.text(i, act), r.text(i, target),
                   r.text(i, reason)});
  return out;
}

}  // namespace nova::storage
