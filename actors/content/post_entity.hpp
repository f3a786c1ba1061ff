// One post and all that is counted on it: virtual entity `post`, keyed by post_id. It decides what changes the post, its
// shares, reactions, votes and the number of its comments; their rows are not kept in memory. A scheduled post is the same
// entity before its time.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "storage/content/content_rows.hpp"

#include <string_view>

namespace google::protobuf {
class StringValue;
}

namespace nova::content {

struct post_state {
  uuid id{};
  bool exists = false;
  uuid author{};
  unix_ms created_at = 0;
  std::optional<unix_ms> edited_at, deleted_at, poll_ends_at;
  bool scheduled = false;
  visibility visible_to = visibility::everyone;
  std::optional<uuid> quote;
  std::int32_t poll_options = 0;
  bool poll_multiple = false;

  /// Published and not deleted.
  bool out() const { return exists && !scheduled && !deleted_at; }
};

struct post_entity {
  using state = post_state;
  using outcome = runtime::outcome<state>;
  using context = runtime::context;
  using reads = runtime::reads;

  /// With its handlers, for the descriptor.
  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view key, const reads& r);
  static std::size_t weight(const state&) { return sizeof(state); }

  // post_handlers.cpp: its author's acts, and reading it
  static outcome create_post(const state&, const CreatePostRequest&, const context&, const reads&);
  static outcome get_post(const state&, const PostRequest&, const context&, const reads&);
  static outcome edit_post(const state&, const EditPostRequest&, const context&, const reads&);
  static outcome delete_post(const state&, const PostRequest&, const context&, const reads&);
  static outcome restore_post(const state&, const PostRequest&, const context&, const reads&);
  static outcome history(const state&, const HistoryRequest&, const context&, const reads&);
  static outcome cancel_scheduled(const state&, const CancelScheduledRequest&, const context&,
                                  const reads&);

  // reader_handlers.cpp: what readers make of it
  static outcome share(const state&, const PostRequest&, const context&, const reads&);
  static outcome unshare(const state&, const PostRequest&, const context&, const reads&);
  static outcome react(const state&, const ReactRequest&, const context&, const reads&);
  static outcome unreact(const state&, const ReactRequest&, const context&, const reads&);
  static outcome vote(const state&, const VoteRequest&, const context&, const reads&);

  // thread_handlers.cpp: its comments
  static outcome create_comment(const state&, const CreateCommentRequest&, const context&,
                                const reads&);
  static outcome list_comments(const state&, const ListCommentsRequest&, const context&,
                               const reads&);
  static outcome remove_comment(const state&, const RemoveCommentRequest&, const context&,
                                const reads&);

  // course_handlers.cpp: what time brings, and who quotes it
  static outcome on_due(const state&, const google::protobuf::StringValue&, const context&,
                        const reads&);
  static outcome on_quoted(const state&, const PostPublished&, const context&, const reads&);
  static outcome on_quote_deleted(const state&, const PostDeleted&, const context&, const reads&);
  static outcome on_quote_restored(const state&, const PostRestored&, const context&, const reads&);

  // erasure_handlers.cpp
  static outcome erase_post(const state&, const ErasePostRequest&, const context&, const reads&);
};

/// Names of a post's reminders. The poll's may go on with `poll:` and the last voter that was told.
inline constexpr std::string_view publish_reminder = "publish";
inline constexpr std::string_view poll_reminder = "poll";
inline constexpr std::string_view purge_reminder = "purge";

/// Makes the post of `row` public to those who may see it: rows, event, reminder of its poll. Without its insert.
void publish(runtime::decision<post_state>& d, const post_row& row, const std::vector<uuid>& told);
/// The part of a row that its entity keeps.
post_state state_of(const post_row& row);

/// Not found for a reader who may not see the post, forbidden for one who may: the post belongs to another account.
error somebody_elses(const std::optional<viewer_row>& viewer);

}  // namespace nova::content
