// See notice_rules.hpp.
#include "actors/user/notice_rules.hpp"

#include "actors/user/user_rules.hpp"
#include "protocols/user/user.pb.h"

namespace nova::user {
namespace {

std::optional<notify_bit> switch_of(std::string_view kind) {
  if (kind == notice_kind::follow || kind == notice_kind::follow_request) return notify_bit::follow;
  if (kind == notice_kind::mention) return notify_bit::mention;
  if (kind == notice_kind::comment) return notify_bit::comment;
  if (kind == notice_kind::reaction) return notify_bit::reaction;
  if (kind == notice_kind::share) return notify_bit::share;
  return std::nullopt;
}

}  // namespace

bool told(std::string_view kind, const settings_row& settings, const relation_facts_row& facts) {
  if (facts.muting || facts.blocking || facts.blocked_by) return false;
  const auto bit = switch_of(kind);
  if (bit && (settings.notify & static_cast<std::int64_t>(*bit)) == 0) return false;
  if (kind != notice_kind::mention) return true;
  if (settings.mention_from == "nobody") return false;
  return settings.mention_from != "following" || (facts.follows && !facts.requested);
}

bool told_once(std::string_view kind) {
  return kind == notice_kind::follow || kind == notice_kind::follow_request ||
         kind == notice_kind::reaction || kind == notice_kind::share;
}

uuid next_notice_id(const uuid& fresh, const std::optional<uuid>& last) {
  if (!last || fresh > *last) return fresh;
  auto next = *last;
  for (auto at = next.end(); at != next.begin() && ++*--at == 0;) {
  }
  return next;
}

Notification notification_message(const shown_notice_row& row,
                                  const std::optional<uuid>& read_up_to) {
  Notification n;
  n.set_notification_id(to_string(row.notification_id));
  n.set_kind(row.kind);
  *n.mutable_actor() = card_message(row.actor, true);
  if (row.post_id) n.set_post_id(to_string(*row.post_id));
  n.set_created_at(row.created_at);
  n.set_read(read_up_to && row.notification_id <= *read_up_to);
  return n;
}

}  // namespace nova::user
