// The runtime's tables (storage/runtime/migrations) and queries (storage/runtime/runtime_queries.cpp) in memory. By name, as
// this library stands below storage/runtime; the contract test runs every one of them against both.
#include "storage/memory/memory_store.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace nova::storage {
namespace {

using params = memory_row;

std::int64_t number(const value& v) { return std::get<std::int64_t>(v); }

memory_result done(std::size_t affected) { return {{}, affected}; }
memory_result found(std::size_t columns, const std::vector<memory_row>& list) {
  return {make_rows(columns, list), list.size()};
}

memory_result first(std::int64_t limit, std::size_t columns, std::vector<memory_row> list) {
  if (static_cast<std::int64_t>(list.size()) > limit) list.resize(static_cast<std::size_t>(limit));
  return found(columns, list);
}

template <class Pick>
std::vector<memory_row> pick(memory_store& s, const std::string& table, Pick wanted) {
  std::vector<memory_row> out;
  for (const auto& [key, row] : s.table(table).rows())
    if (auto made = wanted(row)) out.push_back(std::move(*made));
  return out;
}
using maybe_row = std::optional<memory_row>;

// Column positions as in the migrations.
enum outbox_column { outbox_shard, outbox_seq, outbox_type, outbox_key, outbox_payload, outbox_at };

void add_outbox(memory_store& s) {
  s.add_table("outbox", {outbox_shard, outbox_seq});
  s.on("runtime.outbox_page", [](memory_store& m, const params& p) {
    std::vector<memory_row> out;
    const auto& rows = m.table("outbox").rows();
    for (auto at = rows.upper_bound({p[0], p[1]}); at != rows.end() && at->second[0] == p[0];
         ++at) {
      if (static_cast<std::int64_t>(out.size()) >= number(p[2])) break;
      const auto& r = at->second;
      out.push_back(
          {r[outbox_seq], r[outbox_type], r[outbox_key], r[outbox_payload], r[outbox_at]});
    }
    return found(5, out);
  });
  s.on("runtime.outbox_head", [](memory_store& m, const params& p) {
    return found(
        1, {{static_cast<std::int64_t>(m.last_event(static_cast<std::uint32_t>(number(p[0]))))}});
  });
  s.on("runtime.outbox_span", [](memory_store& m, const params& p) {
    std::map<std::int64_t, std::array<std::int64_t, 3>> spans;
    for (const auto& [key, r] : m.table("outbox").rows()) {
      auto& span = spans[number(r[outbox_shard])];
      const auto seq = number(r[outbox_seq]);
      if (span[0] == 0) span[0] = seq;
      span[1] = seq;
      if (span[2] == 0 && !value_less{}(r[outbox_at], p[0])) span[2] = seq;
    }
    std::vector<memory_row> out;
    for (const auto& [shard, span] : spans) {
      out.push_back({shard, span[0], span[1], {}});
      if (span[2] != 0) out.back()[3] = span[2];
    }
    return found(4, out);
  });
  s.on("runtime.prune_outbox", [](memory_store& m, const params& p) {
    auto head = static_cast<std::int64_t>(m.last_event(static_cast<std::uint32_t>(number(p[0]))));
    auto keys = pick(m, "outbox", [&](const memory_row& r) -> maybe_row {
      if (r[0] != p[0] || number(r[1]) > number(p[1]) || number(r[1]) >= head) return std::nullopt;
      return memory_row{r[0], r[1]};
    });
    for (const auto& k : keys) m.table("outbox").erase(k);
    return done(keys.size());
  });
  const auto old = [](memory_store& m, const params& p) {
    const auto& read = std::get<std::vector<std::int64_t>>(p[3]);
    auto keys = pick(m, "outbox", [&](const memory_row& r) -> maybe_row {
      const auto shard = static_cast<std::size_t>(number(r[outbox_shard]));
      const auto head = static_cast<std::int64_t>(m.last_event(static_cast<std::uint32_t>(shard)));
      if (number(r[outbox_seq]) >= head || !value_less{}(r[outbox_at], p[0])) return std::nullopt;
      const bool unread = shard < read.size() && number(r[outbox_seq]) > read[shard];
      if (unread && !value_less{}(r[outbox_at], p[2])) return std::nullopt;
      return memory_row{r[outbox_shard], r[outbox_seq]};
    });
    keys.resize(std::min(keys.size(), static_cast<std::size_t>(number(p[1]))));
    return keys;
  };
  s.on("runtime.outbox_due", [old](memory_store& m, const params& p) {
    return found(1, {{static_cast<std::int64_t>(old(m, p).size())}});
  });
  s.on("runtime.drop_old_events", [old](memory_store& m, const params& p) {
    const auto keys = old(m, p);
    for (const auto& k : keys) m.table("outbox").erase(k);
    return done(keys.size());
  });
  // There are no partitions here: none lacks.
  s.on("runtime.outbox_short",
       [](memory_store&, const params&) { return found(1, {{std::int64_t{0}}}); });
  s.on("runtime.extend_outbox",
       [](memory_store&, const params&) { return found(1, {{std::int64_t{0}}}); });
}

void put_greatest(memory_table& table, const memory_row& row, std::size_t key_size) {
  memory_row key(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(key_size));
  const auto* old = table.find(key);
  if (!old || number((*old)[key_size]) < number(row[key_size])) table.put(row);
}

void add_intake(memory_store& s) {
  s.add_table("intake_offset", {0, 1});
  s.add_table("intake_mark", {0, 1, 2});
  s.on("runtime.load_offsets", [](memory_store& m, const params&) {
    return found(3, pick(m, "intake_offset", [](const memory_row& r) -> maybe_row { return r; }));
  });
  s.on("runtime.save_offset", [](memory_store& m, const params& p) {
    put_greatest(m.table("intake_offset"), p, 2);
    return done(1);
  });
  s.on("runtime.rewind_offset", [](memory_store& m, const params& p) {
    auto& table = m.table("intake_offset");
    const auto* old = table.find({p[0], p[1]});
    if (!old || number((*old)[2]) <= number(p[2])) return done(0);
    table.put(p);
    return done(1);
  });
  s.add_table("refresh_owed", {0, 1, 2});
  s.on("runtime.insert_refresh_owed", [](memory_store& m, const params& p) {
    m.table("refresh_owed").put(p);
    return done(1);
  });
  s.on("runtime.refreshes_owed", [](memory_store& m, const params& p) {
    return found(6, pick(m, "refresh_owed", [&](const memory_row& r) -> maybe_row {
                   if (r[0] != p[0] || r[1] != p[1]) return std::nullopt;
                   return memory_row(r.begin() + 2, r.end());
                 }));
  });
  s.on("runtime.delete_refreshes_owed", [](memory_store& m, const params& p) {
    auto& table = m.table("refresh_owed");
    std::size_t gone = 0;
    for (const auto seq : std::get<std::vector<std::int64_t>>(p[2])) {
      if (table.find({p[0], p[1], seq}) == nullptr) continue;
      table.erase({p[0], p[1], seq});
      ++gone;
    }
    return done(gone);
  });
  s.on("runtime.load_marks", [](memory_store& m, const params& p) {
    return found(3, pick(m, "intake_mark", [&](const memory_row& r) -> maybe_row {
                   if (r[0] != p[0]) return std::nullopt;
                   return memory_row{r[1], r[2], r[3]};
                 }));
  });
  s.on("runtime.save_mark", [](memory_store& m, const params& p) {
    put_greatest(m.table("intake_mark"), p, 3);
    return done(1);
  });
}

enum letter_column {
  l_source,
  l_shard,
  l_seq,
  l_type,
  l_key,
  l_payload,
  l_status,
  l_reason,
  l_attempts,
  l_at
};

std::vector<memory_row> parts_of_letter(memory_store& s, const params& letter) {
  return pick(s, "dead_letter_part", [&](const memory_row& r) -> maybe_row {
    if (r[0] != letter[0] || r[1] != letter[1] || r[2] != letter[2]) return std::nullopt;
    return memory_row{r[3]};
  });
}

void add_dead_letters(memory_store& s) {
  s.add_table("dead_letter", {l_source, l_shard, l_seq});
  s.on("runtime.insert_dead_letter", [](memory_store& m, const params& p) {
    auto& table = m.table("dead_letter");
    if (table.find({p[0], p[1], p[2]})) return done(0);
    auto row = p;
    row.push_back(timestamp{m.now()});
    table.insert(row);
    return done(1);
  });
  s.on("runtime.dead_letter_keys", [](memory_store& m, const params& p) {
    std::map<std::pair<std::string, std::int64_t>, std::int64_t> counts;
    for (const auto& [key, r] : m.table("dead_letter").rows())
      if (r[l_source] == p[0] && r[l_shard] == p[1] && number(r[l_type]) != 0)
        ++counts[{std::get<std::string>(r[l_key]), number(r[l_type])}];
    std::vector<memory_row> out;
    for (const auto& [of, n] : counts) out.push_back({of.first, of.second, n});
    return found(3, out);
  });
  s.on("runtime.dead_letters_of_key", [](memory_store& m, const params& p) {
    const auto& types = std::get<std::vector<std::int64_t>>(p[3]);
    return first(number(p[4]), 4, pick(m, "dead_letter", [&](const memory_row& r) -> maybe_row {
                   if (r[l_source] != p[0] || r[l_shard] != p[1] || r[l_key] != p[2])
                     return std::nullopt;
                   if (std::find(types.begin(), types.end(), number(r[l_type])) == types.end())
                     return std::nullopt;
                   return memory_row{r[l_seq], r[l_type], r[l_payload], r[l_attempts]};
                 }));
  });
  s.on("runtime.dead_letter_page", [](memory_store& m, const params& p) {
    const memory_row behind(p.begin(), p.begin() + 3);
    return first(number(p[3]), 9, pick(m, "dead_letter", [&](const memory_row& r) -> maybe_row {
                   if (!value_less{}(behind, memory_row(r.begin(), r.begin() + 3)))
                     return std::nullopt;
                   return memory_row{r[l_source], r[l_shard],  r[l_seq],      r[l_type], r[l_key],
                                     r[l_status], r[l_reason], r[l_attempts], r[l_at]};
                 }));
  });
  s.on("runtime.find_dead_letter", [](memory_store& m, const params& p) {
    const auto* r = m.table("dead_letter").find({p[0], p[1], p[2]});
    return r ? found(2, {{(*r)[l_key], (*r)[l_type]}}) : found(2, {});
  });
  s.on("runtime.show_dead_letter", [](memory_store& m, const params& p) {
    const auto* r = m.table("dead_letter").find({p[0], p[1], p[2]});
    if (!r) return found(7, {});
    return found(7, {{(*r)[l_type], (*r)[l_key], (*r)[l_payload], (*r)[l_status], (*r)[l_reason],
                      (*r)[l_attempts], (*r)[l_at]}});
  });
  s.on("runtime.fail_dead_letter", [](memory_store& m, const params& p) {
    const auto* r = m.table("dead_letter").find({p[0], p[1], p[2]});
    if (!r) return done(0);
    auto row = *r;
    row[l_status] = std::string("dead");
    row[l_reason] = p[3];
    row[l_attempts] = p[4];
    m.table("dead_letter").put(row);
    return done(1);
  });
  s.on("runtime.delete_dead_letter", [](memory_store& m, const params& p) {
    for (const auto& part : parts_of_letter(m, p))
      m.table("dead_letter_part").erase({p[0], p[1], p[2], part[0]});
    return done(m.table("dead_letter").erase({p[0], p[1], p[2]}));
  });
}

memory_result emptied(memory_store& m, std::vector<memory_row> letters) {
  for (auto& row : letters) {
    row[l_type] = std::int64_t{0};
    row[l_payload] = bytes{};
    row[l_reason] = std::string();
    m.table("dead_letter").put(row);
  }
  return done(letters.size());
}

void add_emptied_letters(memory_store& s) {
  const auto old = [](memory_store& m, const params& p) {
    auto letters = pick(m, "dead_letter", [&](const memory_row& r) -> maybe_row {
      if (number(r[l_type]) != 0 || !value_less{}(r[l_at], p[0])) return std::nullopt;
      return memory_row{r[l_source], r[l_shard], r[l_seq]};
    });
    letters.resize(std::min(letters.size(), static_cast<std::size_t>(number(p[1]))));
    return letters;
  };
  s.on("runtime.emptied_letters", [old](memory_store& m, const params& p) {
    return found(1, {{static_cast<std::int64_t>(old(m, p).size())}});
  });
  s.on("runtime.delete_emptied_letters", [old](memory_store& m, const params& p) {
    const auto letters = old(m, p);
    for (const auto& l : letters) {
      for (const auto& part : parts_of_letter(m, l))
        m.table("dead_letter_part").erase({l[0], l[1], l[2], part[0]});
      m.table("dead_letter").erase(l);
    }
    return done(letters.size());
  });
}

void add_unread_letters(memory_store& s) {
  const auto old = [](memory_store& m, const params& p) {
    const auto& kept = std::get<std::vector<std::int64_t>>(p[2]);
    auto letters = pick(m, "dead_letter", [&](const memory_row& r) -> maybe_row {
      if (number(r[l_type]) == 0 || !value_less{}(r[l_at], p[0]) ||
          std::find(kept.begin(), kept.end(), number(r[l_type])) != kept.end())
        return std::nullopt;
      return r;
    });
    letters.resize(std::min(letters.size(), static_cast<std::size_t>(number(p[1]))));
    return letters;
  };
  s.on("runtime.unread_letters", [old](memory_store& m, const params& p) {
    return found(1, {{static_cast<std::int64_t>(old(m, p).size())}});
  });
  s.on("runtime.empty_unread_letters",
       [old](memory_store& m, const params& p) { return emptied(m, old(m, p)); });
}

void add_letter_parts(memory_store& s) {
  add_emptied_letters(s);
  add_unread_letters(s);
  s.on("runtime.empty_dead_letters", [](memory_store& m, const params& p) {
    const auto& kept = std::get<std::vector<std::int64_t>>(p[1]);
    auto letters = pick(m, "dead_letter", [&](const memory_row& r) -> maybe_row {
      if (r[l_key] != p[0] || std::find(kept.begin(), kept.end(), number(r[l_type])) != kept.end())
        return std::nullopt;
      return r;
    });
    return emptied(m, std::move(letters));
  });
  s.on("runtime.empty_letters_naming", [](memory_store& m, const params& p) {
    const auto& named = std::get<std::vector<std::int64_t>>(p[1]);
    auto letters = pick(m, "dead_letter", [&](const memory_row& r) -> maybe_row {
      if (std::find(named.begin(), named.end(), number(r[l_type])) == named.end() ||
          std::get<bytes>(r[l_payload]).data.find(std::get<std::string>(p[0])) == std::string::npos)
        return std::nullopt;
      return r;
    });
    return emptied(m, std::move(letters));
  });
  s.add_table("dead_letter_part", {0, 1, 2, 3});
  s.on("runtime.insert_dead_letter_part", [](memory_store& m, const params& p) {
    if (!m.table("dead_letter").find({p[0], p[1], p[2]}))
      throw memory_refusal{"dead_letter_part_source_source_shard_seq_fkey"};
    m.table("dead_letter_part").insert(p);
    return done(1);
  });
  s.on("runtime.dead_letter_parts",
       [](memory_store& m, const params& p) { return found(1, parts_of_letter(m, p)); });
}

bool one_of(const value& kind, const value& kinds) {
  const auto& list = std::get<std::vector<std::string>>(kinds);
  return std::find(list.begin(), list.end(), std::get<std::string>(kind)) != list.end();
}

enum reminder_column { r_shard, r_kind, r_key, r_name, r_due, r_every };

void add_reminders(memory_store& s) {
  s.add_table("reminder", {r_kind, r_key, r_name});
  s.on("runtime.upsert_reminder", [](memory_store& m, const params& p) {
    m.table("reminder").put(p);
    return done(1);
  });
  s.on("runtime.delete_reminder", [](memory_store& m, const params& p) {
    return done(m.table("reminder").erase({p[0], p[1], p[2]}));
  });
  s.on("runtime.settle_reminder", [](memory_store& m, const params& p) {
    const auto* row = m.table("reminder").find({p[0], p[1], p[2]});
    if (!row || (*row)[r_due] != p[3]) return done(0);
    return done(m.table("reminder").erase({p[0], p[1], p[2]}));
  });
  s.on("runtime.repeat_reminder", [](memory_store& m, const params& p) {
    const auto* row = m.table("reminder").find({p[0], p[1], p[2]});
    if (!row || (*row)[r_due] != p[3]) return done(0);
    auto next = *row;
    next[r_due] = p[4];
    m.table("reminder").put(next);
    return done(1);
  });
  s.on("runtime.due_reminders", [](memory_store& m, const params& p) {
    auto list = pick(m, "reminder", [&](const memory_row& r) -> maybe_row {
      if (r[r_shard] != p[0] || value_less{}(p[1], r[r_due]) || !one_of(r[r_kind], p[3]))
        return std::nullopt;
      return memory_row{r[r_kind], r[r_key], r[r_name], r[r_due], r[r_every]};
    });
    std::stable_sort(list.begin(), list.end(),
                     [](const auto& a, const auto& b) { return value_less{}(a[3], b[3]); });
    if (list.size() > static_cast<std::size_t>(number(p[2])))
      list.resize(static_cast<std::size_t>(number(p[2])));
    return found(5, list);
  });
  s.on("runtime.next_reminder", [](memory_store& m, const params& p) {
    value least;
    for (const auto& [key, r] : m.table("reminder").rows())
      if (r[r_shard] == p[0] && one_of(r[r_kind], p[1]) &&
          (least.index() == 0 || value_less{}(r[r_due], least)))
        least = r[r_due];
    return found(1, {{least}});
  });
}

enum saga_column { g_id, g_definition, g_entity, g_phase, g_step, g_detail, g_started, g_step_at };

std::optional<memory_row> shown_saga(const memory_row& r) {
  return memory_row{r[g_id],     r[g_entity],  r[g_phase],   r[g_step],
                    r[g_detail], r[g_started], r[g_step_at], r[g_definition]};
}

bool in_phase(const memory_row& r, std::initializer_list<std::string_view> phases) {
  const auto& phase = std::get<std::string>(r[g_phase]);
  return std::find(phases.begin(), phases.end(), phase) != phases.end();
}

void add_sagas(memory_store& s) {
  s.add_table("saga", {g_id});
  s.on("runtime.saga_of_entity", [](memory_store& m, const params& p) {
    return first(1, 8, pick(m, "saga", [&](const memory_row& r) -> maybe_row {
                   if (r[g_definition] != p[0] || r[g_entity] != p[1] ||
                       std::get<std::string>(p[1]).empty() || in_phase(r, {"done", "undone"}))
                     return std::nullopt;
                   return shown_saga(r);
                 }));
  });
  s.on("runtime.find_saga", [](memory_store& m, const params& p) {
    return found(8, pick(m, "saga", [&](const memory_row& r) -> maybe_row {
                   if (r[g_definition] != p[0] || r[g_id] != p[1]) return std::nullopt;
                   return shown_saga(r);
                 }));
  });
  s.on("runtime.saga_by_id", [](memory_store& m, const params& p) {
    return found(8, pick(m, "saga", [&](const memory_row& r) -> maybe_row {
                   return r[g_id] == p[0] ? shown_saga(r) : std::nullopt;
                 }));
  });
  s.on("runtime.open_sagas", [](memory_store& m, const params& p) {
    return first(
        number(p[1]), 8, pick(m, "saga", [&](const memory_row& r) -> maybe_row {
          if (!value_less{}(p[0], r[g_id]) || !in_phase(r, {"running", "compensating", "stuck"}))
            return std::nullopt;
          return shown_saga(r);
        }));
  });
  s.on("runtime.save_saga", [](memory_store& m, const params& p) {
    auto row = p;
    if (const auto* old = m.table("saga").find({p[0]})) {
      row[g_definition] = (*old)[g_definition];
      row[g_started] = (*old)[g_started];
    }
    m.table("saga").put(row);
    return done(1);
  });
  s.on("runtime.delete_saga",
       [](memory_store& m, const params& p) { return done(m.table("saga").erase({p[0]})); });
}

void add_acts(memory_store& s) {
  s.add_table("operator_act", {0});
  s.on("runtime.insert_act", [](memory_store& m, const params& p) {
    m.table("operator_act").insert(p);
    return done(1);
  });
  s.on("runtime.newest_acts", [](memory_store& m, const params& p) {
    auto list = pick(m, "operator_act", [](const memory_row& r) -> maybe_row { return r; });
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
      return value_less{}(memory_row{b[1], b[0]}, memory_row{a[1], a[0]});
    });
    return first(number(p[0]), 6, std::move(list));
  });
}

