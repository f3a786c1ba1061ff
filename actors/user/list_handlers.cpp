// Handlers of profile_entity: lists of people.
#include "actors/user/profile_entity.hpp"
#include "actors/user/user_rules.hpp"
#include "protocols/core/page.hpp"
#include "protocols/user/user.pb.h"
#include "protocols/views/views.pb.h"
#include "storage/user/user_queries.hpp"
#include "storage/user/user_store.hpp"

namespace nova::user {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using decision = runtime::decision<profile_state>;
using outcome = profile_entity::outcome;

struct page_wish {
  std::int64_t limit = 0;
  store::page_mark behind;
};

template <class Request>
result<page_wish> wish_of(const Request& q) {
  const auto limit = page_limit(q);
  if (limit.has_error()) return limit.error();
  const auto mark = q.has_cursor() ? parse_cursor(q.cursor()) : std::optional(first_page());
  if (!mark) return invalid_field("cursor", "This is not a cursor of this list.");
  return page_wish{*limit, *mark};
}

decision shown(const std::vector<card_row>& rows, std::int64_t limit, const uuid& viewer,
               bool with_time) {
  CardPage reply;
  for (const auto& row : rows) {
    if (reply.items_size() == limit) {
      const auto& last = rows[static_cast<std::size_t>(limit - 1)];
      reply.set_next_cursor(cursor_text({last.at, last.account_id}));
      break;
    }
    auto& card = *reply.add_items();
    card = card_message(row, !viewer.is_nil());
    if (with_time) card.set_requested_at(row.at);
  }
  decision d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

outcome list_people(const profile_state& s, const ListPeopleRequest& q, const context& c,
                    const reads& r, const storage::query& which) {
  const auto wish = wish_of(q);
  if (wish.has_error()) return wish.error();
  if (!s.profile) return no_such_person();
  const auto& viewer = c.caller.account;
  if (!may_see(*s.profile, viewer)) return make_error(errc::unauthenticated);
  if (r.size() == 0)
    return need{{store::profile_facts(s.id, viewer, c.now),
                 store::page(which, s.id, viewer, c.now, wish->behind, wish->limit + 1)}};
  const auto facts = read_profile_facts(r.rows(0));
  if (facts.blocks_viewer) return make_error(errc::blocked);
  if (s.profile->is_private && viewer != s.id && !facts.relation.following)
    return make_error(errc::forbidden, "Only followers see this list.");
  return shown(read_page(r.rows(1)), wish->limit, viewer, false);
}

outcome list_mine(const profile_state& s, const ListMineRequest& q, const context& c,
                  const reads& r, const storage::query& which) {
  const auto wish = wish_of(q);
  if (wish.has_error()) return wish.error();
  if (!s.profile) return no_such_person();
  if (r.size() == 0)
    return need{{store::page(which, s.id, s.id, c.now, wish->behind, wish->limit + 1)}};
  return shown(read_page(r.rows(0)), wish->limit, s.id, &which == &queries::follow_requests);
}

}  // namespace

outcome profile_entity::list_followers(const profile_state& s, const ListPeopleRequest& q,
                                       const context& c, const reads& r) {
  return list_people(s, q, c, r, queries::followers);
}

outcome profile_entity::list_following(const profile_state& s, const ListPeopleRequest& q,
                                       const context& c, const reads& r) {
  return list_people(s, q, c, r, queries::following);
}

outcome profile_entity::list_follow_requests(const profile_state& s, const ListMineRequest& q,
                                             const context& c, const reads& r) {
  return list_mine(s, q, c, r, queries::follow_requests);
}

outcome profile_entity::list_blocks(const profile_state& s, const ListMineRequest& q,
                                    const context& c, const reads& r) {
  return list_mine(s, q, c, r, queries::blocks);
}

outcome profile_entity::list_mutes(const profile_state& s, const ListMineRequest& q,
                                   const context& c, const reads& r) {
  return list_mine(s, q, c, r, queries::mutes);
}

outcome profile_entity::list_suggestions(const profile_state& s, const ListSuggestionsRequest& q,
                                         const context& c, const reads& r) {
  const auto limit = page_limit(q);
  if (limit.has_error()) return limit.error();
  if (!s.profile) return no_such_person();
  if (r.size() == 0) return need{{store::suggestions(s.id, c.now, *limit)}};
  ListSuggestionsReply reply;
  for (const auto& row : read_suggestions(r.rows(0))) {
    auto& item = *reply.add_items();
    *item.mutable_person() = card_message(row.person, true);
    item.set_followed_by_count(row.common);
    for (const auto& account : row.via) item.add_followed_by()->set_account_id(to_string(account));
  }
  decision d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

}  // namespace nova::user
