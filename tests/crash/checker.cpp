// See checker.hpp. One function a rule; each takes the history through an index that is built once.
#include "tests/crash/checker.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace nova::crash {

std::string_view name_of(fault f) noexcept {
  static constexpr std::string_view names[] = {
      "lost",      "doubled",     "reordered",   "phantom", "sequence", "hole",
      "stale",     "unread",      "idempotency", "profile", "receipt",  "presence",
      "undrained", "stale_epoch", "effect",      "block",   "stalled",  "undurable"};
  return names[static_cast<std::size_t>(f)];
}

namespace {

using message_key = std::pair<std::string, std::int64_t>;  // conversation, seq
using client_key =
    std::tuple<std::string, std::string, std::string>;  // conversation, sender, client_id

struct index {
  explicit index(const history& history) : h(history) {
    for (const auto& c : h.conversations) {
      conversations[c.id] = &c;
      for (const auto& i : c.items) items[{c.id, i.seq}] = &i;
    }
    for (const auto& s : h.sends) sends[{s.conversation, s.sender, s.client_id}] = &s;
    for (const auto& c : h.changes) changes[{c.conversation, c.seq}].push_back(&c);
    for (const auto& m : h.member_changes) moved.insert({m.conversation, m.account});
    for (const auto& m : h.marks) {
      auto& most = asked[{m.conversation, m.account}];
      auto& one = m.read ? most.read : most.delivered;
      one = std::max(one, m.seq);
    }
    for (const auto& p : h.receipts) {
      auto& most = asked[{p.conversation, p.reader}];
      most.read = std::max(most.read, p.asked);
    }
  }

  void report(fault f, std::string detail) { found.push_back({f, std::move(detail)}); }