void add_idempotency(memory_store& s) {
  s.add_table("idempotency", {0, 1});
  s.on("runtime.find_idempotency", [](memory_store& m, const params& p) {
    const auto* r = m.table("idempotency").find({p[0], p[1]});
    if (!r) return found(3, {});
    return found(3, {{(*r)[2], (*r)[3], (*r)[4]}});
  });
  s.on("runtime.insert_idempotency", [](memory_store& m, const params& p) {
    auto row = p;
    row.push_back(timestamp{m.now()});
    m.table("idempotency").insert(row);
    return done(1);
  });
  const auto old = [](memory_store& m, const params& p) {
    auto rows = pick(m, "idempotency", [&](const memory_row& r) -> maybe_row {
      if (!value_less{}(r[5], p[0])) return std::nullopt;
      return memory_row{r[5], r[0], r[1]};
    });
    std::sort(rows.begin(), rows.end(), value_less{});
    rows.resize(std::min(rows.size(), static_cast<std::size_t>(number(p[1]))));
    return rows;
  };
  s.on("runtime.idempotency_due", [old](memory_store& m, const params& p) {
    return found(1, {{static_cast<std::int64_t>(old(m, p).size())}});
  });
  s.on("runtime.prune_idempotency", [old](memory_store& m, const params& p) {
    const auto rows = old(m, p);
    for (const auto& r : rows) m.table("idempotency").erase({r[1], r[2]});
    return done(rows.size());
  });
}

}  // namespace

void add_runtime_tables(memory_store& store) {
  add_outbox(store);
  add_intake(store);
  add_dead_letters(store);
  add_letter_parts(store);
  add_reminders(store);
  add_sagas(store);
  add_acts(store);
  add_idempotency(store);
}

}  // namespace nova::storage
