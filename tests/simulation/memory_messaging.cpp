// messaging's writes and plain reads in memory; pages and summaries are in memory_messaging_reads.cpp. See
// memory_domains.hpp; the SQL is storage/messaging/messaging_queries.cpp.
#include "protocols/core/text.hpp"
#include "tests/simulation/memory_cells.hpp"
#include "tests/simulation/memory_domains.hpp"
#include "tests/simulation/messaging_columns.hpp"

#include <set>

namespace nova::simulation {

namespace {

bool blocks(memory_store& s, const value& blocker, const value& blocked) {
  return s.table("block").find({blocker, blocked}) != nullptr;
}

void add_conversation_reads(memory_store& store) {
  store.on("messaging.load_conversation", [](memory_store& s, const memory_row& p) {
    const auto* r = s.table("conversation").find({p[0]});
    return r ? found(4, {{(*r)[c_kind], (*r)[c_title], (*r)[c_created], (*r)[c_rev]}})
             : found(4, {});
  });
  store.on("messaging.load_members", [](memory_store& s, const memory_row& p) {
    std::vector<memory_row> out;
    each_of(s, "member", {p[0]}, [&](const memory_row& r) {
      return out.push_back(
                 {r[m_account], r[m_role], r[m_joined], r[m_read], r[m_delivered], r[m_active]}),
             true;
    });
    return found(6, out);
  });
  store.on("messaging.load_recent", [](memory_store& s, const memory_row& p) {
    std::vector<memory_row> out;
    each_of(s, "message", {p[0]}, [&](const memory_row& r) {
      return out.push_back({r[x_seq], r[x_sender], r[x_client], r[x_id], r[x_sent], r[x_hash]}),
             true;
    });
    std::reverse(out.begin(), out.end());
    if (out.size() > static_cast<std::size_t>(number(p[1])))
      out.resize(static_cast<std::size_t>(number(p[1])));
    return found(6, out);
  });
  store.on("messaging.load_blocked", [](memory_store& s, const memory_row& p) {
    for (const auto& [key, d] : s.table("direct_pair").rows())
      if (d[2] == p[0] && (blocks(s, d[0], d[1]) || blocks(s, d[1], d[0])))
        return found(1, {{true}});
    return found(1, {});
  });
  store.on("messaging.find_direct", [](memory_store& s, const memory_row& p) {
    const auto* r = s.table("direct_pair").find({p[0], p[1]});
    return r ? found(1, {{(*r)[2]}}) : found(1, {});
  });
}

void add_conversation_writes(memory_store& store) {
  store.add_table("conversation", {c_id});
  store.add_table("direct_pair", {0, 1}, {{"direct_pair_conversation_id_key", {2}}});
  store.add_table("member", {m_conversation, m_account});
  store.on("messaging.insert_conversation", [](memory_store& s, const memory_row& p) {
    s.table("conversation")
        .insert({p[0], p[1], p[2], p[3], p[4], std::int64_t{0}, p[5], std::int64_t{0}, {}});
    return changed(1);
  });
  store.on("messaging.insert_direct_pair", [](memory_store& s, const memory_row& p) {
    s.table("direct_pair").insert(p);
    return changed(1);
  });
  store.on("messaging.insert_members", [](memory_store& s, const memory_row& p) {
    const auto& accounts = std::get<std::vector<uuid>>(p[1]);
    for (const auto& account : accounts)
      s.table("member").insert({p[0], account, p[2], p[3], p[4], p[4], p[5], {}});
    return changed(accounts.size());
  });
  store.on("messaging.delete_member", [](memory_store& s, const memory_row& p) {
    return changed(s.table("member").erase({p[0], p[1]}));
  });
  store.on("messaging.set_role", [](memory_store& s, const memory_row& p) {
    return update(s, "member", {p[0], p[1]}, [&](memory_row& r) { return r[m_role] = p[2], true; });
  });
  store.on("messaging.set_title", [](memory_store& s, const memory_row& p) {
    return update(s, "conversation", {p[0]},
                  [&](memory_row& r) { return r[c_title] = p[1], true; });
  });
  store.on("messaging.set_rev", [](memory_store& s, const memory_row& p) {
    return update(s, "conversation", {p[0]}, [&](memory_row& r) { return r[c_rev] = p[1], true; });
  });
  store.on("messaging.set_member_count", [](memory_store& s, const memory_row& p) {
    return update(s, "conversation", {p[0]}, [&](memory_row& r) {
      r[c_members] = p[1];
      r[c_emptied] = number(p[1]) == 0 ? p[2] : value();
      return true;
    });
  });
  store.on("messaging.list_member", [](memory_store& s, const memory_row& p) {
    return update(s, "member", {p[0], p[1]},
                  [&](memory_row& r) { return r[m_active] = p[2], true; });
  });
}

void add_messages(memory_store& store) {
  store.add_table("message", {x_conversation, x_seq},
                  {{"message_client", {x_conversation, x_sender, x_client}}});
  store.on("messaging.insert_message", [](memory_store& s, const memory_row& p) {
    auto row = p;
    row.insert(row.end(), {value(), false, false});
    s.table("message").insert(row);
    return changed(1);
  });
  store.add_table("sent", {s_conversation, s_account, s_seq});
  store.on("messaging.count_sent", [](memory_store& s, const memory_row& p) {
    std::int64_t before = 0;
    each_of(s, "sent", {p[0], p[1]},
            [&](const memory_row& r) { return before = number(r[s_count]), true; });
    s.table("sent").insert({p[0], p[1], p[2], before + number(p[3])});
    return changed(1);
  });
  store.on("messaging.find_by_client_id", [](memory_store& s, const memory_row& p) {
    std::vector<memory_row> out;
    each_of(s, "message", {p[0]}, [&](const memory_row& r) {
      if (r[x_sender] == p[1] && r[x_client] == p[2])
        out.push_back({r[x_seq], r[x_id], r[x_sent], r[x_hash]});
      return out.empty();
    });
    return found(4, out);
  });
  store.on("messaging.message_head", [](memory_store& s, const memory_row& p) {
    const auto* r = s.table("message").find({p[0], p[1]});
    return r ? found(3, {{(*r)[x_sender], (*r)[x_recalled], (*r)[x_reacted]}}) : found(3, {});
  });
  store.on("messaging.edit_message", [](memory_store& s, const memory_row& p) {
    return update(s, "message", {p[0], p[1]}, [&](memory_row& r) {
      r[x_text] = p[2];
      r[x_extras] = p[3];
      r[x_edited] = p[4];
      r[x_rev] = p[5];
      return true;
    });
  });
  store.on("messaging.recall_message", [](memory_store& s, const memory_row& p) {
    return update(s, "message", {p[0], p[1]}, [&](memory_row& r) {
      r[x_text] = std::string();
      r[x_extras] = storage::bytes{};
      r[x_recalled] = true;
      r[x_reacted] = false;
      r[x_rev] = p[2];
      return true;
    });
  });
  store.on("messaging.mark_reacted", [](memory_store& s, const memory_row& p) {
    return update(s, "message", {p[0], p[1]}, [&](memory_row& r) {
      if (std::get<bool>(r[x_reacted])) return false;
      return r[x_reacted] = true, true;
    });
  });
}

std::vector<memory_row> changes_before(memory_store& s, const value& time, const value& most) {
  std::vector<memory_row> out;
  for (const auto& [key, h] : s.table("change").rows())
    if (time_of(h[h_at]) < time_of(time)) out.push_back(h);
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return time_of(a[h_at]) < time_of(b[h_at]);
  });
  if (out.size() > static_cast<std::size_t>(number(most)))
    out.resize(static_cast<std::size_t>(number(most)));
  return out;
}

