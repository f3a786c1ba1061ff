// auth's queries in memory. See memory_domains.hpp; the SQL is storage/auth/auth_queries.cpp.
#include "tests/simulation/memory_cells.hpp"
#include "tests/simulation/memory_domains.hpp"

#include <set>

namespace nova::simulation {

namespace {

enum account_column { a_id, a_email, a_handle, a_hash, a_created };
enum session_column {
  s_id,
  s_account,
  s_generation,
  s_salt,
  s_agent,
  s_created,
  s_seen,
  s_rotated,
  s_revoked
};
enum guard_column { g_account, g_failures, g_last, g_locked };

bool before(const value& a, const value& b) { return time_of(a) < time_of(b); }

void needs_account(memory_store& s, const value& account) {
  if (!s.table("account").find({account})) throw storage::memory_refusal{"no such account"};
}

void add_accounts(memory_store& store) {
  store.add_table("account", {a_id});
  store.add_table("identifier", {0});
  store.on("auth.account", [](memory_store& s, const memory_row& p) {
    memory_row out(7);
    if (const auto* a = s.table("account").find({p[0]}))
      std::copy(a->begin() + 1, a->end(), out.begin());
    if (const auto* g = s.table("login_guard").find({p[0]}))
      std::copy(g->begin() + 1, g->end(), out.begin() + 4);
    return found(7, {out});
  });
  store.on("auth.name_owner", [](memory_store& s, const memory_row& p) {
    const auto* row = s.table("identifier").find({p[0]});
    return row ? found(1, {{(*row)[1]}}) : found(1, {});
  });
  store.on("auth.taken_names", [](memory_store& s, const memory_row& p) {
    const auto& names = std::get<std::vector<std::string>>(p[0]);
    std::vector<memory_row> out;
    for (const auto& name : std::set<std::string>(names.begin(), names.end()))
      if (s.table("identifier").find({name})) out.push_back({name});
    return found(1, out);
  });
  store.on("auth.insert_account", [](memory_store& s, const memory_row& p) {
    s.table("account").insert(p);
    return changed(1);
  });
  store.on("auth.insert_name", [](memory_store& s, const memory_row& p) {
    s.table("identifier").insert(p);
    needs_account(s, p[1]);
    return changed(1);
  });
  store.on("auth.update_password", [](memory_store& s, const memory_row& p) {
    return update(s, "account", {p[0]}, [&](memory_row& r) {
      r[a_hash] = p[1];
      return true;
    });
  });
}

std::vector<memory_row> sessions_of(memory_store& s, const value& account) {
  std::vector<memory_row> out;
  for (const auto& [key, r] : s.table("session").rows())
    if (r[s_account] == account) out.push_back(r);
  return out;
}

void add_session_reads(memory_store& store) {
  store.on("auth.sessions", [](memory_store& s, const memory_row& p) {
    auto all = sessions_of(s, p[0]);
    std::erase_if(all, [](const memory_row& r) { return !is_null(r[s_revoked]); });
    std::stable_sort(all.begin(), all.end(), [](const memory_row& a, const memory_row& b) {
      return before(a[s_created], b[s_created]);
    });
    std::vector<memory_row> out;
    for (const auto& r : all)
      out.push_back(
          {r[s_id], r[s_generation], r[s_salt], r[s_agent], r[s_created], r[s_seen], r[s_rotated]});
    return found(7, out);
  });
  store.on("auth.session_salt", [](memory_store& s, const memory_row& p) {
    const auto* r = s.table("session").find({p[0]});
    return r && (*r)[s_account] == p[1] ? found(1, {{(*r)[s_salt]}}) : found(1, {});
  });
  store.on("auth.revocations", [](memory_store& s, const memory_row& p) {
    std::vector<memory_row> out;
    for (const auto& [key, r] : s.table("session").rows())
      if (!is_null(r[s_revoked]) && before(p[0], r[s_revoked]))
        out.push_back({r[s_id], r[s_revoked]});
    std::stable_sort(out.begin(), out.end(),
                     [](const memory_row& a, const memory_row& b) { return before(b[1], a[1]); });
    if (out.size() > static_cast<std::size_t>(number(p[1])))
      out.resize(static_cast<std::size_t>(number(p[1])));
    return found(2, out);
  });
}

void add_session_writes(memory_store& store) {
  store.on("auth.insert_session", [](memory_store& s, const memory_row& p) {
    auto row = p;
    row.insert(row.end(), {p[5], p[5], value()});
    s.table("session").insert(row);
    return changed(1);
  });
  store.on("auth.rotate_session", [](memory_store& s, const memory_row& p) {
    return update(s, "session", {p[0]}, [&](memory_row& r) {
      if (number(r[s_generation]) != number(p[1]) - 1 || !is_null(r[s_revoked])) return false;
      r[s_generation] = p[1];
      r[s_seen] = r[s_rotated] = p[2];
      return true;
    });
  });
  store.on("auth.revoke_session", [](memory_store& s, const memory_row& p) {
    return update(s, "session", {p[0]}, [&](memory_row& r) {
      if (!is_null(r[s_revoked])) return false;
      r[s_revoked] = p[1];
      return true;
    });
  });
  store.on("auth.prune_sessions", [](memory_store& s, const memory_row& p) {
    std::size_t n = 0;
    for (const auto& r : sessions_of(s, p[0])) {
      const bool dead = !is_null(r[s_revoked]) && before(r[s_revoked], p[1]);
      if (dead || before(r[s_created], p[2]) || before(r[s_seen], p[3]))
        n += s.table("session").erase({r[s_id]});
    }
    return changed(n);
  });
}

void add_dormant(memory_store& store) {
  store.on("auth.dormant_sessions", [](memory_store& s, const memory_row& p) {
    std::int64_t n = 0;
    for (const auto& [key, r] : s.table("session").rows()) n += before(r[s_seen], p[0]);
    return found(1, {{std::min(n, number(p[1]))}});
  });
  store.on("auth.prune_dormant", [](memory_store& s, const memory_row& p) {
    std::vector<memory_row> dormant;
    for (const auto& [key, r] : s.table("session").rows())
      if (before(r[s_seen], p[0])) dormant.push_back(r);
    std::stable_sort(dormant.begin(), dormant.end(), [](const memory_row& a, const memory_row& b) {
      return before(a[s_seen], b[s_seen]);
    });
    if (dormant.size() > static_cast<std::size_t>(number(p[1])))
      dormant.resize(static_cast<std::size_t>(number(p[1])));
    for (const auto& r : dormant) s.table("session").erase({r[s_id]});
    return changed(dormant.size());
  });
}

void add_guards(memory_store& store) {
  store.add_table("login_guard", {g_account});
  store.on("auth.put_guard", [](memory_store& s, const memory_row& p) {
    s.table("login_guard").put(p);
    return changed(1);
  });
  store.on("auth.delete_guard", [](memory_store& s, const memory_row& p) {
    return changed(s.table("login_guard").erase({p[0]}));
  });
  store.on("auth.quiet_guards", [](memory_store& s, const memory_row& p) {
    std::int64_t n = 0;
    for (const auto& [key, r] : s.table("login_guard").rows()) n += before(r[g_last], p[0]);
    return found(1, {{std::min(n, number(p[1]))}});
  });
  store.on("auth.prune_guards", [](memory_store& s, const memory_row& p) {
    std::vector<memory_row> quiet;
    for (const auto& [key, r] : s.table("login_guard").rows())
      if (before(r[g_last], p[0])) quiet.push_back(r);
    std::stable_sort(quiet.begin(), quiet.end(), [](const memory_row& a, const memory_row& b) {
      return before(a[g_last], b[g_last]);
    });
    if (quiet.size() > static_cast<std::size_t>(number(p[1])))
      quiet.resize(static_cast<std::size_t>(number(p[1])));
    for (const auto& r : quiet) s.table("login_guard").erase({r[g_account]});
    return changed(quiet.size());
  });
}

}  // namespace

void add_auth_tables(memory_store& store) {
  store.add_table("session", {s_id});
  add_accounts(store);
  add_session_reads(store);
  add_session_writes(store);
  add_dormant(store);
  add_guards(store);
}

}  // namespace nova::simulation
