// See user_intake.hpp.
#include "actors/user/user_intake.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "storage/user/user_store.hpp"

namespace nova::user {
namespace {

using runtime::context;
using runtime::effect;
using runtime::entity_effect;
using runtime::read_model_effect;
using runtime::reads;

template <class Event>
using account_of = const std::string& (Event::*)() const;

/// Lands in the entity of the account that `account` names.
template <class Event>
runtime::intake to(std::string_view kind, const rpc::event_type& type, account_of<Event> account) {
  return {&type, [kind, account](const rpc::message& m, const context&, const reads&) -> effect {
            return entity_effect{kind, (static_cast<const Event&>(m).*account)()};
          }};
}
template <class Event>
runtime::intake to_profile(const rpc::event_type& type, account_of<Event> account) {
  return to<Event>("profile", type, account);
}
template <class Event>
runtime::intake to_notices(const rpc::event_type& type, account_of<Event> account) {
  return to<Event>("notices", type, account);
}

effect on_followed(const rpc::message& m, const context&, const reads&) {
  const auto& e = static_cast<const Followed&>(m);
  return read_model_effect{{store::add_follower(parse_uuid(e.followed_id()).value(),
                                                parse_uuid(e.account_id()).value(), e.at())},
                           {},
                           {}};
}

effect on_unfollowed(const rpc::message& m, const context&, const reads&) {
  const auto& e = static_cast<const Unfollowed&>(m);
  return read_model_effect{{store::drop_follower(parse_uuid(e.followed_id()).value(),
                                                 parse_uuid(e.account_id()).value())},
                           {},
                           {}};
}

}  // namespace

std::vector<runtime::intake> intakes() {
  auto blocked = to_profile<Blocked>(blocked_event(), &Blocked::blocked_id);
  blocked.safety = true;
  return {
      to_profile<auth::AccountRegistered>(auth::account_registered_event(),
                                          &auth::AccountRegistered::account_id),
      to_profile<auth::AccountClosed>(auth::account_closed_event(),
                                      &auth::AccountClosed::account_id),
      to_profile<auth::AccountReopened>(auth::account_reopened_event(),
                                        &auth::AccountReopened::account_id),
      to_profile<auth::EraseAccount>(auth::erase_account_event(), &auth::EraseAccount::account_id),
      to_profile<auth::HandleChanged>(auth::handle_changed_event(),
                                      &auth::HandleChanged::account_id),
      std::move(blocked),
      to_profile<FollowRequested>(follow_requested_event(), &FollowRequested::followed_id),
      to_profile<FollowAnswered>(follow_answered_event(), &FollowAnswered::follower_id),
      {&followed_event(), on_followed},
      {&unfollowed_event(), on_unfollowed},
      to_notices<Noticed>(noticed_event(), &Noticed::recipient_id),
      to_notices<content::ReactionSet>(content::reaction_set_event(),
                                       &content::ReactionSet::author_id),
      to_notices<content::PostShared>(content::post_shared_event(),
                                      &content::PostShared::author_id),
      to_profile<content::PostPublished>(content::post_published_event(),
                                         &content::PostPublished::author_id),
      to_profile<content::PostEdited>(content::post_edited_event(),
                                      &content::PostEdited::author_id),
      to_profile<content::PostDeleted>(content::post_deleted_event(),
                                       &content::PostDeleted::author_id),
      to_profile<content::PostRestored>(content::post_restored_event(),
                                        &content::PostRestored::author_id),
      to_profile<content::CommentMade>(content::comment_made_event(),
                                       &content::CommentMade::author_id),
      to_profile<content::PollEnded>(content::poll_ended_event(), &content::PollEnded::author_id),
      to_profile<content::PinsChanged>(content::pins_changed_event(),
                                       &content::PinsChanged::account_id),
  };
}

}  // namespace nova::user
