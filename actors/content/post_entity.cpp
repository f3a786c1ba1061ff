#include "actors/content/post_entity.hpp"

#include "actors/content/content_rules.hpp"
#include "protocols/content/content.nova.hpp"
#include "storage/content/content_store.hpp"

#include <google/protobuf/wrappers.pb.h>

namespace nova::content {
namespace {

result<std::string> normalised(const rpc::method&, std::string raw) {
  const auto id = parse_uuid(raw);
  if (!id) return no_such_post();
  return to_string(*id);
}

}  // namespace

runtime::entity_kind post_entity::kind() {
  runtime::methods<post_entity> post("post");
  bind_post<post_entity>(post);
  post.on<PostPublished>(post_published_event(), &post_entity::on_quoted);
  post.on<PostDeleted>(post_deleted_event(), &post_entity::on_quote_deleted);
  post.on<PostRestored>(post_restored_event(), &post_entity::on_quote_restored);
  post.on_reminder<google::protobuf::StringValue>(&post_entity::on_due);
  post.kind().normalise_key = &normalised;
  return post.take();
}

runtime::loading<post_state> post_entity::load(std::string_view key, const reads& r) {
  const auto id = parse_uuid(key);
  if (!id) return state{};
  if (r.size() == 0) return runtime::need{{store::load_post(*id)}};
  state s;
  s.id = *id;
  const auto head = read_post_head(r.rows(0));
  if (!head) return s;
  s.exists = true;
  s.author = head->author;
  s.created_at = head->created_at;
  s.edited_at = head->edited_at;
  s.deleted_at = head->deleted_at;
  s.poll_ends_at = head->poll_ends_at;
  s.scheduled = head->scheduled;
  s.visible_to = head->visible_to;
  s.quote = head->quote;
  s.poll_options = head->body.poll_options_size();
  s.poll_multiple = head->body.poll_multiple();
  return s;
}

post_state state_of(const post_row& row) {
  post_state s;
  s.id = row.post_id;
  s.exists = true;
  s.author = row.author;
  s.created_at = row.created_at;
  s.edited_at = row.edited_at;
  s.poll_ends_at = row.poll_ends_at;
  s.scheduled = row.scheduled;
  s.visible_to = row.visible_to;
  s.quote = row.quote_id;
  s.poll_options = row.body.poll_options_size();
  s.poll_multiple = row.body.poll_multiple();
  return s;
}

void publish(runtime::decision<post_state>& d, const post_row& row, const std::vector<uuid>& told) {
  PostPublished e;
  e.set_post_id(to_string(row.post_id));
  e.set_author_id(to_string(row.author));
  e.set_at(row.created_at);
  e.set_visibility(std::string(name_of(row.visible_to)));
  for (const auto& account : told) e.add_mentions(to_string(account));
  auto tags = hashtags_of(row.body);
  for (const auto& tag : tags) e.add_hashtags(tag);
  if (row.quote_id) e.set_quote_id(to_string(*row.quote_id));
  if (row.quoted) e.set_quote_author_id(to_string(row.quoted->author));
  *e.mutable_media_ids() = row.body.media_ids();
  e.set_text(row.text);
  if (row.language) e.set_language(*row.language);
  d.events.push_back({&post_published_event(), runtime::share(std::move(e))});
  if (row.visible_to == visibility::everyone && !tags.empty())
    d.statements.push_back(store::insert_tags(row.post_id, row.created_at, std::move(tags)));
  if (row.poll_ends_at) d.reminders.push_back({std::string(poll_reminder), *row.poll_ends_at});
}

error somebody_elses(const std::optional<viewer_row>& viewer) {
  if (!viewer || !viewer->visible) return no_such_post();
  return make_error(errc::forbidden, "This is somebody else's.");
}

}  // namespace nova::content