void add_changes(memory_store& store) {
  store.add_table("change", {h_conversation, h_rev});
  store.on("messaging.insert_change", [](memory_store& s, const memory_row& p) {
    s.table("change").insert(p);
    return changed(1);
  });
  store.on("messaging.delete_edits", [](memory_store& s, const memory_row& p) {
    std::vector<memory_row> keys;
    each_of(s, "change", {p[0]}, [&](const memory_row& r) {
      const bool edit = std::get<storage::bytes>(r[h_body]).data.starts_with(
          "\x0a\x06"
          "edited");
      if (r[h_seq] == p[1] && edit) keys.push_back({r[h_conversation], r[h_rev]});
      return true;
    });
    for (const auto& k : keys) s.table("change").erase(k);
    return changed(keys.size());
  });
  store.on("messaging.due_changes", [](memory_store& s, const memory_row& p) {
    const auto old = changes_before(s, p[0], p[1]).size();
    return found(1, {{static_cast<std::int64_t>(old)}});
  });
  store.on("messaging.clear_changes", [](memory_store& s, const memory_row& p) {
    const auto old = changes_before(s, p[0], p[1]);
    for (const auto& h : old) {
      update(s, "conversation", {h[h_conversation]}, [&](memory_row& r) {
        r[c_pruned] = std::max(number(r[c_pruned]), number(h[h_rev]));
        return true;
      });
      s.table("change").erase({h[h_conversation], h[h_rev]});
    }
    return changed(old.size());
  });
}

