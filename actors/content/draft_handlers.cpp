// Handlers of shelf_entity: drafts and followed hashtags.
#include "actors/content/content_rules.hpp"
#include "actors/content/content_services.hpp"
#include "actors/content/shelf_entity.hpp"
#include "protocols/content/content.nova.hpp"
#include "protocols/core/page.hpp"
#include "storage/content/content_store.hpp"

#include <algorithm>

namespace nova::content {

using runtime::need;
using runtime::reads;

namespace {

using decision = runtime::decision<shelf_state>;
using outcome = shelf_entity::outcome;

outcome done(decision d = {}) {
  d.reply = runtime::share(Empty());
  return d;
}

// Behind all ids that there are: a list of drafts begins with the newest one.
uuid last_id() {
  uuid id;
  std::ranges::fill(id, std::uint8_t{0xFF});
  return id;
}

void tell_media(decision& d, const shelf_state& s, const uuid& draft,
                const google::protobuf::RepeatedPtrField<std::string>& media) {
  DraftMediaChanged e;
  e.set_account_id(to_string(s.account));
  e.set_draft_id(to_string(draft));
  *e.mutable_media_ids() = media;
  d.events.push_back({&draft_media_changed_event(), runtime::share(std::move(e))});
}

error no_such_draft() { return make_error(errc::not_found, "There is no such draft."); }
error no_tag() {
  return invalid_field("tag", "A hashtag is letters, digits and _, and not digits alone.");
}

}  // namespace

// One read tells whether the account keeps as many drafts as it may.
outcome shelf_entity::create_draft(const state& s, const DraftRequest& q, const context& c,
                                   const reads& r) {
  if (auto ok = checked_draft(q); !ok) return ok.error();
  const std::int64_t most = settings_of(c).drafts_per_account;
  if (r.size() == 0) return need{{store::drafts(s.account, last_id(), most)}};
  if (static_cast<std::int64_t>(r.rows(0).size()) >= most)
    return make_error(errc::conflict, "This account keeps as many drafts as it may.");
  const draft_row row{c.new_id(), c.now, q};
  decision d;
  d.statements.push_back(store::insert_draft(s.account, row));
  if (!q.media_ids().empty()) tell_media(d, s, row.draft_id, q.media_ids());
  d.reply = runtime::share(draft_message(row));
  return d;
}

outcome shelf_entity::list_drafts(const state& s, const PageRequest& q, const context&,
                                  const reads& r) {
  const auto limit = page_limit(q);
  if (limit.has_error()) return limit.error();
  const auto before = q.has_cursor() ? parse_uuid(q.cursor()) : std::optional(last_id());
  if (!before) return invalid_field("cursor", "This is not a cursor that was given out.");
  if (r.size() == 0) return need{{store::drafts(s.account, *before, *limit + 1)}};
  ListDraftsReply reply;
  for (const auto& row : read_drafts(r.rows(0))) {
    if (reply.items_size() == *limit) {
      reply.set_next_cursor(reply.items(reply.items_size() - 1).draft_id());
      break;
    }
    *reply.add_items() = draft_message(row);
  }
  decision d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

outcome shelf_entity::update_draft(const state& s, const UpdateDraftRequest& q, const context& c,
                                   const reads& r) {
  const auto id = parse_uuid(q.draft_id());
  if (!id) return no_such_draft();
  if (r.size() == 0) return need{{store::draft(s.account, *id)}};
  auto found = read_drafts(r.rows(0));
  if (found.empty()) return no_such_draft();
  auto& row = found.front();
  const bool had_media = !row.body.media_ids().empty();
  change_draft(row.body, q);
  if (auto ok = checked_draft(row.body); !ok) return ok.error();
  row.updated_at = c.now;
  decision d;
  d.statements.push_back(store::update_draft(s.account, row));
  if (!q.media_ids().empty() || (q.no_media() && had_media))
    tell_media(d, s, row.draft_id, row.body.media_ids());
  d.reply = runtime::share(draft_message(row));
  return d;
}

outcome shelf_entity::delete_draft(const state& s, const DeleteDraftRequest& q, const context&,
                                   const reads& r) {
  const auto id = parse_uuid(q.draft_id());
  if (!id) return no_such_draft();
  if (r.size() == 0) return need{{store::draft(s.account, *id)}};
  const auto found = read_drafts(r.rows(0));
  if (found.empty()) return no_such_draft();
  decision d;
  d.statements.push_back(store::delete_draft(s.account, *id));
  if (!found.front().body.media_ids().empty()) tell_media(d, s, *id, {});
  return done(std::move(d));
}

outcome shelf_entity::follow_hashtag(const state& s, const HashtagRequest& q, const context&,
                                     const reads&) {
  auto tag = folded_tag(q.tag());
  if (tag.empty()) return no_tag();
  HashtagFollowed e;
  e.set_account_id(to_string(s.account));
  e.set_tag(tag);
  decision d;
  d.statements.push_back(store::insert_tag_follow(s.account, std::move(tag)));
  d.events.push_back({&hashtag_followed_event(), runtime::share(std::move(e))});
  return done(std::move(d));
}

outcome shelf_entity::unfollow_hashtag(const state& s, const HashtagRequest& q, const context&,
                                       const reads&) {
  auto tag = folded_tag(q.tag());
  if (tag.empty()) return no_tag();
  HashtagUnfollowed e;
  e.set_account_id(to_string(s.account));
  e.set_tag(tag);
  decision d;
  d.statements.push_back(store::delete_tag_follow(s.account, std::move(tag)));
  d.events.push_back({&hashtag_unfollowed_event(), runtime::share(std::move(e))});
  return done(std::move(d));
}

outcome shelf_entity::list_hashtags(const state& s, const PageRequest& q, const context&,
                                    const reads& r) {
  const auto limit = page_limit(q);
  if (limit.has_error()) return limit.error();
  if (r.size() == 0) return need{{store::followed_tags(s.account, q.cursor(), *limit + 1)}};
  ListHashtagsReply reply;
  for (auto& tag : read_tags(r.rows(0))) {
    if (reply.items_size() == *limit) {
      reply.set_next_cursor(reply.items(reply.items_size() - 1).tag());
      break;
    }
    reply.add_items()->set_tag(std::move(tag));
  }
  decision d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

}  // namespace nova::content