  const history& h;
  std::map<std::string, const conversation_record*> conversations;
  std::map<message_key, const item*> items;
  std::map<client_key, const send_record*> sends;
  std::map<message_key, std::vector<const change_record*>> changes;
  std::set<std::pair<std::string, std::string>>
      moved;  ///< (conversation, account) that joined or left during the run
  struct reach {
    std::int64_t read = 0, delivered = 0;
  };
  std::map<std::pair<std::string, std::string>, reach>
      asked;  ///< (conversation, account) → the furthest marks, refused or not
  std::vector<violation> found;
};

std::string at(const std::string& conversation, std::int64_t seq) {
  return "conversation " + conversation + " seq " + std::to_string(seq);
}

void check_sends(index& x) {
  for (const auto& s : x.h.sends) {
    const auto who = "client_id " + s.client_id + " of " + s.sender;
    for (const auto& a : s.answers)
      if (a != s.answers.front()) x.report(fault::idempotency, who + " was answered differently");
    if (s.answers.empty()) continue;
    const auto& a = s.answers.front();
    const auto found = x.items.find({s.conversation, a.seq});
    if (found == x.items.end() || found->second->message_id != a.message_id)
      x.report(fault::lost, who + " was acknowledged as " + at(s.conversation, a.seq));
  }
  for (const auto& r : x.h.reuses)
    if (r.code != "client_id_reused")
      x.report(fault::idempotency, "client_id " + r.client_id + " with another body: " + r.code);
}

void check_items(index& x) {
  for (const auto& c : x.h.conversations) {
    std::int64_t next = 1;
    std::set<client_key> seen;
    std::set<std::string> ids;
    for (const auto& i : c.items) {
      if (i.seq != next)
        x.report(fault::sequence, at(c.id, i.seq) + " where " + std::to_string(next) + " belongs");
      next = i.seq + 1;
      if (!seen.insert({c.id, i.sender, i.client_id}).second || !ids.insert(i.message_id).second)
        x.report(fault::doubled, at(c.id, i.seq) + " repeats client_id " + i.client_id);
      const auto sent = x.sends.find({c.id, i.sender, i.client_id});
      if (sent == x.sends.end()) x.report(fault::phantom, at(c.id, i.seq) + " was sent by nobody");
      else if (sent->second->refused && !sent->second->open && sent->second->answers.empty())
        x.report(fault::phantom, at(c.id, i.seq) + " was refused");
    }
    if (c.last_seq != next - 1)
      x.report(fault::sequence,
               "conversation " + c.id + " says last_seq " + std::to_string(c.last_seq));
  }
}

/// What the changes of one message allow at rest.
struct allowed {
  std::set<std::string> texts;
  bool must_be_recalled = false, may_be_recalled = false;
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> reactions;  ///< emoji → least, most
};

allowed allowed_by(const std::string& first_text, const std::vector<const change_record*>& changes,
                   bool any_order) {
  allowed out;
  out.texts.insert(first_text);
  std::map<std::pair<std::string, std::string>, bool> reactors;
  for (const auto* c : changes) {
    if (c->end == outcome::refused) continue;
    const bool sure = c->end == outcome::acked;
    switch (c->what) {
      case change_record::kind::edit:
        if (sure) out.texts.clear();
        out.texts.insert(c->text);
        break;
      case change_record::kind::recall:
        out.may_be_recalled = true;
        out.must_be_recalled |= sure;
        break;
      case change_record::kind::reaction: reactors[{c->text, c->actor}] |= sure; break;
    }
  }
  for (const auto* c : changes)
    if (any_order && c->what == change_record::kind::edit && c->end == outcome::unknown)
      out.texts.insert(c->text);
  for (const auto& [who, sure] : reactors) {
    out.reactions[who.first].first += sure;
    out.reactions[who.first].second += 1;
  }
  return out;
}

std::string words_of(outcome o) {
  return o == outcome::acked     ? " was answered"
         : o == outcome::refused ? " was refused"
                                 : " was not answered";
}

void check_changes(index& x) {
  static const std::vector<const change_record*> none;
  for (const auto& [key, i] : x.items) {
    const auto sent = x.sends.find({key.first, i->sender, i->client_id});
    if (sent == x.sends.end()) continue;
    const auto changed = x.changes.find(key);
    const auto may =
        allowed_by(sent->second->text, changed == x.changes.end() ? none : changed->second,
                   x.h.several_gateways);
    const auto where = at(key.first, key.second);
    if (may.must_be_recalled && !i->recalled) x.report(fault::lost, "recall of " + where);
    if (i->recalled && !may.may_be_recalled) x.report(fault::phantom, "recall of " + where);
    if (i->recalled && !i->text.empty())
      x.report(fault::stale, where + " is recalled and still has its text");
    if (i->recalled) continue;
    if (!may.texts.contains(i->text)) {
      const bool ever = i->text == sent->second->text ||
                        std::any_of(x.h.changes.begin(), x.h.changes.end(), [&](const auto& c) {
                          return c.seq == key.second && c.text == i->text;
                        });
      auto detail = (ever ? "edit of " : "text of ") + where + ": it is " + i->text;
      if (changed != x.changes.end())
        for (const auto* c : changed->second)
          if (c->what == change_record::kind::edit) detail += ", " + c->text + words_of(c->end);
      x.report(ever ? fault::lost : fault::phantom, std::move(detail));
    }
    for (const auto& [emoji, range] : may.reactions) {
      const auto n = i->reactions.contains(emoji) ? i->reactions.at(emoji) : 0;
      if (n < range.first) x.report(fault::lost, "reaction at " + where);
      if (n > range.second) x.report(fault::doubled, "reaction at " + where);
    }
    for (const auto& [emoji, n] : i->reactions)
      if (!may.reactions.contains(emoji)) x.report(fault::phantom, "reaction at " + where);
  }
}

/// Numbers that must ascend on one connection. On a resumed one the live ones may begin once below the replayed ones: the
/// overlap that the contract allows.
struct ascending {
  std::int64_t last = 0;
  bool may_step_back = false;
  std::set<std::int64_t> seen;

