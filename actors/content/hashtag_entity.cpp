#include "actors/content/hashtag_entity.hpp"

#include "actors/content/content_rules.hpp"
#include "protocols/content/content.nova.hpp"
#include "protocols/core/page.hpp"

namespace nova::content {
namespace {

result<std::string> normalised(const rpc::method&, std::string raw) {
  auto tag = folded_tag(raw);
  if (tag.empty())
    return invalid_field("tag", "A hashtag is letters, digits and _, and not digits alone.");
  return tag;
}

}  // namespace

runtime::entity_kind hashtag_entity::kind() {
  runtime::methods<hashtag_entity> hashtag("hashtag");
  bind_hashtag<hashtag_entity>(hashtag);
  hashtag.kind().normalise_key = &normalised;
  return hashtag.take();
}

runtime::loading<hashtag_state> hashtag_entity::load(std::string_view key, const reads&) {
  return state{std::string(key)};
}

}  // namespace nova::content
