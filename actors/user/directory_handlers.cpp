// Handlers of directory_entity.
#include "actors/user/directory_entity.hpp"

#include "actors/user/user_rules.hpp"
#include "protocols/core/page.hpp"
#include "protocols/core/text.hpp"
#include "protocols/user/user.pb.h"
#include "protocols/views/views.pb.h"
#include "storage/user/user_store.hpp"

namespace nova::user {

directory_entity::outcome directory_entity::get_profile_by_handle(
    const directory_state&, const GetProfileByHandleRequest& q, const runtime::context& c,
    const runtime::reads& r) {
  if (!possible_handle(q.handle())) return no_such_person();
  if (r.size() == 0) {
    const auto name = ascii_lower(q.handle());
    return runtime::need{
        {store::profile_by_handle(name), store::profile_by_former_handle(name, c.now)}};
  }
  auto found = read_profile(r.rows(0));
  if (!found) found = read_profile(r.rows(1));
  if (!found) return no_such_person();
  const auto& viewer = c.caller.account;
  if (!may_see(*found, viewer)) return make_error(errc::unauthenticated);
  if (r.size() == 2) return runtime::need{{store::profile_facts(found->account_id, viewer, c.now)}};
  runtime::decision<directory_state> d;
  d.reply = runtime::share(seen_profile(*found, read_profile_facts(r.rows(2)), viewer));
  return d;
}

directory_entity::outcome directory_entity::cards(const directory_state&,
                                                  const views::CardsRequest& q,
                                                  const runtime::context& c,
                                                  const runtime::reads& r) {
  const auto& viewer = c.caller.account;
  if (r.size() == 0) {
    std::vector<uuid> asked;
    asked.reserve(static_cast<std::size_t>(q.account_ids_size()));
    for (const auto& id : q.account_ids())
      if (auto parsed = parse_uuid(id)) asked.push_back(*parsed);
    return runtime::need{{store::cards(std::move(asked), viewer, c.now)}};
  }
  views::CardsReply reply;
  for (const auto& row : read_cards(r.rows(0)))
    *reply.add_items() = card_message(row, !viewer.is_nil());
  runtime::decision<directory_state> d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

directory_entity::outcome directory_entity::search_people(const directory_state&,
                                                          const SearchPeopleRequest& q,
                                                          const runtime::context& c,
                                                          const runtime::reads& r) {
  const auto limit = page_limit(q);
  if (limit.has_error()) return limit.error();
  const auto& viewer = c.caller.account;
  if (r.size() == 0) {
    auto handle = without_blanks(q.q());
    if (handle.starts_with('@')) handle.remove_prefix(1);
    return runtime::need{
        {store::search_people(possible_handle(handle) ? ascii_lower(handle) : std::string(),
                              folded_words(q.q(), false), viewer, c.now, *limit)}};
  }
  CardPage reply;
  for (const auto& row : read_cards(r.rows(0))) *reply.add_items() = card_message(row, true);
  runtime::decision<directory_state> d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

}  // namespace nova::user