  enum class step { fine, doubled, backwards };
  step take(std::int64_t n) {
    const bool again = !seen.insert(n).second;
    const bool back = n <= last;
    if (back && may_step_back) {
      may_step_back = false;
      last = n;
      return step::fine;
    }
    last = std::max(last, n);
    return !back ? step::fine : again ? step::doubled : step::backwards;
  }
};

/// One conversation as one device was told it, with the client's own dropping of what it has.
struct view {
  bool whole = false;  ///< a founder who stayed: nothing may be missing
  std::int64_t last =
      0;  ///< what the client drops up to; when whole, everything up to here was delivered or in a gap
  std::int64_t rev = 0;
  ascending seqs, revs;
  std::map<std::int64_t, std::pair<std::string, bool>> messages;  ///< seq → text, recalled
  std::map<std::string, std::pair<std::int64_t, std::int64_t>>
      receipts;  ///< account → read, delivered; this connection

  /// A resume tells the account's own marks; live ones, committed before, may follow it once.
  bool own_may_step_back = false;

  void connect(bool resumed) {
    seqs = {0, resumed, {}}, revs = {0, resumed, {}}, receipts.clear();
    own_may_step_back = resumed;
  }
};

void take_message(index& x, const device_record& d, const stream_event& e, view& v) {
  const auto where = d.name + ": " + at(e.conversation, e.seq);
  const auto found = x.items.find({e.conversation, e.seq});
  if (found == x.items.end())
    x.report(fault::phantom, where + " was delivered and is not in the history");
  else if (found->second->message_id != e.message_id)
    x.report(fault::reordered, where + " is another message in the history");
  const auto before = v.seqs.last;
  const auto step = v.seqs.take(e.seq);
  if (step == ascending::step::doubled)
    x.report(fault::doubled, where + " twice on one connection");
  if (step == ascending::step::backwards)
    x.report(fault::reordered, where + " after " + std::to_string(before));
  if (e.seq <= v.last) return;
  if (v.whole && e.seq > v.last + 1)
    x.report(fault::hole, where + " after " + std::to_string(v.last));
  v.last = e.seq;
  v.messages[e.seq] = {e.text, e.what == stream_event::kind::recalled};
}

void take_change(index& x, const device_record& d, const stream_event& e, view& v) {
  const auto before = v.revs.last;
  if (v.revs.take(e.rev) != ascending::step::fine)
    x.report(fault::reordered, d.name + ": rev " + std::to_string(e.rev) + " of " + e.conversation +
                                   " after rev " + std::to_string(before));
  if (e.rev <= v.rev) return;
  v.rev = e.rev;
  const auto known = v.messages.find(e.seq);
  if (known == v.messages.end()) return;
  if (e.what == stream_event::kind::recalled) known->second = {"", true};
  if (e.what == stream_event::kind::edited) known->second.first = e.text;
}

void take_receipt(index& x, const device_record& d, const stream_event& e, view& v) {
  const auto what = d.name + ": receipt of " + e.text + " in " + e.conversation;
  auto& [read, delivered] = v.receipts[e.text];
  const bool back = e.seq < read || e.to_seq < delivered;
  const bool overlap = back && e.text == d.account && std::exchange(v.own_may_step_back, false);
  if (back && !overlap) x.report(fault::receipt, what + " goes backwards");
  read = overlap ? e.seq : std::max(read, e.seq);
  delivered = overlap ? e.to_seq : std::max(delivered, e.to_seq);
  const auto asked = x.asked.find({e.conversation, e.text});
  const auto most = asked == x.asked.end() ? index::reach{} : asked->second;
  if (e.seq > most.read || e.to_seq > std::max(most.read, most.delivered))
    x.report(fault::receipt, what + " says what nobody asked for");
}

void check_end_of_stream(index& x, const device_record& d, const std::string& conversation,
                         const view& v) {
  const auto found = x.conversations.find(conversation);
  if (found == x.conversations.end()) return;
  const auto& c = *found->second;
  if (v.last < c.last_seq)
    x.report(fault::hole, d.name + ": the stream of " + conversation + " ends at " +
                              std::to_string(v.last) + " of " + std::to_string(c.last_seq));
  for (const auto& [seq, seen] : v.messages) {
    const auto real = x.items.find({conversation, seq});
    if (real == x.items.end()) continue;
    const bool same =
        real->second->recalled ? seen.second : !seen.second && seen.first == real->second->text;
    if (!same) x.report(fault::stale, d.name + ": " + at(conversation, seq));
  }
}

void check_stream(index& x, const device_record& d) {
  std::map<std::string, view> views;
  bool resumed = false;
  for (const auto& c : x.h.conversations)
    if (c.founders.contains(d.account) && !x.moved.contains({c.id, d.account}))
      views[c.id].whole = true;
  for (const auto& e : d.events) {
    if (e.what == stream_event::kind::opened) {
      resumed = e.resumed;
      for (auto& [id, v] : views) v.connect(resumed);
      continue;
    }
    if (!x.conversations.contains(e.conversation)) continue;
    const auto [place, fresh] = views.try_emplace(e.conversation);
    auto& v = place->second;
    if (fresh) v.connect(resumed);
    if (e.message_id.size() > 0) {
      take_message(x, d, e, v);
    } else if (e.what == stream_event::kind::gap) {
      if (v.whole && e.seq > v.last + 1)
        x.report(fault::hole, d.name + ": a gap from " + at(e.conversation, e.seq) + " after " +
                                  std::to_string(v.last));
      v.last = std::max(v.last, e.to_seq);
      // What it covers may have changed unseen: the client fetches it anew.
      v.messages.erase(v.messages.lower_bound(e.seq), v.messages.upper_bound(e.to_seq));
    } else if (e.what == stream_event::kind::receipt) {
      take_receipt(x, d, e, v);
    } else {
      take_change(x, d, e, v);
    }
  }
  for (const auto& [conversation, v] : views)
    if (v.whole) check_end_of_stream(x, d, conversation, v);
}

/// While one of a direct pair blocks the other, their marks stand still: an answered mark may then have moved nothing.
bool block_within(const history& h, const conversation_record& c) {
  return c.states.size() == 2 && std::any_of(h.blocks.begin(), h.blocks.end(), [&](const auto& b) {
           return c.states.contains(b.by) && c.states.contains(b.whom);
         });
}

void check_unread(index& x) {
  using bounds = std::pair<std::int64_t, std::int64_t>;  // least, most
  std::map<std::pair<std::string, std::string>, bounds> marks, delivered;
  for (const auto& r : x.h.marks) {
    if (r.end == outcome::refused) continue;
    for (auto* bounds : {&delivered, &marks}) {  // what is read is delivered
      if (bounds == &marks && !r.read) continue;
      auto& m = (*bounds)[{r.conversation, r.account}];
      if (r.end == outcome::acked) m.first = std::max(m.first, r.seq);
      m.second = std::max(m.second, r.seq);
    }
  }
  for (const auto& c : x.h.conversations)
    for (const auto& [account, state] : c.states) {
      const auto who = account + " in " + c.id;
      const auto& m = marks[{c.id, account}];
      std::int64_t own = 0, unread = 0;  // an own message may count as read
      for (const auto& i : c.items) {
        if (i.sender == account) own = i.seq;
        unread += i.seq > state.read_seq && i.sender != account && !i.recalled;
      }
      const bool may_rest = block_within(x.h, c);
      if (state.read_seq < m.first && !may_rest) x.report(fault::lost, "read mark of " + who);
      if (state.read_seq > std::max(m.second, own)) x.report(fault::phantom, "read mark of " + who);
      const auto& del = delivered[{c.id, account}];
      if (state.delivered_seq < del.first && !may_rest)
        x.report(fault::lost, "delivered mark of " + who);
      if (state.delivered_seq > std::max(del.second, own))
        x.report(fault::phantom, "delivered mark of " + who);
      if (state.unread != unread)
        x.report(fault::unread, who + ": " + std::to_string(state.unread) + " instead of " +
                                    std::to_string(unread) + " behind mark " +
                                    std::to_string(state.read_seq));
    }
}

void check_members(index& x) {
  std::map<std::pair<std::string, std::string>, std::set<bool>> may;
  for (const auto& m : x.h.member_changes) {
    auto& states = may[{m.conversation, m.account}];
    if (states.empty()) states.insert(!m.added);
    if (m.end == outcome::refused) continue;
    if (m.end == outcome::acked) states.clear();
    states.insert(m.added);
  }
  for (const auto& m : x.h.member_changes)
    if (x.h.several_gateways && m.end == outcome::unknown)
      may[{m.conversation, m.account}].insert(m.added);
  for (const auto& [key, states] : may) {
    const auto found = x.conversations.find(key.first);
    if (found == x.conversations.end()) continue;
    const bool is = found->second->members.contains(key.second);
    if (!states.contains(is))
      x.report(is ? fault::phantom : fault::lost,
               "membership of " + key.second + " in " + key.first);
  }
  for (const auto& c : x.h.conversations)
    for (const auto& account : c.founders)
      if (!may.contains({c.id, account}) && !c.members.contains(account))
        x.report(fault::lost, "membership of " + account + " in " + c.id);
}

void check_posts(index& x) {
  for (const auto& p : x.h.posts)
    if (p.end == outcome::acked && !p.there) x.report(fault::lost, "post " + p.id + ", " + p.text);
}

void check_accounts(index& x) {
  for (const auto& a : x.h.accounts) {
    if (a.registration == outcome::acked && !a.can_log_in)
      x.report(fault::lost, "account " + a.handle);
    if (a.can_log_in && !a.has_profile) x.report(fault::profile, a.handle + " has no profile");
    if (!a.can_log_in && a.has_profile)
      x.report(fault::profile, a.handle + " has a profile and no account");
  }
}

void check_blocks(index& x) {
  std::map<std::pair<std::string, std::string>, std::set<bool>> may;
  for (const auto& b : x.h.blocks) {
    auto& states = may.try_emplace({b.by, b.whom}, std::set<bool>{false}).first->second;
    if (b.end == outcome::refused) continue;
    if (b.end == outcome::acked) states.clear();
    states.insert(b.blocked);
  }
  for (const auto& b : x.h.blocks)
    if (x.h.several_gateways && b.end == outcome::unknown) may[{b.by, b.whom}].insert(b.blocked);
  for (const auto& p : x.h.block_probes) {
    const auto states = may.find({p.by, p.whom});
    if (states == may.end() ? p.refused : !states->second.contains(p.refused))
      x.report(fault::block,
               p.whom + (p.refused ? " is still blocked by " : " is not blocked by ") + p.by);
  }
}

void check_probes(index& x) {
  for (const auto& p : x.h.receipts)
    if (p.told != p.asked && !(p.told < p.asked && block_between(x.h, p.conversation)))
      x.report(fault::receipt, p.device + " was told that " + p.reader + " read " + p.conversation +
                                   " to " + std::to_string(p.told) + " instead of " +
                                   std::to_string(p.asked));
  for (const auto& p : x.h.presence)
    if (p.told != (p.open ? "online" : "offline"))
      x.report(fault::presence, p.account + " has " + (p.open ? "an" : "no") +
                                    " open socket and is said to be '" + p.told + "'");
}

void check_databases(index& x) {
  if (!x.h.databases) return;
  const auto& d = *x.h.databases;
  for (const auto& s : d.streams) {
    const auto where = s.source + "/" + std::to_string(s.shard);
    if (s.count != s.head - s.first + (s.head != 0))
      x.report(fault::undrained, "the outbox of " + where + " has " + std::to_string(s.count) +
                                     " events from " + std::to_string(s.first) + " to " +
                                     std::to_string(s.head));
    if (!s.consumer.empty() && s.offset != s.head)
      x.report(fault::undrained, s.consumer + " took " + std::to_string(s.offset) + " of " +
                                     std::to_string(s.head) + " events of " + where);
  }
  for (const auto& w : d.stale_writes) x.report(fault::stale_epoch, w);
  for (const auto& l : d.dead_letters) x.report(fault::undrained, "dead letter " + l);
  const auto missing = [&](const std::set<std::string>& from, const std::set<std::string>& in,
                           const char* what) {
    for (const auto& id : from)
      if (!in.contains(id)) x.report(fault::profile, id + what);
  };
  missing(d.accounts, d.profiles, " is an account without a profile");
  missing(d.profiles, d.accounts, " is a profile without an account");
  missing(d.profiles, d.persons, " is a profile that messaging does not know");
}

/// Follows and unfollows of one pair come in the order of their events, so at rest every domain has the last one.
void check_effects(index& x) {
  if (!x.h.databases) return;
  const auto& d = *x.h.databases;
  static const std::set<std::string> none;
  const auto source = d.follows.find("user.follow");
  const auto& wanted = source != d.follows.end() ? source->second : none;
  for (const auto& [table, rows] : d.follows) {
    for (const auto& pair : wanted)
      if (!rows.contains(pair)) x.report(fault::effect, table + " lacks " + pair);
    for (const auto& pair : rows)
      if (!wanted.contains(pair)) x.report(fault::effect, table + " has " + pair);
  }
  for (const auto& w : d.wrong_counts) x.report(fault::effect, w);
}

}  // namespace

