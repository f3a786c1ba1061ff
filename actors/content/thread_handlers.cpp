// Handlers of post_entity: the comments of a post. The post counts them, so it makes and deletes them; their texts and reactions
// are the comment's own affair.
#include "actors/content/content_rules.hpp"
#include "actors/content/mention_lookup.hpp"
#include "actors/content/post_entity.hpp"
#include "protocols/content/content.nova.hpp"
#include "protocols/core/page.hpp"
#include "storage/content/content_store.hpp"
#include "storage/content/erasure_store.hpp"

#include <algorithm>
#include <set>

namespace nova::content {

using runtime::need;
using runtime::reads;

namespace {

using decision = runtime::decision<post_state>;
using outcome = post_entity::outcome;

// Comments above one that is deleted: what is deeper keeps its counts.
constexpr std::int64_t chain_limit = 1'000;

CommentMade made(const post_state& s, const comment_row& row, const std::optional<uuid>& answered,
                 const std::vector<uuid>& mentioned) {
  CommentMade e;
  e.set_comment_id(to_string(row.comment_id));
  e.set_post_id(to_string(s.id));
  e.set_author_id(to_string(row.author));
  e.set_post_author_id(to_string(s.author));
  e.set_at(row.created_at);
  *e.mutable_media_ids() = row.body.media_ids();
  std::set<uuid> told{s.author};
  if (answered) {
    e.set_parent_id(to_string(row.parent));
    told.insert(*answered);
  }
  told.erase(row.author);
  for (const auto& account : told) e.add_notify(to_string(account));
  for (const auto& account : mentioned)
    if (!told.contains(account)) e.add_mentions(to_string(account));
  return e;
}

/// Of a post for those whom it mentions, only they can be told of a comment.
std::vector<uuid> who_may_see(const post_state& s, std::vector<uuid> told,
                              const std::optional<post_head>& head) {
  if (s.visible_to == visibility::mentioned)
    std::erase_if(told, [&](const uuid& account) {
      return account != s.author &&
             (!head || std::ranges::find(head->mentions, account) == head->mentions.end());
    });
  return told;
}

bool answerable(const post_state& s, const std::optional<comment_head>& parent) {
  return parent && parent->visible && parent->comment.post_id == s.id && !parent->comment.deleted;
}

}  // namespace

outcome post_entity::create_comment(const state& s, const CreateCommentRequest& q, const context& c,
                                    const reads& r) {
  if (!s.out()) return no_such_post();
  auto row = checked_comment(q, c.new_id(), s.id, c.caller.account, c.now);
  if (row.has_error()) return row.error();
  const bool answers = q.has_parent();
  const mention_lookup mentions(row->text);
  mention_lookup::items others{store::viewer_part(s.id, c.caller.account), store::load_post(s.id)};
  if (answers) others.emplace_back(store::comment_head(row->parent, c.caller.account));
  const auto own_reads = others.size();
  if (auto more = mentions.wants(std::move(others), s.author, s.visible_to, r))
    return std::move(*more);
  const auto viewer = read_viewer(r.rows(0));
  if (!viewer || !viewer->visible) return no_such_post();
  std::optional<uuid> answered;
  if (answers) {
    const auto parent = read_comment_head(r.rows(2), row->parent);
    if (!answerable(s, parent)) return no_such_comment();
    answered = parent->comment.author;
  }
  const auto named = mentions.fill(row->body, r, own_reads, row->author);
  const auto told = who_may_see(s, named.told, read_post_head(r.rows(1)));
  decision d;
  d.statements = {store::insert_comment(*row), store::add_comments(s.id, 1)};
  if (answers) d.statements.push_back(store::add_replies({row->parent}, 1));
  d.events.push_back({&comment_made_event(), runtime::share(made(s, *row, answered, told))});
  d.reply = runtime::share(comment_message(*row));
  return d;
}

outcome post_entity::list_comments(const state& s, const ListCommentsRequest& q, const context& c,
                                   const reads& r) {
  if (!s.out()) return no_such_post();
  const auto limit = page_limit(q);
  if (limit.has_error()) return limit.error();
  const auto behind = place_of(q.has_cursor() ? &q.cursor() : nullptr);
  if (behind.has_error()) return behind.error();
  const auto parent = q.has_parent() ? parse_uuid(q.parent()).value_or(uuid{}) : s.id;
  if (r.size() == 0) {
    need n{{store::viewer_part(s.id, c.caller.account),
            store::comments(parent, c.caller.account, q.sort() == "newest",
                            q.has_cursor() ? std::optional(*behind) : std::nullopt, *limit + 1)}};
    if (q.has_parent()) n.items.emplace_back(store::comment_head(parent, c.caller.account));
    return n;
  }
  const auto viewer = read_viewer(r.rows(0));
  if (!viewer || !viewer->visible) return no_such_post();
  if (q.has_parent()) {
    const auto above = read_comment_head(r.rows(2), parent);
    if (!above || above->comment.post_id != s.id) return no_such_comment();
  }
  ListCommentsReply reply;
  store::place last;
  for (const auto& row : read_comments(r.rows(1))) {
    if (reply.items_size() == *limit) {
      reply.set_next_cursor(cursor_of(last));
      break;
    }
    *reply.add_items() = comment_message(row);
    last = {row.created_at, row.comment_id};
  }
  decision d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

outcome post_entity::remove_comment(const state& s, const RemoveCommentRequest& q, const context& c,
                                    const reads& r) {
  const auto id = parse_uuid(q.comment_id());
  if (!id || (!s.out() && !q.erased())) return no_such_comment();
  const auto& who = c.caller.account;
  if (r.size() == 0)
    return need{{store::viewer_part(s.id, who), store::comment_chain(*id, chain_limit)}};
  const auto viewer = read_viewer(r.rows(0));
  const auto chain = read_chain(r.rows(1));
  if (chain.empty() || chain.front().post_id != s.id) return no_such_comment();
  const auto& comment = chain.front();
  if (!q.erased() && who != comment.author && who != s.author) return somebody_elses(viewer);
  decision d;
  d.reply = runtime::share(Empty());
  if (q.erased()) d.statements.push_back(store::disown_comment(*id));
  if (comment.deleted || q.stays()) return d;
  d.statements.push_back(store::delete_comment(*id));
  d.statements.push_back(store::add_comments(s.id, -1));
  if (auto above = losing_an_answer(chain); !above.empty())
    d.statements.push_back(store::add_replies(std::move(above), -1));
  CommentDeleted e;
  e.set_comment_id(to_string(*id));
  e.set_post_id(to_string(s.id));
  e.set_author_id(to_string(comment.author));
  e.set_post_author_id(to_string(s.author));
  d.events.push_back({&comment_deleted_event(), runtime::share(std::move(e))});
  return d;
}

}  // namespace nova::content
