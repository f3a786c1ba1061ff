// user's queries in memory. See memory_domains.hpp; the SQL is storage/user/user_queries.cpp.
#include "tests/simulation/memory_cells.hpp"
#include "tests/simulation/memory_domains.hpp"

namespace nova::simulation {

namespace {

enum profile_column { p_id, p_handle, p_name, p_display, p_bio, p_created, p_updated };
constexpr std::size_t profile_cells = 10;

memory_row shown(const memory_row& r) {
  // Links, avatar, cover, private: as a registration leaves them.
  return {r[p_id],      r[p_handle],      r[p_display], r[p_bio], r[p_created],
          r[p_updated], storage::bytes{}, value{},      value{},  false};
}

void add_profiles(memory_store& store) {
  store.add_table("profile", {p_id});
  store.on("user.profile", [](memory_store& s, const memory_row& p) {
    const auto* r = s.table("profile").find({p[0]});
    return r ? found(profile_cells, {shown(*r)}) : found(profile_cells, {});
  });
  store.on("user.profile_by_handle", [](memory_store& s, const memory_row& p) {
    const memory_row* best = nullptr;
    for (const auto& [key, r] : s.table("profile").rows())
      if (r[p_name] == p[0] && (!best || time_of(r[p_created]) > time_of((*best)[p_created])))
        best = &r;
    return best ? found(profile_cells, {shown(*best)}) : found(profile_cells, {});
  });
  store.on("user.insert_profile", [](memory_store& s, const memory_row& p) {
    s.table("profile").insert(p);
    return changed(1);
  });
  store.on("user.update_profile", [](memory_store& s, const memory_row& p) {
    return update(s, "profile", {p[0]}, [&](memory_row& r) {
      r[p_display] = p[1];
      r[p_bio] = p[2];
      r[p_updated] = p[3];
      return true;
    });
  });
}

void add_blocks(memory_store& store) {
  store.add_table("block", {0, 1});
  store.on("user.block_facts", [](memory_store& s, const memory_row& p) {
    std::int64_t blocks = 0;
    each_of(s, "block", {p[0]}, [&](const memory_row&) { return ++blocks, true; });
    return found(3, {{s.table("profile").find({p[1]}) != nullptr,
                      s.table("block").find({p[0], p[1]}) != nullptr, blocks}});
  });
  store.on("user.insert_block", [](memory_store& s, const memory_row& p) {
    if (s.table("block").find({p[0], p[1]})) return changed(0);
    if (!s.table("profile").find({p[0]})) throw storage::memory_refusal{"no such profile"};
    s.table("block").insert(p);
    return changed(1);
  });
  store.on("user.delete_block", [](memory_store& s, const memory_row& p) {
    return changed(s.table("block").erase({p[0], p[1]}));
  });
}

}  // namespace

void add_user_tables(memory_store& store) {
  add_profiles(store);
  add_blocks(store);
}

}  // namespace nova::simulation
