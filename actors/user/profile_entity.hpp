// One account's profile, settings, follows, blocks and mutes. Bound to the runtime by user_descriptor; made by auth's
// AccountRegistered event. Relations are rows: the entity keeps none in memory.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "storage/user/user_rows.hpp"

#include <google/protobuf/wrappers.pb.h>

#include <optional>
#include <string_view>

namespace nova::auth {
class AccountClosed;
class AccountRegistered;
class AccountReopened;
class EraseAccount;
class HandleChanged;
}  // namespace nova::auth

namespace nova::content {
class CommentMade;
class PinsChanged;
class PollEnded;
class PostDeleted;
class PostEdited;
class PostPublished;
class PostRestored;
}  // namespace nova::content

namespace nova::views {
class ExportRequest;
}

namespace nova::user {

class BlockRequest;
class Blocked;
class FollowAnswered;
class FollowRequested;
class GetMyProfileRequest;
class GetProfileRequest;
class GetSettingsRequest;
class ListMineRequest;
class ListSuggestionsRequest;
class ListPeopleRequest;
class MuteRequest;
class PersonRequest;
class UpdateMyProfileRequest;
class UpdateSettingsRequest;

struct profile_state {
  uuid id{};  ///< of the key, with or without a profile
  std::optional<profile_row> profile;
  settings_row settings;
};

struct profile_entity {
  using state = profile_state;
  using outcome = runtime::outcome<profile_state>;
  using context = runtime::context;
  using reads = runtime::reads;

  /// Requests that one decision accepts when an account becomes public; a reminder goes on with the next ones.
  static constexpr std::int64_t accept_batch = 200;

  /// With its handlers, for the descriptor.
  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view key, const reads& r);
  static std::size_t weight(const state& s);

  // profile_handlers
  static outcome get_profile(const state&, const GetProfileRequest&, const context&, const reads&);
  static outcome get_my_profile(const state&, const GetMyProfileRequest&, const context&,
                                const reads&);
  static outcome update_my_profile(const state&, const UpdateMyProfileRequest&, const context&,
                                   const reads&);
  static outcome get_settings(const state&, const GetSettingsRequest&, const context&,
                              const reads&);
  static outcome update_settings(const state&, const UpdateSettingsRequest&, const context&,
                                 const reads&);
  static outcome on_account_registered(const state&, const auth::AccountRegistered&, const context&,
                                       const reads&);

  static outcome on_handle_changed(const state&, const auth::HandleChanged&, const context&,
                                   const reads&);

  // block_handlers
  static outcome block(const state&, const BlockRequest&, const context&, const reads&);
  static outcome unblock(const state&, const BlockRequest&, const context&, const reads&);
  static outcome mute(const state&, const MuteRequest&, const context&, const reads&);
  static outcome unmute(const state&, const PersonRequest&, const context&, const reads&);

  // follow_handlers
  static outcome follow(const state&, const PersonRequest&, const context&, const reads&);
  static outcome unfollow(const state&, const PersonRequest&, const context&, const reads&);
  static outcome accept_follow(const state&, const PersonRequest&, const context&, const reads&);
  static outcome refuse_follow(const state&, const PersonRequest&, const context&, const reads&);
  /// The entity is the account that was blocked: its follow of the blocking account ends.
  static outcome on_blocked(const state&, const Blocked&, const context&, const reads&);
  /// The entity is the account that was asked.
  static outcome on_follow_requested(const state&, const FollowRequested&, const context&,
                                     const reads&);
  /// The entity is the account that had asked.
  static outcome on_follow_answered(const state&, const FollowAnswered&, const context&,
                                    const reads&);
  static outcome on_due(const state&, const google::protobuf::StringValue&, const context&,
                        const reads&);

  // post_handlers; the entity is the author
  static outcome on_post_published(const state&, const content::PostPublished&, const context&,
                                   const reads&);
  static outcome on_post_edited(const state&, const content::PostEdited&, const context&,
                                const reads&);
  static outcome on_post_deleted(const state&, const content::PostDeleted&, const context&,
                                 const reads&);
  static outcome on_post_restored(const state&, const content::PostRestored&, const context&,
                                  const reads&);
  static outcome on_comment_made(const state&, const content::CommentMade&, const context&,
                                 const reads&);
  static outcome on_poll_ended(const state&, const content::PollEnded&, const context&,
                               const reads&);
  static outcome on_pins_changed(const state&, const content::PinsChanged&, const context&,
                                 const reads&);

  // list_handlers
  static outcome list_followers(const state&, const ListPeopleRequest&, const context&,
                                const reads&);
  static outcome list_following(const state&, const ListPeopleRequest&, const context&,
                                const reads&);
  static outcome list_follow_requests(const state&, const ListMineRequest&, const context&,
                                      const reads&);
  static outcome list_suggestions(const state&, const ListSuggestionsRequest&, const context&,
                                  const reads&);
  static outcome list_blocks(const state&, const ListMineRequest&, const context&, const reads&);
  static outcome list_mutes(const state&, const ListMineRequest&, const context&, const reads&);

  // export_handlers.cpp
  static outcome export_part(const state&, const views::ExportRequest&, const context&,
                             const reads&);

  // erasure_handlers.cpp
  static outcome on_account_closed(const state&, const auth::AccountClosed&,
                                   const runtime::context&, const runtime::reads&);
  static outcome on_account_reopened(const state&, const auth::AccountReopened&,
                                     const runtime::context&, const runtime::reads&);
  static outcome on_erase_account(const state&, const auth::EraseAccount&, const runtime::context&,
                                  const runtime::reads&);

  /// Returns ids in lower case, as they are stored.
  static result<std::string> normalise_key(const rpc::method& m, std::string raw);
};

/// The one way a follow or request of `account` ends: rows, counter and event in the same decision. Does nothing where
/// `facts` know of no follow and no request.
void end_follow(runtime::decision<profile_state>& d, const uuid& account, const uuid& target,
                const relation_facts_row& facts);

/// Appends the event that tells `recipient` of an act of `account`; nothing for an own act. `post` may be empty.
void notice(runtime::decision<profile_state>& d, const uuid& account, const uuid& recipient,
            std::string_view kind, const std::string& post, unix_ms at);

/// Appends the acceptance of these requests to follow `s`. A full page sets a reminder for the next one.
void accept_page(runtime::decision<profile_state>& d, const profile_state& s,
                 const std::vector<request_row>& page, unix_ms now);

}  // namespace nova::user
