// One comment's text and reactions: virtual entity `comment`, keyed by comment_id. It keeps nothing in memory. The post makes
// and deletes comments, because it counts them: a deletion is handed on to it.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "protocols/content/content.pb.h"

#include <string_view>

namespace nova::content {

struct comment_state {
  uuid id{};
};

struct comment_entity {
  using state = comment_state;
  using outcome = runtime::outcome<state>;
  using context = runtime::context;
  using reads = runtime::reads;

  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view key, const reads&);
  static std::size_t weight(const state&) { return sizeof(state); }

  static outcome edit_comment(const state&, const EditCommentRequest&, const context&,
                              const reads&);
  static outcome delete_comment(const state&, const CommentRequest&, const context&, const reads&);
  static outcome react_to_comment(const state&, const ReactToCommentRequest&, const context&,
                                  const reads&);
  static outcome unreact_to_comment(const state&, const ReactToCommentRequest&, const context&,
                                    const reads&);
};

}  // namespace nova::content
