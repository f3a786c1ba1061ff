// A page of what an account finds. Handler of seeker_entity.
#include "actors/search/highlight_rules.hpp"
#include "actors/search/score_rules.hpp"
#include "actors/search/search_rules.hpp"
#include "actors/search/search_services.hpp"
#include "actors/search/seeker_entity.hpp"

#include <algorithm>
#include <tuple>

namespace nova::search {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using decision = runtime::decision<seeker_state>;
using outcome = seeker_entity::outcome;

/// The reads of a request, in their order: the kinds that are looked for, then the texts of the page's posts.
struct plan {
  bool posts, users, messages;
  std::size_t kinds() const { return std::size_t{posts} + users + messages; }
  std::size_t users_at() const { return posts; }
  std::size_t messages_at() const { return std::size_t{posts} + users; }
};

plan plan_of(const wish& w) {
  return {w.posts && !w.from.posts_done(), w.users && !w.from.users_done(),
          w.messages && !w.from.messages_done()};
}

uuid place(const std::string& bytes) { return id_in(bytes).value_or(store::last_id()); }

/// What a person is told by: the first word of the question, as a handle is spelled.
std::string first_word(const wish& w) {
  for (const auto& part : w.words.parts)
    if (!part.excluded) return unsigned_text(part.terms.front().text);
  return {};
}

/// What people may be nearly named; empty: those are not looked for. A person who is nearly meant is no answer to a question for posts.
std::string nearly(const wish& w) {
  return w.posts || w.messages ? std::string() : misspelt(w.words);
}

need questions(const wish& w, const plan& p, const context& c, const config::search_settings& s) {
  need out;
  auto v = view_of(w, c.caller.account, words_as::written);
  v.before_at = w.from.posts_at();
  v.before_id = place(w.from.posts_id());
  v.limit = s.ranked_posts;
  if (p.posts) out.items.emplace_back(store::find_posts(v, w.language));
  auto people = view_of(w, c.caller.account, words_as::beginnings);
  people.before_id = place(w.from.users_id());
  people.limit = w.limit + 1;
  if (p.users)
    out.items.emplace_back(
        store::find_people(people, w.from.users_score(), first_word(w), nearly(w)));
  v.before_at = w.from.messages_at();
  v.before_id = place(w.from.messages_id());
  v.limit = w.limit + 1;
  if (p.messages) out.items.emplace_back(store::find_messages(v, w.conversation));
  return out;
}

/// All that the reads have found behind the position, and the page of it.
struct findings {
  std::vector<post_row> window;
  std::vector<scored_post> posts;
  std::vector<person_row> users;
  std::vector<message_row> messages;
  std::vector<candidate> page;
};

std::vector<scored_post> rest_of(std::vector<scored_post> ranked, const Position& from) {
  if (!from.has_posts_score()) return ranked;
  const auto last = std::tuple(from.posts_score(), place(from.posts_last()));
  std::erase_if(ranked,
                [&](const scored_post& p) { return std::tuple(p.score, p.post_id) >= last; });
  return ranked;
}

findings found(const wish& w, const plan& p, const reads& r, const config::search_settings& s) {
  findings f;
  std::vector<candidate> all;
  if (p.posts) {
    f.window = read_posts(r.rows(0));
    f.posts = rest_of(rank(f.window, w.words, w.from.as_of(), s.recency_half_days), w.from);
    for (std::size_t i = 0; i < f.posts.size(); ++i)
      all.push_back({kind::post, f.posts[i].score, i});
  }
  if (p.users) {
    f.users = read_people(r.rows(p.users_at()));
    if (!nearly(w).empty())
      std::erase_if(f.users, [&](const person_row& row) {
        return row.score < store::least_score_of_words &&
               !nearly_named(w.words, row.handle, row.display_name);
      });
    for (std::size_t i = 0; i < f.users.size(); ++i)
      all.push_back({kind::user, f.users[i].score, i});
  }
  if (p.messages) {
    f.messages = read_messages(r.rows(p.messages_at()));
    for (std::size_t i = 0; i < f.messages.size(); ++i) {
      const auto age = w.from.as_of() - f.messages[i].at;
      all.push_back({kind::message, recency(age, s.recency_half_days), i});
    }
  }
  f.page = merged(all, w.limit);
  return f;
}

std::vector<uuid> posts_of(const findings& f) {
  std::vector<uuid> out;
  for (const auto& c : f.page)
    if (c.what == kind::post) out.push_back(f.posts[c.index].post_id);
  return out;
}

std::size_t shown(const findings& f, kind k) {
  return static_cast<std::size_t>(
      std::ranges::count_if(f.page, [k](const candidate& c) { return c.what == k; }));
}

/// Where the next page begins. Empty: everything was shown.
std::optional<Position> next(const wish& w, const plan& p, const findings& f,
                             const config::search_settings& s) {
  Position out = w.from;
  out.set_posts_done(!p.posts);
  out.set_users_done(!p.users);
  out.set_messages_done(!p.messages);
  if (const auto n = shown(f, kind::post); n < f.posts.size()) {
    if (n > 0) {
      out.set_posts_score(f.posts[n - 1].score);
      out.set_posts_last(bytes_of(f.posts[n - 1].post_id));
    }
  } else if (std::cmp_greater_equal(f.window.size(), s.ranked_posts)) {
    out.set_posts_at(f.window.back().at);
    out.set_posts_id(bytes_of(f.window.back().post_id));
    out.clear_posts_score();
  } else {
    out.set_posts_done(true);
  }
  const auto users = shown(f, kind::user);
  if (users == f.users.size()) out.set_users_done(true);
  if (users > 0) {
    out.set_users_score(f.users[users - 1].score);
    out.set_users_id(bytes_of(f.users[users - 1].account_id));
  }
  const auto messages = shown(f, kind::message);
  if (messages == f.messages.size()) out.set_messages_done(true);
  if (messages > 0) {
    out.set_messages_at(f.messages[messages - 1].at);
    out.set_messages_id(bytes_of(f.messages[messages - 1].message_id));
  }
  if (out.posts_done() && out.users_done() && out.messages_done()) return std::nullopt;
  return out;
}

void add_highlight(Hit& hit, std::string_view field, const std::vector<snippet_part>& parts) {
  auto& h = *hit.add_highlights();
  h.set_field(std::string(field));
  for (const auto& part : parts) {
    auto& p = *h.add_parts();
    p.set_text(part.text);
    p.set_hit(part.hit);
  }
}

void show(Hit& hit, const person_row& row, const question& q) {
  hit.mutable_user()->set_account_id(to_string(row.account_id));
  const auto plain = without_signs(q);
  const auto name = snippet(row.display_name, plain, words_as::beginnings);
  const auto handle = snippet(row.handle, plain, words_as::beginnings);
  if (has_hit(name)) add_highlight(hit, "display_name", name);
  if (has_hit(handle)) add_highlight(hit, "handle", handle);
}

void show(Hit& hit, const message_row& row, const question& q) {
  hit.mutable_message()->set_conversation_id(to_string(row.conversation_id));
  hit.mutable_message()->set_seq(row.seq);
  add_highlight(hit, "text", snippet(row.text, q, words_as::written));
}

void show(Hit& hit, const post_text_row& row, const question& q) {
  hit.mutable_post()->set_post_id(to_string(row.post_id));
  hit.mutable_post()->mutable_author()->set_account_id(to_string(row.author_id));
  add_highlight(hit, "text", snippet(row.text, q, words_as::written));
}

/// A post whose text has gone since the first read is left out.
void add(FindReply& reply, const candidate& c, const findings& f,
         const std::vector<post_text_row>& texts, const question& q) {
  Hit hit;
  hit.set_kind(std::string(name_of(c.what)));
  hit.set_score(c.score);
  if (c.what == kind::user) {
    show(hit, f.users[c.index], q);
  } else if (c.what == kind::message) {
    show(hit, f.messages[c.index], q);
  } else {
    const auto row = std::ranges::find(texts, f.posts[c.index].post_id, &post_text_row::post_id);
    if (row == texts.end()) return;
    show(hit, *row, q);
  }
  *reply.add_items() = std::move(hit);
}

}  // namespace

outcome seeker_entity::find(const state&, const FindRequest& q, const context& c, const reads& r) {
  const auto w = read_wish(q, c.now);
  if (w.has_error()) return w.error();
  const auto& settings = c.service<search_services>().settings;
  const auto p = plan_of(*w);
  FindReply reply;
  if (p.kinds() > 0) {
    if (r.size() == 0) return questions(*w, p, c, settings);
    const auto f = found(*w, p, r, settings);
    auto posts = posts_of(f);
    if (!posts.empty() && r.size() == p.kinds()) return need{{store::post_texts(std::move(posts))}};
    std::vector<post_text_row> texts;
    if (r.size() > p.kinds()) texts = read_post_texts(r.rows(p.kinds()));
    for (const auto& one : f.page) add(reply, one, f, texts, w->words);
    if (const auto behind = next(*w, p, f, settings)) reply.set_next_cursor(cursor_of(*behind));
  }
  decision d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

}  // namespace nova::search
