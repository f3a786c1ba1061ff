// messaging's pages, summaries and resumes in memory. See memory_domains.hpp; the SQL is
// storage/messaging/messaging_queries.cpp.
#include "tests/simulation/memory_cells.hpp"
#include "tests/simulation/memory_domains.hpp"
#include "tests/simulation/messaging_columns.hpp"

#include <map>

namespace nova::simulation {

namespace {

memory_row message_cells(const memory_row& r) {
  return {r[x_conversation], r[x_seq],    r[x_rev],   r[x_id],   r[x_sender], r[x_client],
          r[x_text],         r[x_extras], r[x_reply], r[x_sent], r[x_edited], r[x_recalled]};
}

struct emoji_row {
  std::string emoji;
  std::int64_t count = 0;
  bool mine = false;
  unix_ms first = 0;
};

/// By emoji.
std::vector<emoji_row> emojis_of(memory_store& s, const value& conversation, const value& seq,
                                 const value& me) {
  std::vector<emoji_row> out;
  each_of(s, "reaction_count", {conversation, seq}, [&](const memory_row& r) {
    const bool mine = s.table("reaction").find({conversation, seq, r[n_emoji], me}) != nullptr;
    out.push_back({text_of(r[n_emoji]), number(r[n_count]), mine, time_of(r[n_first])});
    return true;
  });
  return out;
}

/// REACTIONS_OF of the SQL: three arrays ordered by the first use, all NULL when there is none.
memory_row with_reactions(memory_store& s, const memory_row& message, const value& me) {
  auto out = message_cells(message);
  std::vector<emoji_row> list;
  if (std::get<bool>(message[x_reacted]))
    list = emojis_of(s, message[x_conversation], message[x_seq], me);
  if (list.empty()) {
    out.resize(15);
    return out;
  }
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> emojis;
  std::vector<std::int64_t> counts, mine;
  for (const auto& e : list) {
    emojis.push_back(e.emoji);
    counts.push_back(e.count);
    mine.push_back(e.mine);
  }
  out.insert(out.end(), {std::move(emojis), std::move(counts), std::move(mine)});
  return out;
}

const memory_row* last_message(memory_store& s, const value& conversation) {
  const auto& rows = s.table("message").rows();
  auto after = rows.upper_bound({conversation, std::int64_t{INT64_MAX}});
  if (after == rows.begin()) return nullptr;
  const auto& row = std::prev(after)->second;
  return row[x_conversation] == conversation ? &row : nullptr;
}

/// SUMMARY_COLUMNS of the SQL, whose kept counts of messages must come to the same as this count.
memory_row summary(memory_store& s, const memory_row& c, const memory_row& own) {
  std::int64_t unread = 0;
  each_of(s, "message", {c[c_id]}, [&](const memory_row& r) {
    unread += number(r[x_seq]) > number(own[m_read]) && r[x_sender] != own[m_account] &&
              !std::get<bool>(r[x_recalled]);
    return true;
  });
  const auto* last = last_message(s, c[c_id]);
  memory_row out{
      c[c_id],      c[c_kind],   c[c_title],       c[c_rev],
      c[c_created], own[m_read], own[m_delivered], last ? (*last)[x_seq] : value(std::int64_t{0}),
      unread,       c[c_members]};
  auto cells = last ? message_cells(*last) : memory_row(12);
  out.insert(out.end(), cells.begin(), cells.end());
  return out;
}

std::vector<memory_row> memberships(memory_store& s, const value& account) {
  std::vector<memory_row> out;
  for (const auto& [key, r] : s.table("member").rows())
    if (r[m_account] == account) out.push_back(r);
  return out;
}

/// The memberships that a page of the list looks at.
std::vector<memory_row> placed(memory_store& s, const memory_row& p) {
  const auto slack = number(p[4]), before = time_of(p[1]);
  std::vector<unix_ms> surely;
  for (const auto& m : memberships(s, p[0]))
    if (!is_null(m[m_active]) && time_of(m[m_active]) < before - slack)
      surely.push_back(time_of(m[m_active]));
  std::sort(surely.rbegin(), surely.rend());
  const auto wanted = static_cast<std::size_t>(number(p[3]));
  const auto from = wanted < surely.size() ? surely[wanted] - slack : INT64_MIN;
  std::vector<memory_row> out;
  for (auto& m : memberships(s, p[0]))
    if (is_null(m[m_active]) || (time_of(m[m_active]) <= before && time_of(m[m_active]) >= from))
      out.push_back(std::move(m));
  return out;
}

void add_summaries(memory_store& store) {
  store.on("messaging.conversation_summary", [](memory_store& s, const memory_row& p) {
    const auto* c = s.table("conversation").find({p[0]});
    const auto* own = s.table("member").find({p[0], p[1]});
    return c && own ? found(22, {summary(s, *c, *own)}) : found(22, {});
  });
  store.on("messaging.list_conversations", [](memory_store& s, const memory_row& p) {
    std::vector<std::pair<memory_row, memory_row>> page;  // (active_at, id) → row
    for (const auto& own : placed(s, p)) {
      const auto* c = s.table("conversation").find({own[m_conversation]});
      if (!c) continue;
      const auto* last = last_message(s, own[m_conversation]);
      memory_row key{last ? (*last)[x_sent] : (*c)[c_created], (*c)[c_id]};
      if (!storage::value_less{}(key, memory_row{p[1], p[2]})) continue;
      auto row = summary(s, *c, own);
      row.push_back(key[0]);
      page.emplace_back(std::move(key), std::move(row));
    }
    std::sort(page.begin(), page.end(),
              [](const auto& a, const auto& b) { return storage::value_less{}(b.first, a.first); });
    std::vector<memory_row> out;
    for (auto& [key, row] : page)
      if (static_cast<std::int64_t>(out.size()) < number(p[3])) out.push_back(std::move(row));
    return found(23, out);
  });
}

memory_row member_cells(memory_store& s, const memory_row& m) {
  memory_row out(m.begin(), m.begin() + m_active);
  const auto* person = s.table("person").find({m[m_account]});
  out.push_back(person ? (*person)[1] : value());
  out.push_back(person ? (*person)[2] : value());
  return out;
}

void add_member_pages(memory_store& store) {
  store.on("messaging.conversation_members", [](memory_store& s, const memory_row& p) {
    std::vector<memory_row> out;
    for (const auto& id : std::get<std::vector<uuid>>(p[0])) {
      std::int64_t n = 0;
      each_of(s, "member", {id}, [&](const memory_row& r) {
        if (n++ == number(p[1])) return false;
        return out.push_back(member_cells(s, r)), true;
      });
    }
    return found(8, out);
  });
  store.on("messaging.list_members", [](memory_store& s, const memory_row& p) {
    std::vector<memory_row> out;
    each_of(s, "member", {p[0]}, [&](const memory_row& r) {
      if (id_of(p[1]) < id_of(r[m_account]) && static_cast<std::int64_t>(out.size()) < number(p[2]))
        out.push_back(member_cells(s, r));
      return true;
    });
    return found(8, out);
  });
}

std::vector<memory_row> between(memory_store& s, const value& conversation, std::int64_t after,
                                std::int64_t before, const value& me) {
  std::vector<memory_row> out;
  each_of(s, "message", {conversation}, [&](const memory_row& r) {
    if (number(r[x_seq]) > after && number(r[x_seq]) < before)
      out.push_back(with_reactions(s, r, me));
    return true;
  });
  return out;
}

void add_history(memory_store& store) {
  auto page = [](bool forward) {
    return [forward](memory_store& s, const memory_row& p) {
      auto out = between(s, p[0], number(p[2]), number(p[1]), p[4]);
      if (!forward) std::reverse(out.begin(), out.end());
      if (out.size() > static_cast<std::size_t>(number(p[3])))
        out.resize(static_cast<std::size_t>(number(p[3])));
      return found(15, out);
    };
  };
  store.on("messaging.history_back", page(false));
  store.on("messaging.history_forward", page(true));
  store.on("messaging.message_reactions", [](memory_store& s, const memory_row& p) {
    std::vector<memory_row> out;
    for (const auto& e : emojis_of(s, p[0], p[1], p[2])) out.push_back({e.emoji, e.count, e.mine});
    return found(3, out);
  });
}

template <class Rows>
void each_range(const memory_row& p, Rows rows) {
  const auto& ids = std::get<std::vector<uuid>>(p[0]);
  const auto& after = std::get<std::vector<std::int64_t>>(p[1]);
  const auto& upto = std::get<std::vector<std::int64_t>>(p[2]);
  for (std::size_t i = 0; i < ids.size(); ++i) rows(ids[i], after[i], upto[i]);
}

void sort_by_first_two(std::vector<memory_row>& out) {
  std::stable_sort(out.begin(), out.end(), [](const memory_row& a, const memory_row& b) {
    return id_of(a[0]) != id_of(b[0]) ? id_of(a[0]) < id_of(b[0]) : number(a[1]) < number(b[1]);
  });
}

void add_resume(memory_store& store) {
  store.on("messaging.positions", [](memory_store& s, const memory_row& p) {
    std::vector<memory_row> with, empty;
    for (const auto& own : memberships(s, p[0])) {
      const auto* c = s.table("conversation").find({own[m_conversation]});
      if (!c) continue;
      const auto* last = last_message(s, (*c)[c_id]);
      const auto* device = s.table("device_mark").find({p[1], (*c)[c_id]});
      (last ? with : empty)
          .push_back({(*c)[c_id], (*c)[c_rev], last ? (*last)[x_seq] : value(std::int64_t{0}),
                      device ? (*device)[2] : value(std::int64_t{0}), own[m_read], own[m_delivered],
                      own[m_marked], (*c)[c_pruned]});
    }
    with.insert(with.end(), empty.begin(), empty.end());
    return found(8, with);
  });
}

void add_resume_wholes(memory_store& store) {
  store.on("messaging.lost_conversations", [](memory_store& s, const memory_row& p) {
    std::vector<memory_row> out;
    each_of(s, "device_mark", {p[0]}, [&](const memory_row& r) {
      if (!s.table("member").find({r[1], p[1]})) out.push_back({r[1]});
      return true;
    });
    return found(1, out);
  });
  store.on("messaging.conversation_heads", [](memory_store& s, const memory_row& p) {
    std::vector<memory_row> out;
    for (const auto& id : std::get<std::vector<uuid>>(p[0]))
      if (const auto* c = s.table("conversation").find({id}))
        out.push_back({(*c)[c_id], (*c)[c_kind], (*c)[c_title], (*c)[c_members]});
    return found(4, out);
  });
}

void add_replays(memory_store& store) {
  store.on("messaging.memberships", [](memory_store& s, const memory_row& p) {
    std::vector<memory_row> out;
    auto ids = std::get<std::vector<uuid>>(p[1]);
    std::ranges::sort(ids);
    for (const auto& id : ids)
      if (s.table("member").find({id, p[0]})) out.push_back({id});
    return found(1, out);
  });
  store.on("messaging.missed_messages", [](memory_store& s, const memory_row& p) {
    std::vector<memory_row> out;
    each_range(p, [&](const uuid& id, std::int64_t after, std::int64_t upto) {
      for (auto& row : between(s, id, after, upto + 1, p[3])) out.push_back(std::move(row));
    });
    sort_by_first_two(out);
    return found(15, out);
  });
  store.on("messaging.missed_changes", [](memory_store& s, const memory_row& p) {
    std::vector<memory_row> out;
    each_range(p, [&](const uuid& id, std::int64_t after, std::int64_t upto) {
      each_of(s, "change", {id}, [&](const memory_row& r) {
        if (number(r[h_rev]) > after && number(r[h_rev]) <= upto)
          out.push_back({r[h_conversation], r[h_rev], r[h_seq], r[h_body]});
        return true;
      });
    });
    sort_by_first_two(out);
    return found(4, out);
  });
  store.on("messaging.change_span", [](memory_store& s, const memory_row& p) {
    const auto& seen = std::get<std::vector<std::int64_t>>(p[3]);
    std::vector<memory_row> out;
    std::size_t at = 0;
    each_range(p, [&](const uuid& id, std::int64_t after, std::int64_t upto) {
      const auto known = seen[at++];
      std::int64_t first = 0, last = 0;
      each_of(s, "change", {id}, [&](const memory_row& r) {
        if (is_null(r[h_seq]) || number(r[h_rev]) <= after || number(r[h_rev]) > upto ||
            number(r[h_seq]) > known)
          return true;
        first = first == 0 ? number(r[h_seq]) : std::min(first, number(r[h_seq]));
        last = std::max(last, number(r[h_seq]));
        return true;
      });
      if (first != 0) out.push_back({id, first, last});
    });
    return found(3, out);
  });
}

}  // namespace

void add_messaging_reads(memory_store& store) {
  add_summaries(store);
  add_member_pages(store);
  add_history(store);
  add_resume(store);
  add_resume_wholes(store);
  add_replays(store);
}

}  // namespace nova::simulation
