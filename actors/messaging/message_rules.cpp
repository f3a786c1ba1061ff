// Messages that exist: history, edit, recall, reactions. Handlers of conversation_entity.
#include "actors/messaging/conversation_entity.hpp"

#include "protocols/core/page.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "storage/messaging/messaging_store.hpp"

#include <charconv>
#include <limits>

namespace nova::messaging {

using runtime::decision;
using runtime::need;
using runtime::share;

namespace {

using outcome = conversation_entity::outcome;

struct window {
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  std::int64_t after = 0;
  bool forward = false;
};

// "before.17" or "after.17", as next_cursor wrote it.
result<window> window_of(const HistoryRequest& q) {
  window w;
  if (q.has_cursor()) {
    std::string_view cursor = q.cursor();
    auto dot = cursor.find('.');
    std::int64_t seq = 0;
    auto digits = dot == cursor.npos ? std::string_view() : cursor.substr(dot + 1);
    auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), seq);
    auto side = cursor.substr(0, std::min(dot, cursor.size()));
    if (failed != std::errc() || end != digits.data() + digits.size() || (side != "before" && side != "after"))
      return invalid_field("cursor", "This is not a cursor of this list.");
    w.forward = side == "after";
    (w.forward ? w.after : w.before) = seq;
    return w;
  }
  if (q.has_before_seq() && q.before_seq() < 0) return invalid_field("before_seq", "A seq is not negative.");
  if (q.has_after_seq() && q.after_seq() < 0) return invalid_field("after_seq", "A seq is not negative.");
  if (q.has_before_seq()) w.before = q.before_seq();
  if (q.has_after_seq()) w.after = q.after_seq();
  w.forward = q.has_after_seq();
  return w;
}

Change change_of(std::string kind) {
  Change change;
  change.set_kind(std::move(kind));
  return change;
}

// Who may touch the message `q` names: its sender only. Empty: go on.
std::optional<error> check_own(const storage::rows& head, const runtime::context& c) {
  if (head.empty()) return error{errc::not_found};
  if (head.id(0, 0) != c.caller.account) return error{errc::forbidden};
  return {};
}

bool plausible_emoji(const std::string& emoji) {
  if (emoji.empty()) return false;
  for (unsigned char ch : emoji)
    if (ch <= 0x20 || ch == 0x7f) return false;
  return true;
}

runtime::event changed_event(const conversation_state& s, std::int64_t seq, const std::string* text) {
  MessageChanged e;
  e.set_conversation_id(to_string(s.id));
  e.set_seq(seq);
  if (text) e.set_text(*text);
  return {&message_changed_event(), share(std::move(e))};
}

outcome done(decision<conversation_state> d = {}) {
  d.reply = share(Empty());
  return d;
}

}  // namespace

outcome conversation_entity::history(const state& s, const HistoryRequest& q, const context& c, const reads& r) {
  if (!s.member(c.caller.account)) return error{errc::not_found};
  auto limit = page_limit(q);
  if (!limit) return limit.error();
  auto w = window_of(q);
  if (!w) return w.error();
  if (r.size() == 0)
    return need{{store::history(s.id, w->before, w->after, *limit + 1, w->forward, c.caller.account)}};

  const auto& found = r.rows(0);
  auto count = std::min<std::size_t>(found.size(), static_cast<std::size_t>(*limit));
  HistoryReply reply;
  for (std::size_t i = 0; i < count; ++i)
    *reply.add_items() = message_from(found, w->forward ? i : count - 1 - i);
  if (found.size() > count && count > 0) {
    auto last = w->forward ? reply.items(reply.items_size() - 1).seq() : reply.items(0).seq();
    reply.set_next_cursor((w->forward ? "after." : "before.") + std::to_string(last));
  }
  decision<state> d;
  d.reply = share(std::move(reply));
  return d;
}