memory_result count_reaction(memory_store& s, const memory_row& key, std::int64_t by,
                             const value& at) {
  auto& counts = s.table("reaction_count");
  const auto* old = counts.find(key);
  if (!old && by < 0) return changed(0);
  auto row = old ? *old : memory_row{key[0], key[1], key[2], std::int64_t{0}, at};
  row[n_count] = number(row[n_count]) + by;
  counts.put(std::move(row));
  return changed(1);
}

memory_result erase_all(memory_store& s, const std::string& table, const memory_row& prefix,
                        std::size_t most = SIZE_MAX) {
  std::vector<memory_row> keys;
  const auto& rows = s.table(table).rows();
  for (auto at = rows.lower_bound(prefix); at != rows.end() && keys.size() < most; ++at) {
    if (!std::equal(prefix.begin(), prefix.end(), at->first.begin())) break;
    keys.push_back(at->first);
  }
  for (const auto& k : keys) s.table(table).erase(k);
  return changed(keys.size());
}

void add_reactions(memory_store& store) {
  store.add_table("reaction", {r_conversation, r_seq, r_emoji, r_account});
  store.add_table("reaction_count", {n_conversation, n_seq, n_emoji});
  store.on("messaging.insert_reaction", [](memory_store& s, const memory_row& p) {
    s.table("reaction").insert(p);
    return count_reaction(s, {p[0], p[1], p[3]}, 1, p[4]);
  });
  store.on("messaging.delete_reaction", [](memory_store& s, const memory_row& p) {
    const bool gone = s.table("reaction").erase({p[0], p[1], p[3], p[2]});
    const auto* old = s.table("reaction_count").find({p[0], p[1], p[3]});
    if (!old) return changed(0);
    return count_reaction(s, {p[0], p[1], p[3]}, gone ? -1 : 0, (*old)[n_first]);
  });
  store.on("messaging.delete_spent_count", [](memory_store& s, const memory_row& p) {
    const auto* old = s.table("reaction_count").find({p[0], p[1], p[2]});
    if (!old || number((*old)[n_count]) != 0) return changed(0);
    return changed(s.table("reaction_count").erase({p[0], p[1], p[2]}));
  });
  store.on("messaging.delete_reaction_counts", [](memory_store& s, const memory_row& p) {
    return erase_all(s, "reaction_count", {p[0], p[1]});
  });
}

constexpr const char* parts_of_conversation[] = {"reaction", "reaction_count", "change",
                                                 "sent",     "message",        "taken_back"};

std::vector<memory_row> emptied_before(memory_store& s, const value& time) {
  std::vector<memory_row> out;
  for (const auto& [key, c] : s.table("conversation").rows())
    if (!is_null(c[c_emptied]) && time_of(c[c_emptied]) < time_of(time)) out.push_back(key);
  return out;
}

// All in one step: a simulation has fewer rows than a step may delete.
void add_empty_conversations(memory_store& store) {
  store.on("messaging.due_empty", [](memory_store& s, const memory_row& p) {
    std::int64_t n = 0;
    for (const auto& id : emptied_before(s, p[0])) {
      ++n;
      for (const auto* table : parts_of_conversation)
        each_of(s, table, id, [&](const memory_row&) { return ++n, true; });
    }
    return found(1, {{std::min(n, number(p[1]))}});
  });
  store.on("messaging.clear_empty", [](memory_store& s, const memory_row& p) {
    std::size_t gone = 0;
    for (const auto& id : emptied_before(s, p[0])) {
      std::size_t parts = 0;
      for (const auto* table : parts_of_conversation) parts += erase_all(s, table, id).affected;
      if (parts == 0) gone += s.table("conversation").erase(id);
    }
    return changed(gone);
  });
}

