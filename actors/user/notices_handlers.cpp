// Handlers of notices_entity.
#include "actors/user/notice_rules.hpp"
#include "actors/user/notices_entity.hpp"
#include "actors/user/user_rules.hpp"
#include "actors/user/user_services.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/core/page.hpp"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "storage/user/user_store.hpp"

#include <algorithm>

namespace nova::user {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using decision = runtime::decision<notices_state>;
using outcome = notices_entity::outcome;

/// Positions of the reads that a new notice needs.
enum : std::size_t { of_actor, of_settings, of_relation, of_known };

runtime::audience owner_of(const notices_state& s) {
  return {std::make_shared<const std::vector<uuid>>(1, s.account)};
}

void keep(decision& d, const notices_state& s, const notice_row& row, std::int64_t most) {
  d.statements.push_back(store::insert_notice(s.account, row));
  const bool trims = s.head.total + 1 >= most + notices_entity::trim_step;
  if (trims) d.statements.push_back(store::trim_notices(s.account, most));
  d.apply = [id = row.notification_id, trims, most](notices_state& x) {
    x.head.last = id;
    x.head.total = trims ? most : x.head.total + 1;
    x.head.unread = std::min(x.head.unread + 1, x.head.total);
  };
}

outcome notice(const notices_state& s, notice_row row, const context& c, const reads& r) {
  if (s.account.is_nil() || row.actor_id == s.account) return decision{};
  if (told_once(row.kind)) row.told_at = 0;
  if (r.size() == 0)
    return need{{store::cards({row.actor_id}, s.account, c.now), store::settings(s.account),
                 store::relation_facts(s.account, row.actor_id, c.now),
                 store::notice_known(s.account, row)}};
  auto actor = read_cards(r.rows(of_actor));
  if (actor.empty() || !r.rows(of_known).empty()) return decision{};
  if (!told(row.kind, read_settings(r.rows(of_settings)), read_relation_facts(r.rows(of_relation))))
    return decision{};
  row.notification_id = next_notice_id(c.new_id(), s.head.last);
  row.created_at = c.now;
  decision d;
  keep(d, s, row, c.service<user_services>().settings.notifications_per_account);
  auto item = notification_message(
      {std::move(actor.front()), row.notification_id, row.kind, row.post_id, row.created_at},
      s.head.read_up_to);
  d.pushes.push_back({owner_of(s), make_push(std::move(item)), 0});
  return d;
}

}  // namespace

outcome notices_entity::list_notifications(const notices_state& s, const ListMineRequest& q,
                                           const context& c, const reads& r) {
  const auto limit = page_limit(q);
  if (limit.has_error()) return limit.error();
  std::optional<uuid> before;
  if (q.has_cursor() && !(before = parse_uuid(q.cursor())))
    return invalid_field("cursor", "This is not a cursor of this list.");
  // Counted anew: those of an account that has ended are gone without a word to this entity.
  if (r.size() == 0)
    return need{{store::notices(s.account, c.now, before, *limit + 1),
                 store::notices_behind(s.account, s.head.read_up_to.value_or(uuid{}))}};
  ListNotificationsReply reply;
  for (const auto& row : read_notices(r.rows(0))) {
    if (reply.items_size() == *limit) {
      reply.set_next_cursor(reply.items(reply.items_size() - 1).notification_id());
      break;
    }
    *reply.add_items() = notification_message(row, s.head.read_up_to);
  }
  reply.set_unread(read_count(r.rows(1)));
  decision d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

outcome notices_entity::read_notifications(const notices_state& s,
                                           const ReadNotificationsRequest& q, const context&,
                                           const reads& r) {
  auto up_to = parse_uuid(q.up_to()).value();
  decision d;
  d.reply = runtime::share(Empty{});
  if (!s.head.last) return d;
  up_to = std::min(up_to, *s.head.last);
  if (s.head.read_up_to && up_to <= *s.head.read_up_to) return d;
  if (r.size() == 0) return need{{store::notices_behind(s.account, up_to)}};
  d.statements.push_back(store::save_notice_mark(s.account, up_to));
  d.apply = [up_to, unread = read_count(r.rows(0))](notices_state& x) {
    x.head.read_up_to = up_to;
    x.head.unread = unread;
  };
  return d;
}

outcome notices_entity::on_noticed(const notices_state& s, const Noticed& e, const context& c,
                                   const reads& r) {
  notice_row row;
  row.kind = e.kind();
  row.actor_id = parse_uuid(e.account_id()).value();
  if (e.has_post_id()) row.post_id = parse_uuid(e.post_id());
  row.told_at = e.at();
  return notice(s, std::move(row), c, r);
}

outcome notices_entity::on_reaction_set(const notices_state& s, const content::ReactionSet& e,
                                        const context& c, const reads& r) {
  notice_row row;
  row.kind = notice_kind::reaction;
  row.actor_id = parse_uuid(e.account_id()).value();
  row.post_id = parse_uuid(e.post_id());
  row.told_at = e.at();
  return notice(s, std::move(row), c, r);
}

outcome notices_entity::on_post_shared(const notices_state& s, const content::PostShared& e,
                                       const context& c, const reads& r) {
  notice_row row;
  row.kind = notice_kind::share;
  row.actor_id = parse_uuid(e.account_id()).value();
  row.post_id = parse_uuid(e.post_id());
  row.told_at = e.at();
  return notice(s, std::move(row), c, r);
}

}  // namespace nova::user