history as_of(const history& then, const history& now) {
  history out;
  out.several_gateways = now.several_gateways;
  out.conversations = then.conversations;
  // Records are only added, so equal places are the same attempt.
  const auto take = [](const auto& before, const auto& after, auto& into, auto forget) {
    into = before;
    for (auto i = before.size(); i < after.size(); ++i) forget(into.emplace_back(after[i]));
  };
  take(then.sends, now.sends, out.sends, [](auto& s) { s.answers.clear(), s.refused = false; });
  const auto unknown = [](auto& r) { r.end = outcome::unknown; };
  take(then.changes, now.changes, out.changes, unknown);
  take(then.marks, now.marks, out.marks, unknown);
  take(then.member_changes, now.member_changes, out.member_changes, unknown);
  take(then.blocks, now.blocks, out.blocks, unknown);
  take(then.posts, now.posts, out.posts, unknown);
  take(then.accounts, now.accounts, out.accounts,
       [](auto& a) { a.registration = outcome::unknown; });
  return out;
}

bool block_between(const history& h, std::string_view conversation) {
  return std::any_of(h.conversations.begin(), h.conversations.end(),
                     [&](const auto& c) { return c.id == conversation && block_within(h, c); });
}

std::vector<violation> check(const history& h) {
  index x(h);
  check_sends(x);
  check_items(x);
  check_changes(x);
  for (const auto& d : h.devices) check_stream(x, d);
  check_unread(x);
  check_members(x);
  check_accounts(x);
  check_posts(x);
  check_blocks(x);
  check_probes(x);
  check_databases(x);
  check_effects(x);
  for (const auto& s : h.strikes) {
    const auto told = std::to_string(s.acked) + " sends were acknowledged: " + s.name;
    if (s.acked < s.least) x.found.push_back({fault::stalled, told});
    if (s.acked > s.most) x.found.push_back({fault::undurable, told});
  }
  return std::move(x.found);
}

}  // namespace nova::crash