void add_retention(memory_store& store) {
  add_empty_conversations(store);
  store.add_table("taken_back", {0, 1});
  store.on("messaging.take_back", [](memory_store& s, const memory_row& p) {
    if (s.table("taken_back").find({p[0], p[1]})) return changed(0);
    s.table("taken_back").insert(p);
    return changed(1);
  });
  store.on("messaging.due_reactions", [](memory_store& s, const memory_row& p) {
    std::int64_t n = 0;
    for (const auto& [key, t] : s.table("taken_back").rows()) {
      if (time_of(t[2]) > time_of(p[0])) continue;
      ++n;
      each_of(s, "reaction", {t[0], t[1]}, [&](const memory_row&) { return ++n, true; });
    }
    return found(1, {{std::min(n, number(p[1]))}});
  });
  // The messages by age; of all of them together at most as many reactions as the step may delete.
  store.on("messaging.clear_reactions", [](memory_store& s, const memory_row& p) {
    std::vector<memory_row> due;
    for (const auto& [key, t] : s.table("taken_back").rows())
      if (time_of(t[2]) <= time_of(p[0])) due.push_back(t);
    std::stable_sort(due.begin(), due.end(),
                     [](const auto& a, const auto& b) { return time_of(a[2]) < time_of(b[2]); });
    const auto most = static_cast<std::size_t>(number(p[1]));
    if (due.size() > most) due.resize(most);
    std::size_t left = most, cleared = 0;
    for (const auto& t : due) {
      left -= erase_all(s, "reaction", {t[0], t[1]}, left).affected;
      bool more = false;
      each_of(s, "reaction", {t[0], t[1]}, [&](const memory_row&) { return more = true, false; });
      if (!more) cleared += s.table("taken_back").erase({t[0], t[1]});
    }
    return changed(cleared);
  });
}

memory_result raise(memory_store& s, const memory_row& p, bool read) {
  return update(s, "member", {p[0], p[1]}, [&](memory_row& r) {
    r[m_marked] = p[3];
    if (read) r[m_read] = std::max(number(r[m_read]), number(p[2]));
    r[m_delivered] = std::max(number(r[m_delivered]), number(p[2]));
    return true;
  });
}

void add_marks(memory_store& store) {
  store.add_table("device_mark", {0, 1});
  store.on("messaging.mark_read",
           [](memory_store& s, const memory_row& p) { return raise(s, p, true); });
  store.on("messaging.mark_delivered",
           [](memory_store& s, const memory_row& p) { return raise(s, p, false); });
  store.on("messaging.mark_device", [](memory_store& s, const memory_row& p) {
    const auto* old = s.table("device_mark").find({p[0], p[1]});
    if (!old || number((*old)[2]) < number(p[2])) s.table("device_mark").put(p);
    return changed(1);
  });
  // A simulation is over long before a mark is old.
  store.on("messaging.due_device_marks",
           [](memory_store&, const memory_row&) { return found(1, {{std::int64_t{0}}}); });
  store.on("messaging.clear_device_marks",
           [](memory_store&, const memory_row&) { return changed(0); });
}

void add_persons(memory_store& store) {
  store.add_table("person", {0});
  store.on("messaging.upsert_person", [](memory_store& s, const memory_row& p) {
    s.table("person").put(p);
    return changed(1);
  });
  store.on("messaging.known_persons", [](memory_store& s, const memory_row& p) {
    const auto& accounts = std::get<std::vector<uuid>>(p[0]);
    std::vector<memory_row> out;
    for (const auto& account : std::set<uuid>(accounts.begin(), accounts.end()))
      if (const auto* r = s.table("person").find({account})) out.push_back(*r);
    return found(3, out);
  });
  store.on("messaging.persons_by_handle", [](memory_store& s, const memory_row& p) {
    const auto& handles = std::get<std::vector<std::string>>(p[0]);
    std::vector<memory_row> out;
    for (const auto& [key, person] : s.table("person").rows())
      if (std::count(handles.begin(), handles.end(), ascii_lower(text_of(person[1]))))
        out.push_back(person);
    return found(3, out);
  });
}