outcome conversation_entity::edit(const state& s, const EditRequest& q, const context& c, const reads& r) {
  if (!s.member(c.caller.account)) return error{errc::not_found};
  if (q.seq() < 1 || q.seq() > s.last_seq) return error{errc::not_found};
  if (r.size() == 0)
    return need{{store::history(s.id, q.seq() + 1, q.seq() - 1, 1, false, c.caller.account)}};
  const auto& found = r.rows(0);
  if (found.empty()) return error{errc::not_found};
  auto message = message_from(found, 0);
  if (message.sender_id() != to_string(c.caller.account)) return error{errc::forbidden};
  if (message.recalled()) return error{errc::conflict, "The message was recalled."};

  decision<state> d;
  if (message.text() != q.text()) {
    message.set_text(q.text());
    message.set_edited_at(c.now);
    message.set_rev(s.rev + 1);
    auto change = change_of("edited");
    change.set_text(q.text());
    change.set_edited_at(c.now);
    d.statements.push_back(store::edit_message(s.id, q.seq(), q.text(), c.now, s.rev + 1));
    d.events.push_back(changed_event(s, q.seq(), &q.text()));
    add_change(d, s, c, q.seq(), std::move(change));
  }
  d.reply = share(std::move(message));
  return d;
}

outcome conversation_entity::recall(const state& s, const RecallRequest& q, const context& c, const reads& r) {
  if (!s.member(c.caller.account)) return error{errc::not_found};
  if (q.seq() < 1 || q.seq() > s.last_seq) return error{errc::not_found};
  if (r.size() == 0) return need{{store::message_head(s.id, q.seq())}};
  if (auto wrong = check_own(r.rows(0), c)) return *wrong;
  if (r.rows(0).boolean(0, 1)) return done();

  decision<state> d;
  d.statements.push_back(store::recall_message(s.id, q.seq(), s.rev + 1));
  d.statements.push_back(store::delete_reactions(s.id, q.seq()));
  d.events.push_back(changed_event(s, q.seq(), nullptr));
  add_change(d, s, c, q.seq(), change_of("recalled"));
  return done(std::move(d));
}

outcome conversation_entity::react(const state& s, const ReactRequest& q, const context& c, const reads& r) {
  if (!s.member(c.caller.account)) return error{errc::not_found};
  if (!plausible_emoji(q.emoji())) return invalid_field("emoji", "A reaction is an emoji or a short word.");
  if (q.seq() < 1 || q.seq() > s.last_seq) return error{errc::not_found};
  if (r.size() == 0)
    return need{{store::message_head(s.id, q.seq()),
                 store::message_reactions(s.id, q.seq(), c.caller.account)}};
  if (r.rows(0).empty()) return error{errc::not_found};
  if (r.rows(0).boolean(0, 1)) return error{errc::conflict, "The message was recalled."};
  if (s.blocked) return error{errc::blocked};
  const auto& reactions = r.rows(1);
  bool known = false;
  for (std::size_t i = 0; i < reactions.size(); ++i) {
    if (reactions.text(i, 0) != q.emoji()) continue;
    known = true;
    if (reactions.boolean(i, 2)) return done();
  }
  auto limit = c.service<messaging_services>().settings.reactions_per_message;
  if (!known && static_cast<std::int64_t>(reactions.size()) >= limit)
    return error{errc::conflict, "The message has as many different reactions as it can have."};

  decision<state> d;
  auto change = change_of("reaction_added");
  change.set_emoji(q.emoji());
  change.set_account_id(to_string(c.caller.account));
  d.statements.push_back(store::insert_reaction(s.id, q.seq(), c.caller.account, q.emoji(), c.now));
  d.statements.push_back(store::mark_reacted(s.id, q.seq()));
  add_change(d, s, c, q.seq(), std::move(change));
  return done(std::move(d));
}

outcome conversation_entity::unreact(const state& s, const ReactRequest& q, const context& c, const reads& r) {
  if (!s.member(c.caller.account)) return error{errc::not_found};
  if (q.seq() < 1 || q.seq() > s.last_seq) return error{errc::not_found};
  if (r.size() == 0) return need{{store::message_reactions(s.id, q.seq(), c.caller.account)}};
  const auto& reactions = r.rows(0);
  bool mine = false;
  for (std::size_t i = 0; i < reactions.size(); ++i)
    mine |= reactions.text(i, 0) == q.emoji() && reactions.boolean(i, 2);
  if (!mine) return done();

  decision<state> d;
  auto change = change_of("reaction_removed");
  change.set_emoji(q.emoji());
  change.set_account_id(to_string(c.caller.account));
  d.statements.push_back(store::delete_reaction(s.id, q.seq(), c.caller.account, q.emoji()));
  add_change(d, s, c, q.seq(), std::move(change));
  return done(std::move(d));
}

}  // namespace nova::messaging
