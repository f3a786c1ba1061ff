#include "actors/content/comment_entity.hpp"

#include "actors/content/content_rules.hpp"
#include "protocols/content/content.nova.hpp"

namespace nova::content {
namespace {

result<std::string> normalised(const rpc::method&, std::string raw) {
  const auto id = parse_uuid(raw);
  if (!id) return no_such_comment();
  return to_string(*id);
}

}  // namespace

runtime::entity_kind comment_entity::kind() {
  runtime::methods<comment_entity> comment("comment");
  bind_comment<comment_entity>(comment);
  comment.kind().normalise_key = &normalised;
  return comment.take();
}

runtime::loading<comment_state> comment_entity::load(std::string_view key, const reads&) {
  return state{parse_uuid(key).value_or(uuid{})};
}

}  // namespace nova::content