void add_privacy(memory_store& store) {
  store.add_table("privacy", {0});
  store.add_table("follow", {0, 1});
  store.add_table("last_seen", {0});
  store.on("messaging.put_privacy", [](memory_store& s, const memory_row& p) {
    s.table("privacy").put(p);
    return changed(1);
  });
  store.on("messaging.insert_follow", [](memory_store& s, const memory_row& p) {
    if (s.table("follow").find({p[0], p[1]})) return changed(0);
    s.table("follow").insert(p);
    return changed(1);
  });
  store.on("messaging.delete_follow", [](memory_store& s, const memory_row& p) {
    return changed(s.table("follow").erase({p[0], p[1]}));
  });
  store.on("messaging.may_message", [](memory_store& s, const memory_row& p) {
    const auto* row = s.table("privacy").find({p[1]});
    const auto from = row ? number((*row)[1]) : 1;
    const bool follows = s.table("follow").find({p[1], p[0]}) != nullptr;
    return found(1, {{from == 1 || (from == 2 && follows)}});
  });
  store.on("messaging.note_seen", [](memory_store& s, const memory_row& p) {
    const auto* old = s.table("last_seen").find({p[0]});
    if (!old || time_of((*old)[1]) < time_of(p[1])) s.table("last_seen").put(p);
    return changed(1);
  });
  store.on("messaging.last_seen", [](memory_store& s, const memory_row& p) {
    const auto& accounts = std::get<std::vector<uuid>>(p[0]);
    std::vector<memory_row> out;
    for (const auto& account : std::set<uuid>(accounts.begin(), accounts.end()))
      if (const auto* r = s.table("last_seen").find({account})) out.push_back(*r);
    return found(2, out);
  });
}

void add_blocks(memory_store& store) {
  store.add_table("block", {0, 1});
  store.on("messaging.insert_block", [](memory_store& s, const memory_row& p) {
    if (blocks(s, p[0], p[1])) return changed(0);
    s.table("block").insert(p);
    return changed(1);
  });
  store.on("messaging.delete_block", [](memory_store& s, const memory_row& p) {
    return changed(s.table("block").erase({p[0], p[1]}));
  });
  store.on("messaging.blocks_between", [](memory_store& s, const memory_row& p) {
    for (const auto& other : std::get<std::vector<uuid>>(p[1])) {
      if (blocks(s, p[0], other)) return found(1, {{p[0]}});
      if (blocks(s, other, p[0])) return found(1, {{other}});
    }
    return found(1, {});
  });
  store.on("messaging.conversation_partners", [](memory_store& s, const memory_row& p) {
    std::set<uuid> partners;
    for (const auto& [key, m] : s.table("member").rows())
      if (m[m_account] != p[0] && s.table("member").find({m[m_conversation], p[0]}) != nullptr)
        partners.insert(std::get<uuid>(m[m_account]));
    std::vector<memory_row> out;
    for (const auto& other : partners)
      if (!blocks(s, p[0], other) && !blocks(s, other, p[0]) &&
          std::ssize(out) < std::get<std::int64_t>(p[1]))
        out.push_back({other});
    return found(1, out);
  });
  store.on("messaging.watchable", [](memory_store& s, const memory_row& p) {
    const auto& among = std::get<std::vector<uuid>>(p[1]);
    std::vector<memory_row> out;
    for (const auto& other : std::set<uuid>(among.begin(), among.end())) {
      bool together = value(other) == p[0];
      for (const auto& [key, m] : s.table("member").rows())
        together |= m[m_account] == value(other) &&
                    s.table("member").find({m[m_conversation], p[0]}) != nullptr;
      const auto* setting = s.table("privacy").find({other});
      const auto to_whom = setting ? number((*setting)[2]) : 2;
      together = value(other) == p[0] || to_whom == 1 || (to_whom == 2 && together);
      if (together && !blocks(s, p[0], other) && !blocks(s, other, p[0])) out.push_back({other});
    }
    return found(1, out);
  });
}

}  // namespace

void add_messaging_tables(memory_store& store) {
  add_conversation_writes(store);
  add_conversation_reads(store);
  add_messages(store);
  add_changes(store);
  add_reactions(store);
  add_retention(store);
  add_marks(store);
  add_persons(store);
  add_blocks(store);
  add_privacy(store);
  add_messaging_reads(store);
}

}  // namespace nova::simulation
