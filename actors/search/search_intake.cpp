#include "actors/search/search_intake.hpp"

#include "actors/search/term_rules.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/core/text.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "protocols/messaging/messaging.pb.h"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "storage/search/search_store.hpp"

#include <algorithm>
#include <stdexcept>

namespace nova::search {
namespace {

using runtime::context;
using runtime::effect;
using runtime::intake;
using runtime::read_model_effect;
using runtime::reads;
using storage::statement;

uuid id_of(const std::string& text) { return parse_uuid(text).value(); }

template <class Ids>
std::vector<uuid> ids_of(const Ids& texts) {
  std::vector<uuid> out;
  for (const auto& text : texts) out.push_back(id_of(text));
  return out;
}

/// All events about one row come from one shard, so their numbers there order them.
std::int64_t revision_of(const context& c) { return static_cast<std::int64_t>(c.event_seq); }

/// An intake whose event becomes statements of the read model.
template <class Event>
intake into(const rpc::event_type& type,
            std::vector<statement> (*change)(const Event&, const context&), bool safety = false) {
  return {&type,
          [change](const rpc::message& m, const context& c, const reads&) -> effect {
            return read_model_effect{change(static_cast<const Event&>(m), c), {}, {}};
          },
          safety};
}

// ---- posts

visibility visibility_of(const std::string& name) {
  if (name == "public") return visibility::everyone;
  if (name == "followers") return visibility::followers;
  if (name == "mentioned") return visibility::mentioned;
  throw std::invalid_argument("a post's visibility is unknown");
}

template <class Event>
std::vector<uuid> readers_of(const Event& e) {
  return e.visibility() == "mentioned" ? ids_of(e.mentions()) : std::vector<uuid>();
}

template <class Event>
std::vector<statement> put_post(const Event& e, unix_ms at, const context& c) {
  const auto terms = terms_of(e.text());
  store::post_document d;
  d.post_id = id_of(e.post_id());
  d.revision = revision_of(c);
  d.author_id = id_of(e.author_id());
  d.at = at;
  d.seen_by = visibility_of(e.visibility());
  d.mentions = readers_of(e);
  if (e.has_language()) d.language = ascii_lower(e.language());
  d.text = e.text();
  d.length = std::ssize(terms);
  d.terms = vector_text(terms);
  return {store::put_post(std::move(d))};
}

std::vector<statement> on_published(const content::PostPublished& e, const context& c) {
  return put_post(e, e.at(), c);
}
std::vector<statement> on_edited(const content::PostEdited& e, const context& c) {
  return put_post(e, e.published_at(), c);
}
std::vector<statement> on_restored(const content::PostRestored& e, const context& c) {
  return put_post(e, e.published_at(), c);
}
std::vector<statement> on_visibility(const content::PostVisibilityChanged& e, const context& c) {
  return {store::set_visibility(id_of(e.post_id()), revision_of(c), visibility_of(e.visibility()),
                                readers_of(e))};
}
template <class Event>
std::vector<statement> on_post_gone(const Event& e, const context& c) {
  return {store::end_post(id_of(e.post_id()), revision_of(c), c.now)};
}

// ---- messages

std::vector<statement> on_sent(const messaging::MessageSent& e, const context&) {
  store::message_document d;
  d.conversation_id = id_of(e.conversation_id());
  d.seq = e.seq();
  d.revision = e.rev();
  d.message_id = id_of(e.message_id());
  d.sender_id = id_of(e.sender_id());
  d.at = e.sent_at();
  d.text = e.text();
  d.terms = vector_text(terms_of(e.text()));
  return {store::put_message(std::move(d))};
}

std::vector<statement> on_changed(const messaging::MessageChanged& e, const context& c) {
  const auto conversation = id_of(e.conversation_id());
  if (!e.has_text()) return {store::end_message(conversation, e.seq(), e.rev(), c.now)};
  return {store::edit_message(conversation, e.seq(), e.rev(), e.text(),
                              vector_text(terms_of(e.text())))};
}

std::vector<statement> on_members_added(const messaging::MembersAdded& e, const context&) {
  return {store::add_members(id_of(e.conversation_id()), ids_of(e.account_ids()), e.rev(),
                             e.from_seq())};
}
std::vector<statement> on_member_removed(const messaging::MemberRemoved& e, const context& c) {
  return {store::end_member(id_of(e.conversation_id()), id_of(e.account_id()), e.rev(), c.now)};
}

// ---- people

/// An account's id holds the time of its registration.
unix_ms registered_at(const uuid& account) {
  unix_ms out = 0;
  for (std::size_t i = 0; i < 6; ++i) out = out << 8 | account.data[i];
  return std::min(out, store::end_of_time - 1);
}

/// The handle whole and in its parts, the handle with its sign, the words of the name.
std::string person_terms(const std::string& handle, const std::string& display_name) {
  auto parts = handle;
  std::ranges::replace(parts, '_', ' ');
  auto terms = terms_of(handle + "\n" + parts + "\n" + display_name);
  term sign;
  sign.text = "@" + ascii_lower(handle);
  sign.position = 1;
  terms.push_back(std::move(sign));
  return vector_text(terms);
}

std::vector<statement> on_profile(const user::ProfileChanged& e, const context& c) {
  store::person_document d;
  d.account_id = id_of(e.account_id());
  d.revision = revision_of(c);
  d.registered_at = registered_at(d.account_id);
  d.handle = e.handle();
  d.display_name = e.display_name();
  d.is_private = e.private_();
  d.terms = person_terms(e.handle(), e.display_name());
  return {store::put_person(std::move(d))};
}
std::vector<statement> on_privacy(const user::PrivacyChanged& e, const context& c) {
  return {
      store::set_privacy(id_of(e.account_id()), revision_of(c), e.private_(), e.discoverable())};
}

std::vector<statement> on_followed(const user::Followed& e, const context& c) {
  return {store::put_follow(id_of(e.account_id()), id_of(e.followed_id()), revision_of(c),
                            std::nullopt)};
}
std::vector<statement> on_unfollowed(const user::Unfollowed& e, const context& c) {
  if (e.requested()) return {};
  return {store::put_follow(id_of(e.account_id()), id_of(e.followed_id()), revision_of(c), c.now)};
}
std::vector<statement> on_blocked(const user::Blocked& e, const context& c) {
  return {
      store::put_block(id_of(e.account_id()), id_of(e.blocked_id()), revision_of(c), std::nullopt)};
}
std::vector<statement> on_unblocked(const user::Unblocked& e, const context& c) {
  return {store::put_block(id_of(e.account_id()), id_of(e.blocked_id()), revision_of(c), c.now)};
}

// ---- the account's end

std::vector<statement> on_closed(const auth::AccountClosed& e, const context& c) {
  return {store::set_closed(id_of(e.account_id()), revision_of(c), true)};
}
std::vector<statement> on_reopened(const auth::AccountReopened& e, const context& c) {
  return {store::set_closed(id_of(e.account_id()), revision_of(c), false)};
}
std::vector<statement> on_erase(const auth::EraseAccount& e, const context&) {
  using namespace content;
  using namespace messaging;
  return store::erase_account(
      id_of(e.account_id()),
      {auth::erase_account_event().number, auth::confirm_erasure_event().number},
      {{PostPublished::kAuthorIdFieldNumber, post_published_event().number},
       {PostEdited::kAuthorIdFieldNumber, post_edited_event().number},
       {PostRestored::kAuthorIdFieldNumber, post_restored_event().number},
       {PostVisibilityChanged::kAuthorIdFieldNumber, post_visibility_changed_event().number},
       {MessageSent::kSenderIdFieldNumber, message_sent_event().number},
       {MessageChanged::kSenderIdFieldNumber, message_changed_event().number}});
}
// Behind the last profile of the account, which may have come later than auth's event.
std::vector<statement> on_erased(const user::AccountErased& e, const context&) {
  return {store::drop_account(id_of(e.account_id()))};
}

// A rebuild counts nothing and leaves dead letters alone.
intake erasing() {
  auto out = into<auth::EraseAccount>(auth::erase_account_event(), on_erase);
  out.rebuild = [](const rpc::message& m) -> std::vector<statement> {
    return {store::drop_account(id_of(static_cast<const auth::EraseAccount&>(m).account_id()))};
  };
  return out;
}

}  // namespace

std::vector<intake> intakes() {
  using namespace content;
  using namespace messaging;
  return {
      into<PostPublished>(post_published_event(), on_published),
      into<PostEdited>(post_edited_event(), on_edited),
      into<PostRestored>(post_restored_event(), on_restored),
      into<PostVisibilityChanged>(post_visibility_changed_event(), on_visibility, true),
      into<PostDeleted>(post_deleted_event(), on_post_gone<PostDeleted>, true),
      into<PostPurged>(post_purged_event(), on_post_gone<PostPurged>),
      into<MessageSent>(message_sent_event(), on_sent),
      into<MessageChanged>(message_changed_event(), on_changed),
      into<MembersAdded>(members_added_event(), on_members_added),
      into<MemberRemoved>(member_removed_event(), on_member_removed, true),
      into<user::ProfileChanged>(user::profile_changed_event(), on_profile),
      into<user::PrivacyChanged>(user::privacy_changed_event(), on_privacy, true),
      into<user::Followed>(user::followed_event(), on_followed),
      into<user::Unfollowed>(user::unfollowed_event(), on_unfollowed),
      into<user::Blocked>(user::blocked_event(), on_blocked, true),
      into<user::Unblocked>(user::unblocked_event(), on_unblocked, true),
      into<auth::AccountClosed>(auth::account_closed_event(), on_closed, true),
      into<auth::AccountReopened>(auth::account_reopened_event(), on_reopened, true),
      erasing(),
      into<user::AccountErased>(user::account_erased_event(), on_erased),
      {&user::registration_confirmed_event(),
       [](const rpc::message& m, const context&, const reads&) -> effect {
         return runtime::entity_effect{
             "seeker", static_cast<const user::RegistrationConfirmed&>(m).account_id()};
       }},
      {&auth::confirm_erasure_event(),
       [](const rpc::message& m, const context&, const reads&) -> effect {
         return runtime::entity_effect{"seeker",
                                       static_cast<const auth::ConfirmErasure&>(m).account_id()};
       }},
  };
}

}  // namespace nova::search
