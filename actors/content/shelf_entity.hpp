// The posts that an account keeps: virtual entity `shelf`, keyed by account_id. Bookmarks, pins, drafts and followed hashtags,
// and the lists of the account's posts. It keeps nothing in memory.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "protocols/content/content.pb.h"

#include <string_view>

namespace google::protobuf {
class StringValue;
}
namespace nova::auth {
class EraseAccount;
}
namespace nova::user {
class AccountErased;
class RegistrationConfirmed;
}  // namespace nova::user

namespace nova::content {

struct shelf_state {
  uuid account{};
};

struct shelf_entity {
  using state = shelf_state;
  using outcome = runtime::outcome<state>;
  using context = runtime::context;
  using reads = runtime::reads;

  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view key, const reads&);
  static std::size_t weight(const state&) { return sizeof(state); }

  // shelf_handlers.cpp
  static outcome posts(const state&, const views::PostsRequest&, const context&, const reads&);
  static outcome list_posts(const state&, const ListPostsRequest&, const context&, const reads&);
  static outcome list_bookmarks(const state&, const PageRequest&, const context&, const reads&);
  static outcome list_scheduled(const state&, const PageRequest&, const context&, const reads&);
  static outcome bookmark(const state&, const PostRequest&, const context&, const reads&);
  static outcome unbookmark(const state&, const PostRequest&, const context&, const reads&);
  static outcome pin(const state&, const PostRequest&, const context&, const reads&);
  static outcome unpin(const state&, const PostRequest&, const context&, const reads&);

  // draft_handlers.cpp: drafts and followed hashtags
  static outcome create_draft(const state&, const DraftRequest&, const context&, const reads&);
  static outcome list_drafts(const state&, const PageRequest&, const context&, const reads&);
  static outcome update_draft(const state&, const UpdateDraftRequest&, const context&,
                              const reads&);
  static outcome delete_draft(const state&, const DeleteDraftRequest&, const context&,
                              const reads&);
  static outcome follow_hashtag(const state&, const HashtagRequest&, const context&, const reads&);
  static outcome unfollow_hashtag(const state&, const HashtagRequest&, const context&,
                                  const reads&);
  static outcome list_hashtags(const state&, const PageRequest&, const context&, const reads&);

  // export_handlers.cpp
  static outcome export_part(const state&, const views::ExportRequest&, const context&,
                             const reads&);

  // registration_handlers.cpp
  static outcome on_registration_confirmed(const state&, const user::RegistrationConfirmed&,
                                           const context&, const reads&);

  // erasure_handlers.cpp: the end of the account
  static outcome on_erase_account(const state&, const auth::EraseAccount&, const context&,
                                  const reads&);
  static outcome on_account_erased(const state&, const user::AccountErased&, const context&,
                                   const reads&);
  static outcome on_due(const state&, const google::protobuf::StringValue&, const context&,
                        const reads&);
};

}  // namespace nova::content
