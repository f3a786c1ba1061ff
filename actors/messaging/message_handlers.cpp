// Messages that exist: history, edit, recall, reactions. Handlers of conversation_entity.
#include "actors/messaging/conversation_entity.hpp"
#include "actors/messaging/conversation_rules.hpp"
#include "actors/messaging/mention_lookup.hpp"
#include "actors/messaging/page_rules.hpp"

#include "protocols/core/page.hpp"
#include "protocols/core/text.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "protocols/views/views.pb.h"
#include "storage/messaging/messaging_store.hpp"

#include <algorithm>

namespace nova::messaging {

using runtime::decision;
using runtime::need;
using runtime::share;

namespace {

using outcome = conversation_entity::outcome;

Change change_of(std::string kind) {
  Change change;
  change.set_kind(std::move(kind));
  return change;
}

runtime::event changed_event(const conversation_state& s, std::int64_t seq, const std::string* text,
                             const uuid& author) {
  MessageChanged e;
  e.set_conversation_id(to_string(s.id));
  e.set_seq(seq);
  if (text) e.set_text(*text);
  e.set_sender_id(to_string(author));
  e.set_rev(s.rev + 1);
  return {&message_changed_event(), share(std::move(e))};
}

error not_an_emoji() { return invalid_field("emoji", "A reaction is one emoji."); }

/// Names the media for the gateway, which fills them in.
Message with_media(Message m) {
  m.set_ids_only(false);
  for (const auto& id : m.media_ids()) {
    auto& medium = *m.add_media();
    medium.set_media_id(id);
    medium.set_owner_id(m.sender_id());
  }
  return m;
}

outcome done(decision<conversation_state> d = {}) {
  d.reply = share(Empty());
  return d;
}

}  // namespace

outcome conversation_entity::belongs(const state& s, const views::MembershipRequest&,
                                     const context& c, const reads&) {
  views::MembershipReply reply;
  reply.set_member(s.member(c.caller.account) != nullptr);
  decision<state> d;
  d.reply = share(std::move(reply));
  return d;
}

outcome conversation_entity::history(const state& s, const HistoryRequest& q, const context& c,
                                     const reads& r) {
  if (!s.member(c.caller.account)) return make_error(errc::not_found);
  auto limit = page_limit(q);
  if (!limit) return limit.error();
  auto w = history_window_of(q);
  if (!w) return w.error();
  if (r.size() == 0)
    return need{
        {store::history(s.id, w->before, w->after, *limit + 1, w->forward, c.caller.account)}};

  auto found = read_messages(r.rows(0));
  const bool more = found.size() > static_cast<std::size_t>(*limit);
  if (more) found.pop_back();
  HistoryReply reply;
  if (more) reply.set_next_cursor(cursor_behind(*w, found.back().seq()));
  if (!w->forward) std::ranges::reverse(found);
  for (auto& message : found) *reply.add_items() = with_media(std::move(message));
  decision<state> d;
  d.reply = share(std::move(reply));
  return d;
}

// An earlier text leaves the changes in the same commit: nobody is told of it any more.
outcome conversation_entity::edit(const state& s, const EditRequest& q, const context& c,
                                  const reads& r) {
  const auto* me = s.member(c.caller.account);
  if (!me) return make_error(errc::not_found);
  if (q.seq() < 1 || q.seq() > s.last_seq) return make_error(errc::not_found);
  if (!may_write(s, *me)) return cannot_write(s);
  if (r.size() == 0)
    return need{{store::history(s.id, q.seq() + 1, q.seq() - 1, 1, false, c.caller.account)}};
  auto found = read_messages(r.rows(0));
  if (found.empty()) return make_error(errc::not_found);
  auto& message = found.front();
  if (message.sender_id() != to_string(c.caller.account)) return make_error(errc::forbidden);
  if (message.recalled()) return make_error(errc::conflict, "The message was recalled.");
  decision<state> d;
  if (message.text() == q.text()) {
    d.reply = share(std::move(message));
    return d;
  }

  const mention_lookup mentions(s, q.text(), c.now, read_named_handles(r.rows(0)));
  if (r.size() == 1 && mentions.must_ask) return need{{mentions.question()}};
  std::optional<std::vector<person_row>> asked;
  if (r.size() > 1) asked = read_persons(r.rows(1));
  auto mentioned = mentions.among(s, asked, settings_of(c).mentions_per_message);
  message.set_text(q.text());
  message.set_edited_at(c.now);
  message.set_rev(s.rev + 1);
  message.mutable_mentions()->Assign(mentioned.accounts.begin(), mentioned.accounts.end());
  auto change = change_of("edited");
  change.set_text(q.text());
  change.set_edited_at(c.now);
  *change.mutable_mentions() = message.mentions();
  d.statements.push_back(store::edit_message(message, mentioned.handles));
  d.statements.push_back(store::delete_edits(s.id, q.seq()));
  d.events.push_back(changed_event(s, q.seq(), &q.text(), c.caller.account));
  d.apply = [learned = std::move(mentioned.learned), now = c.now](state& x) {
    x.handles.remember(learned, now);
  };
  add_change(d, s, c, q.seq(), std::move(change));
  d.reply = share(std::move(message));
  return d;
}

outcome conversation_entity::recall(const state& s, const RecallRequest& q, const context& c,
                                    const reads& r) {
  if (!s.member(c.caller.account)) return make_error(errc::not_found);
  if (q.seq() < 1 || q.seq() > s.last_seq) return make_error(errc::not_found);
  if (r.size() == 0) return need{{store::message_head(s.id, q.seq())}};
  const auto head = read_head(r.rows(0));
  if (!head) return make_error(errc::not_found);
  // A chat has moderators: owners and admins.
  const bool moderates = s.chat && s.member(c.caller.account)->role != member_role::member;
  if (head->sender != c.caller.account && !moderates) return make_error(errc::forbidden);
  if (head->recalled) return done();

  decision<state> d;
  d.statements.push_back(store::recall_message(s.id, q.seq(), s.rev + 1));
  d.statements.push_back(store::delete_edits(s.id, q.seq()));
  if (head->reacted) {
    d.statements.push_back(store::delete_reaction_counts(s.id, q.seq()));
    d.statements.push_back(store::take_back(s.id, q.seq(), c.now));
  }
  d.events.push_back(changed_event(s, q.seq(), nullptr, c.caller.account));
  add_change(d, s, c, q.seq(), change_of("recalled"));
  return done(std::move(d));
}

outcome conversation_entity::react(const state& s, const ReactRequest& q, const context& c,
                                   const reads& r) {
  if (!s.member(c.caller.account)) return make_error(errc::not_found);
  const auto emoji = canonical_emoji(q.emoji());
  if (!emoji) return not_an_emoji();
  if (q.seq() < 1 || q.seq() > s.last_seq) return make_error(errc::not_found);
  if (s.blocked) return make_error(errc::blocked);
  if (r.size() == 0)
    return need{{store::message_head(s.id, q.seq()),
                 store::message_reactions(s.id, q.seq(), c.caller.account)}};
  const auto head = read_head(r.rows(0));
  if (!head) return make_error(errc::not_found);
  if (head->recalled) return make_error(errc::conflict, "The message was recalled.");
  const auto reactions = read_reactions(r.rows(1));
  const auto same = std::ranges::find(reactions, *emoji, &reaction_row::emoji);
  if (same != reactions.end() && same->mine) return done();
  if (same == reactions.end() && std::ssize(reactions) >= settings_of(c).reactions_per_message)
    return make_error(errc::conflict,
                      "The message has as many different reactions as it can have.");

  decision<state> d;
  auto change = change_of("reaction_added");
  change.set_emoji(*emoji);
  change.set_account_id(to_string(c.caller.account));
  d.statements.push_back(store::insert_reaction(s.id, q.seq(), c.caller.account, *emoji, c.now));
  d.statements.push_back(store::mark_reacted(s.id, q.seq()));
  add_change(d, s, c, q.seq(), std::move(change));
  return done(std::move(d));
}

outcome conversation_entity::unreact(const state& s, const ReactRequest& q, const context& c,
                                     const reads& r) {
  if (!s.member(c.caller.account)) return make_error(errc::not_found);
  // What was stored before reactions had one spelling can still be taken back.
  auto emoji = canonical_emoji(q.emoji()).value_or(q.emoji());
  if (q.seq() < 1 || q.seq() > s.last_seq) return make_error(errc::not_found);
  if (r.size() == 0) return need{{store::message_reactions(s.id, q.seq(), c.caller.account)}};
  const auto reactions = read_reactions(r.rows(0));
  auto same = std::ranges::find(reactions, emoji, &reaction_row::emoji);
  if (same == reactions.end())
    same = std::ranges::find(reactions, emoji = q.emoji(), &reaction_row::emoji);
  if (same == reactions.end() || !same->mine) return done();

  decision<state> d;
  auto change = change_of("reaction_removed");
  change.set_emoji(emoji);
  change.set_account_id(to_string(c.caller.account));
  d.statements.push_back(store::delete_reaction(s.id, q.seq(), c.caller.account, emoji));
  d.statements.push_back(store::delete_spent_count(s.id, q.seq(), emoji));
  add_change(d, s, c, q.seq(), std::move(change));
  return done(std::move(d));
}

}  // namespace nova::messaging
