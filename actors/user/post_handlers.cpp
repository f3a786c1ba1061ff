// Handlers of profile_entity: what content tells of an account's posts and comments. The account counts its posts and
// notices for others.
#include "actors/user/notice_rules.hpp"
#include "actors/user/profile_entity.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "storage/user/user_store.hpp"

namespace nova::user {
namespace {

using runtime::context;
using runtime::reads;
using decision = runtime::decision<profile_state>;
using outcome = profile_entity::outcome;

template <class Ids>
void notice_all(decision& d, const profile_state& s, const Ids& recipients, std::string_view kind,
                const std::string& post, unix_ms at) {
  for (const auto& recipient : recipients)
    if (const auto id = parse_uuid(recipient)) notice(d, s.id, *id, kind, post, at);
}

outcome counted(const profile_state& s, std::int64_t by) {
  decision d;
  if (s.profile) d.statements.push_back(store::count_posts(s.id, by));
  return d;
}

}  // namespace

void notice(decision& d, const uuid& account, const uuid& recipient, std::string_view kind,
            const std::string& post, unix_ms at) {
  if (recipient == account) return;
  Noticed e;
  e.set_account_id(to_string(account));
  e.set_recipient_id(to_string(recipient));
  e.set_kind(kind.data(), kind.size());
  if (!post.empty()) e.set_post_id(post);
  e.set_at(at);
  d.events.push_back({&noticed_event(), runtime::share(std::move(e))});
}

outcome profile_entity::on_post_published(const profile_state& s, const content::PostPublished& e,
                                          const context&, const reads&) {
  if (!s.profile) return decision{};
  decision d;
  d.statements.push_back(store::count_posts(s.id, 1));
  notice_all(d, s, e.mentions(), notice_kind::mention, e.post_id(), e.at());
  return d;
}

outcome profile_entity::on_post_edited(const profile_state& s, const content::PostEdited& e,
                                       const context&, const reads&) {
  decision d;
  if (s.profile) notice_all(d, s, e.added_mentions(), notice_kind::mention, e.post_id(), e.at());
  return d;
}

outcome profile_entity::on_post_deleted(const profile_state& s, const content::PostDeleted&,
                                        const context&, const reads&) {
  return counted(s, -1);
}

outcome profile_entity::on_post_restored(const profile_state& s, const content::PostRestored&,
                                         const context&, const reads&) {
  return counted(s, 1);
}

outcome profile_entity::on_comment_made(const profile_state& s, const content::CommentMade& e,
                                        const context&, const reads&) {
  decision d;
  if (!s.profile) return d;
  notice_all(d, s, e.notify(), notice_kind::comment, e.post_id(), e.at());
  notice_all(d, s, e.mentions(), notice_kind::mention, e.post_id(), e.at());
  return d;
}

outcome profile_entity::on_poll_ended(const profile_state& s, const content::PollEnded& e,
                                      const context&, const reads&) {
  decision d;
  if (s.profile) notice_all(d, s, e.notify(), notice_kind::poll_ended, e.post_id(), e.at());
  return d;
}

outcome profile_entity::on_pins_changed(const profile_state& s, const content::PinsChanged& e,
                                        const context&, const reads&) {
  decision d;
  if (!s.profile) return d;
  Pins pins;
  *pins.mutable_post_ids() = e.post_ids();
  auto packed = pins.SerializeAsString();
  d.statements.push_back(store::save_pins(s.id, packed));
  d.apply = [packed = std::move(packed)](profile_state& x) { x.profile->pinned = packed; };
  return d;
}

}  // namespace nova::user
