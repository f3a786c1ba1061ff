// One account in feed: its own timeline, and what its posts and followers mean for the timelines of others. Handlers:
// page_handlers.cpp (the feed and its preferences), post_handlers.cpp (posts and shares), follow_handlers.cpp (relations).
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "protocols/feed/feed.pb.h"

#include <string_view>

namespace google::protobuf {
class StringValue;
}
namespace nova::auth {
class EraseAccount;
}
namespace nova::content {
class HashtagFollowed;
class HashtagUnfollowed;
class PostDeleted;
class PostEdited;
class PostPublished;
class PostPurged;
class PostRestored;
class PostShared;
class PostUnshared;
class PostVisibilityChanged;
}  // namespace nova::content
namespace nova::user {
class AccountErased;
class Followed;
class Muted;
class Unfollowed;
class Unmuted;
}  // namespace nova::user

namespace nova::feed {

struct home_state {
  uuid account{};
  std::int64_t followers = 0;
  bool big = false;  ///< its entries are merged at reading
  Preferences preferences;
};

/// Of the pushes that tell of new posts.
extern const runtime::push_pace post_pace;

struct home_entity {
  using state = home_state;
  using outcome = runtime::outcome<state>;
  using context = runtime::context;
  using reads = runtime::reads;

  /// With its handlers, for the descriptor.
  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view key, const reads& r);
  static std::size_t weight(const state& s);

  // page_handlers.cpp
  static outcome get_page(const state&, const GetPageRequest&, const context&, const reads&);
  static outcome why(const state&, const WhyRequest&, const context&, const reads&);
  static outcome get_preferences(const state&, const GetPreferencesRequest&, const context&,
                                 const reads&);
  static outcome set_preferences(const state&, const SetPreferencesRequest&, const context&,
                                 const reads&);
  static outcome keep_ranking(const state&, const KeepRankingRequest&, const context&,
                              const reads&);

  // export_handlers.cpp
  static outcome export_part(const state&, const views::ExportRequest&, const context&,
                             const reads&);

  // post_handlers.cpp: of the post's author
  static outcome on_published(const state&, const content::PostPublished&, const context&,
                              const reads&);
  static outcome on_edited(const state&, const content::PostEdited&, const context&, const reads&);
  static outcome on_visibility(const state&, const content::PostVisibilityChanged&, const context&,
                               const reads&);
  static outcome on_deleted(const state&, const content::PostDeleted&, const context&,
                            const reads&);
  static outcome on_restored(const state&, const content::PostRestored&, const context&,
                             const reads&);
  static outcome on_ready(const state&, const PostReady&, const context&, const reads&);
  // of who shares it
  static outcome on_shared(const state&, const content::PostShared&, const context&, const reads&);
  static outcome on_unshared(const state&, const content::PostUnshared&, const context&,
                             const reads&);

  // follow_handlers.cpp: of the account that follows
  static outcome on_followed(const state&, const user::Followed&, const context&, const reads&);
  static outcome on_unfollowed(const state&, const user::Unfollowed&, const context&, const reads&);
  static outcome on_backfill(const state&, const BackfillDue&, const context&, const reads&);
  static outcome on_muted(const state&, const user::Muted&, const context&, const reads&);
  static outcome on_unmuted(const state&, const user::Unmuted&, const context&, const reads&);
  static outcome on_tag_followed(const state&, const content::HashtagFollowed&, const context&,
                                 const reads&);
  static outcome on_tag_unfollowed(const state&, const content::HashtagUnfollowed&, const context&,
                                   const reads&);
  // of the account that is followed
  static outcome on_gained(const state&, const FollowerGained&, const context&, const reads&);
  static outcome on_lost(const state&, const FollowerLost&, const context&, const reads&);

  // erasure_handlers.cpp
  static outcome on_erase_account(const state&, const auth::EraseAccount&, const context&,
                                  const reads&);
  static outcome on_account_erased(const state&, const user::AccountErased&, const context&,
                                   const reads&);
  static outcome on_due(const state&, const google::protobuf::StringValue&, const context&,
                        const reads&);
};

}  // namespace nova::feed
