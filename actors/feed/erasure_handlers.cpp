// Handlers of home_entity for the end of its account: bounded steps by reminder. Rows of other accounts go by events, shard by shard.
#include "actors/feed/home_entity.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/feed/feed.nova.hpp"
#include "protocols/user/user.pb.h"
#include "storage/feed/erasure_store.hpp"

#include <google/protobuf/wrappers.pb.h>

namespace nova::feed {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using runtime::share;
using decision = runtime::decision<home_state>;
using outcome = home_entity::outcome;

/// Entries that one step takes away: each is an event.
constexpr std::int64_t entries_at_once = 200;
constexpr std::int64_t rows_at_once = 1'000;
/// Goes on with the certificate's id. Behind user's AccountErased the same steps run once more, and are not confirmed.
constexpr std::string_view erase_reminder = "erase:", sweep_reminder = "sweep";

template <class Event>
void tell(decision& d, const rpc::event_type& type, Event e) {
  d.events.push_back({&type, share(std::move(e))});
}

decision begins(std::string reminder, const home_state& s, const context& c) {
  decision d;
  AuthorGone gone;
  gone.set_author_id(to_string(s.account));
  tell(d, author_gone_event(), std::move(gone));
  d.reminders.push_back({std::move(reminder), c.now});
  return d;
}

decision take_away(const home_state& s, const store::entries_left& entries) {
  decision d;
  d.statements = store::erase_entries(s.account, entries);
  d.statements.push_back(store::count_erased(s.account, static_cast<std::int64_t>(entries.size())));
  for (const auto& post : entries.posts) {
    EntryGone e;
    e.set_post_id(to_string(post));
    tell(d, entry_gone_event(), std::move(e));
  }
  for (const auto& post : entries.shares) {
    EntryGone e;
    e.set_post_id(to_string(post));
    e.set_sharer_id(to_string(s.account));
    tell(d, entry_gone_event(), std::move(e));
  }
  for (const auto& author : entries.followed) {
    FollowerLost e;
    e.set_author_id(to_string(author));
    e.set_account_id(to_string(s.account));
    tell(d, follower_lost_event(), std::move(e));
  }
  return d;
}

decision confirmed(const home_state& s, std::string_view certificate, std::int64_t erased) {
  decision d;
  d.statements = store::forget_home(
      s.account, {auth::erase_account_event().number},
      {{content::PostPublished::kAuthorIdFieldNumber, content::post_published_event().number},
       {content::PostEdited::kAuthorIdFieldNumber, content::post_edited_event().number},
       {content::PostVisibilityChanged::kAuthorIdFieldNumber,
        content::post_visibility_changed_event().number},
       {content::PostRestored::kAuthorIdFieldNumber, content::post_restored_event().number}});
  d.passivate = true;
  if (certificate.empty()) return d;
  d.statements.push_back(store::end_erasure(s.account));
  ErasureConfirmed answer;
  answer.set_account_id(to_string(s.account));
  answer.set_certificate_id(std::string(certificate));
  answer.set_erased(erased);
  tell(d, erasure_confirmed_event(), std::move(answer));
  return d;
}

}  // namespace

outcome home_entity::on_erase_account(const state& s, const auth::EraseAccount& e, const context& c,
                                      const reads&) {
  auto d = begins(std::string(erase_reminder) + e.certificate_id(), s, c);
  d.statements.push_back(store::begin_erasure(s.account));
  return d;
}

outcome home_entity::on_account_erased(const state& s, const user::AccountErased&, const context& c,
                                       const reads&) {
  return begins(std::string(sweep_reminder), s, c);
}

/// Reads: entries, whether rows are left, the count.
outcome home_entity::on_due(const state& s, const google::protobuf::StringValue& name,
                            const context& c, const reads& r) {
  const std::string_view due = name.value();
  const bool erases = due.starts_with(erase_reminder);
  if (!erases && due != sweep_reminder) return decision{};
  if (r.size() == 0)
    return need{{store::entries_of(s.account, entries_at_once), store::rows_left(s.account),
                 store::erasure(s.account)}};
  const auto entries = store::read_entries_left(r.rows(0));
  if (entries.size() == 0 && !store::read_rows_left(r.rows(1)))
    return confirmed(s, erases ? due.substr(erase_reminder.size()) : std::string_view(),
                     store::read_erasure(r.rows(2)));
  decision d;
  if (entries.size() > 0) d = take_away(s, entries);
  else d.statements = store::erase_rows(s.account, rows_at_once);
  d.reminders.push_back({name.value(), c.now + 1});
  return d;
}

}  // namespace nova::feed
