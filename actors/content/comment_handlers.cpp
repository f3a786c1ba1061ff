// Handlers of comment_entity. Reads are addressed by their position: the comment first.
#include "actors/content/comment_entity.hpp"
#include "actors/content/content_rules.hpp"
#include "actors/content/mention_lookup.hpp"
#include "actors/content/post_entity.hpp"
#include "protocols/content/content.nova.hpp"
#include "protocols/core/page.hpp"
#include "protocols/core/text.hpp"
#include "storage/content/content_store.hpp"

#include <algorithm>

namespace nova::content {

using runtime::need;
using runtime::reads;

namespace {

using decision = runtime::decision<comment_state>;
using outcome = comment_entity::outcome;

outcome done(decision d = {}) {
  d.reply = runtime::share(Empty());
  return d;
}

bool there(const std::optional<comment_head>& h) { return h && h->visible && !h->comment.deleted; }

void say_who(auto& event, const comment_head& h, const runtime::context& c) {
  event.set_post_id(to_string(h.comment.post_id));
  event.set_comment_id(to_string(h.comment.comment_id));
  event.set_author_id(to_string(h.comment.author));
  event.set_account_id(to_string(c.caller.account));
}

}  // namespace

outcome comment_entity::edit_comment(const state& s, const EditCommentRequest& q, const context& c,
                                     const reads& r) {
  const auto& me = c.caller.account;
  const mention_lookup::items own{store::comment_head(s.id, me)};
  if (r.size() == 0) return need{own};
  auto h = read_comment_head(r.rows(0), s.id);
  if (!there(h)) return no_such_comment();
  const mention_lookup mentions(q.text(), mentions_of(h->comment.text, h->comment.body));
  if (auto more = mentions.wants(own, me, visibility::everyone, r)) return std::move(*more);
  auto& row = h->comment;
  if (row.author != me) return make_error(errc::forbidden, "This is somebody else's.");
  if (auto ok = checked_text(q.text(), row.body); !ok) return ok.error();
  decision d;
  if (q.text() != row.text) {
    row.text = q.text();
    row.edited_at = std::max(c.now, row.edited_at.value_or(row.created_at) + 1);
    mentions.fill(row.body, r, own.size(), me);
    d.statements.push_back(store::edit_comment(row));
  }
  d.reply = runtime::share(comment_message(row));
  return d;
}

outcome comment_entity::delete_comment(const state& s, const CommentRequest&, const context& c,
                                       const reads& r) {
  if (r.size() == 0) return need{{store::comment_head(s.id, c.caller.account)}};
  const auto h = read_comment_head(r.rows(0), s.id);
  if (!h) return no_such_comment();
  if (r.size() == 1) {
    RemoveCommentRequest ask;
    ask.set_post_id(to_string(h->comment.post_id));
    ask.set_comment_id(to_string(s.id));
    return need{
        {runtime::ask{&content_interface::remove_comment::info(), runtime::share(std::move(ask))}}};
  }
  const auto& answer = r.answer(1);
  if (answer.has_error()) return answer.error();
  return done();
}

outcome comment_entity::react_to_comment(const state& s, const ReactToCommentRequest& q,
                                         const context& c, const reads& r) {
  const auto emoji = canonical_emoji(q.emoji());
  if (!emoji) return invalid_field("emoji", "A reaction is one emoji.");
  if (r.size() == 0) return need{{store::comment_head(s.id, c.caller.account)}};
  const auto h = read_comment_head(r.rows(0), s.id);
  if (!there(h)) return no_such_comment();
  const auto& before = h->comment.my_reaction;
  if (before == emoji) return done();
  ReactionSet e;
  say_who(e, *h, c);
  e.set_emoji(*emoji);
  if (before) e.set_before(*before);
  e.set_at(c.now);
  decision d;
  d.statements = {store::set_reaction(s.id, c.caller.account, *emoji, c.now),
                  store::add_reactions(s.id, *emoji, 1)};
  if (before) d.statements.push_back(store::add_reactions(s.id, *before, -1));
  d.events.push_back({&reaction_set_event(), runtime::share(std::move(e))});
  return done(std::move(d));
}

outcome comment_entity::unreact_to_comment(const state& s, const ReactToCommentRequest& q,
                                           const context& c, const reads& r) {
  const auto emoji = canonical_emoji(q.emoji());
  if (!emoji) return invalid_field("emoji", "A reaction is one emoji.");
  if (r.size() == 0) return need{{store::comment_head(s.id, c.caller.account)}};
  const auto h = read_comment_head(r.rows(0), s.id);
  if (!there(h)) return no_such_comment();
  if (h->comment.my_reaction != emoji) return done();
  ReactionRemoved e;
  say_who(e, *h, c);
  e.set_emoji(*emoji);
  decision d;
  d.statements = {store::delete_reaction(s.id, c.caller.account),
                  store::add_reactions(s.id, *emoji, -1)};
  d.events.push_back({&reaction_removed_event(), runtime::share(std::move(e))});
  return done(std::move(d));
}

}  // namespace nova::content
