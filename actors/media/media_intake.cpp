#include "actors/media/media_intake.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/messaging/messaging.nova.hpp"
#include "protocols/messaging/messaging.pb.h"
#include "protocols/streaming/streaming.nova.hpp"
#include "protocols/streaming/streaming.pb.h"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "storage/media/media_store.hpp"

namespace nova::media {
namespace {

using runtime::context;
using runtime::effect;
using runtime::entity_effect;
using runtime::read_model_effect;
using runtime::reads;

uuid id_of(const std::string& text) { return parse_uuid(text).value(); }

std::vector<uuid> ids_of(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::vector<uuid> out;
  for (const auto& text : texts)
    if (const auto id = parse_uuid(text)) out.push_back(*id);
  return out;
}

effect only(storage::statement s) { return read_model_effect{{std::move(s)}, {}, {}}; }

template <class Event>
runtime::intake taken(const rpc::event_type& type, effect (*take)(const Event&)) {
  return {&type, [take](const rpc::message& m, const context&, const reads&) {
            return take(static_cast<const Event&>(m));
          }};
}

template <class Event>
runtime::intake to_library(const rpc::event_type& type) {
  return {&type, [](const rpc::message& m, const context&, const reads&) -> effect {
            return entity_effect{"library", static_cast<const Event&>(m).account_id()};
          }};
}

effect on_published(const content::PostPublished& e) {
  if (e.media_ids().empty()) return std::monostate();
  return only(
      store::attach(ids_of(e.media_ids()), id_of(e.author_id()), "post", id_of(e.post_id()), {}));
}
// Its author alone sees it, as the post itself.
effect on_scheduled(const content::PostScheduled& e) {
  if (e.media_ids().empty()) return std::monostate();
  return only(
      store::attach(ids_of(e.media_ids()), id_of(e.author_id()), "post", id_of(e.post_id()), {}));
}
// Kept, and shown to no reader: its author may still delete the medium.
effect on_draft(const content::DraftMediaChanged& e) {
  return only(store::set_place(id_of(e.draft_id()), "draft", id_of(e.account_id()),
                               ids_of(e.media_ids()), false));
}
effect on_deleted(const content::PostDeleted& e) {
  return only(store::set_active(id_of(e.post_id()), "post", false));
}
effect on_restored(const content::PostRestored& e) {
  return only(store::set_active(id_of(e.post_id()), "post", true));
}
effect on_purged(const content::PostPurged& e) {
  return only(store::detach(id_of(e.post_id()), "post", std::nullopt));
}
effect on_comment(const content::CommentMade& e) {
  if (e.media_ids().empty()) return std::monostate();
  return only(store::attach(ids_of(e.media_ids()), id_of(e.author_id()), "post", id_of(e.post_id()),
                            e.comment_id()));
}
effect on_comment_deleted(const content::CommentDeleted& e) {
  return only(store::detach(id_of(e.post_id()), "post", e.comment_id()));
}

effect on_sent(const messaging::MessageSent& e) {
  if (e.media_ids().empty()) return std::monostate();
  return only(store::attach(ids_of(e.media_ids()), id_of(e.sender_id()), "conversation",
                            id_of(e.conversation_id()), std::to_string(e.seq())));
}
effect on_changed(const messaging::MessageChanged& e) {
  if (e.has_text()) return std::monostate();
  return only(store::detach(id_of(e.conversation_id()), "conversation", std::to_string(e.seq())));
}

// A conversation without members has no readers.
effect on_member_removed(const messaging::MemberRemoved& e) {
  if (!e.last()) return std::monostate();
  return only(store::detach(id_of(e.conversation_id()), "conversation", std::nullopt));
}

effect on_profile(const user::ProfileChanged& e) {
  std::vector<uuid> pictures;
  for (const auto* text : {&e.avatar_media_id(), &e.cover_media_id()})
    if (const auto id = parse_uuid(*text)) pictures.push_back(*id);
  const auto account = id_of(e.account_id());
  return only(store::set_place(account, "profile", account, std::move(pictures), true));
}

effect on_stream_ended(const streaming::StreamEnded& e) {
  if (e.record()) return entity_effect{"library", e.owner_id()};
  if (e.deleted()) return only(store::detach(id_of(e.stream_id()), "stream", std::nullopt));
  return std::monostate();
}

}  // namespace

std::vector<runtime::intake> intakes() {
  return {
      taken(content::post_published_event(), on_published),
      taken(content::post_scheduled_event(), on_scheduled),
      taken(content::draft_media_changed_event(), on_draft),
      taken(content::post_deleted_event(), on_deleted),
      taken(content::post_restored_event(), on_restored),
      taken(content::post_purged_event(), on_purged),
      taken(content::comment_made_event(), on_comment),
      taken(content::comment_deleted_event(), on_comment_deleted),
      taken(messaging::message_sent_event(), on_sent),
      taken(messaging::message_changed_event(), on_changed),
      taken(messaging::member_removed_event(), on_member_removed),
      taken(user::profile_changed_event(), on_profile),
      taken(streaming::stream_ended_event(), on_stream_ended),
      to_library<user::AccountErased>(user::account_erased_event()),
      to_library<auth::AccountClosed>(auth::account_closed_event()),
      to_library<auth::AccountReopened>(auth::account_reopened_event()),
      to_library<auth::EraseAccount>(auth::erase_account_event()),
  };
}

}  // namespace nova::media
