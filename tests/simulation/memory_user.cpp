// user's queries in memory. See memory_domains.hpp; the SQL is storage/user/user_queries.cpp.
#include "tests/simulation/memory_cells.hpp"
#include "tests/simulation/memory_domains.hpp"

namespace nova::simulation {

namespace {

enum profile_column {
  p_id,
  p_handle,
  p_name,
  p_display,
  p_bio,
  p_created,
  p_updated,
  p_links,
  p_avatar,
  p_cover,
  p_private,
  p_pinned
};
constexpr std::size_t profile_cells = 11, pair_cells = 13, settings_cells = 7, facts_cells = 9;

memory_row shown(const memory_row& r) {
  return {r[p_id],    r[p_handle], r[p_display], r[p_bio],     r[p_created], r[p_updated],
          r[p_links], r[p_avatar], r[p_cover],   r[p_private], r[p_pinned]};
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
  // No handle changes here.
  store.on("user.profile_by_former_handle",
           [](memory_store&, const memory_row&) { return found(profile_cells, {}); });
  store.on("user.insert_profile", [](memory_store& s, const memory_row& p) {
    auto row = p;
    row.insert(row.end(), {storage::bytes{}, value{}, value{}, false, storage::bytes{}});
    s.table("profile").insert(row);
    return changed(1);
  });
  store.add_table("name_word", {0, 1});
  store.on("user.save_name_words", [](memory_store& s, const memory_row& p) {
    const auto& words = std::get<std::vector<std::string>>(p[1]);
    std::vector<memory_row> gone;
    each_of(s, "name_word", {p[0]}, [&](const memory_row& r) { return gone.push_back(r), true; });
    for (const auto& r : gone) s.table("name_word").erase(r);
    for (const auto& word : words) s.table("name_word").put({p[0], word});
    return changed(words.size());
  });
  store.on("user.update_profile", [](memory_store& s, const memory_row& p) {
    return update(s, "profile", {p[0]}, [&](memory_row& r) {
      r[p_display] = p[1];
      r[p_bio] = p[2];
      r[p_updated] = p[3];
      for (std::size_t i = p_links; i <= p_private; ++i) r[i] = p[i - p_links + 4];
      return true;
    });
  });
}

void add_blocks(memory_store& store) {
  store.add_table("block", {0, 1});
  // The simulation knows blocks, and no follow, mute or post.
  store.on("user.profile_facts", [](memory_store& s, const memory_row& p) {
    const std::int64_t none = 0;
    const bool guest = is_null(p[1]);
    return found(facts_cells, {{none, none, none, false, false, false,
                                !guest && s.table("block").find({p[1], p[0]}) != nullptr, false,
                                !guest && s.table("block").find({p[0], p[1]}) != nullptr}});
  });
  store.on("user.relation_facts", [](memory_store& s, const memory_row& p) {
    std::int64_t blocks = 0;
    if (number(p[3]) == 1)
      each_of(s, "block", {p[0]}, [&](const memory_row&) { return ++blocks, true; });
    const auto* other = s.table("profile").find({p[1]});
    return found(pair_cells,
                 {{other != nullptr, other != nullptr ? (*other)[p_private] : false, false, false,
                   value{}, false, false, value{}, s.table("block").find({p[0], p[1]}) != nullptr,
                   s.table("block").find({p[1], p[0]}) != nullptr, false, value{}, blocks}});
  });
  store.add_table("settings", {0});
  store.on("user.settings", [](memory_store& s, const memory_row& p) {
    const auto* r = s.table("settings").find({p[0]});
    return r ? found(settings_cells, {memory_row(r->begin() + 1, r->end())})
             : found(settings_cells, {});
  });
  store.on("user.save_settings", [](memory_store& s, const memory_row& p) {
    s.table("settings").put(p);
    return changed(1);
  });
  store.on("user.insert_block", [](memory_store& s, const memory_row& p) {
    if (s.table("block").find({p[0], p[1]})) return changed(0);
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
