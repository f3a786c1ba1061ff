// The posts of one hashtag: virtual entity `hashtag`, keyed by the folded tag. It only reads; posts write their own tags.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "protocols/content/content.pb.h"

#include <string>
#include <string_view>

namespace nova::content {

struct hashtag_state {
  std::string tag;
};

struct hashtag_entity {
  using state = hashtag_state;
  using outcome = runtime::outcome<state>;
  using context = runtime::context;
  using reads = runtime::reads;

  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view key, const reads&);
  static std::size_t weight(const state& s) { return sizeof s + s.tag.size(); }

  static outcome list_hashtag_posts(const state&, const ListHashtagPostsRequest&, const context&,
                                    const reads&);
};

}  // namespace nova::content
