// See user_rows.hpp.
#include "storage/user/user_rows.hpp"

namespace nova::user {
namespace {

// Columns of each query, in the order of its SQL.
namespace profile {
enum : std::size_t {
  account,
  handle,
  display_name,
  bio,
  created_at,
  updated_at,
  links,
  avatar,
  cover,
  is_private
};
}
namespace card {
enum : std::size_t {
  account,
  handle,
  display_name,
  avatar,
  is_private,
  following,
  requested,
  followed_by,
  blocking,
  muting
};
}
namespace facts {
enum : std::size_t { target_exists, blocked, blocks };
}

std::optional<uuid> id_or_none(const storage::rows& r, std::size_t row, std::size_t column) {
  if (r.null(row, column)) return std::nullopt;
  return r.id(row, column);
}

}  // namespace

std::optional<profile_row> read_profile(const storage::rows& r) {
  if (r.empty()) return std::nullopt;
  return profile_row{r.id(0, profile::account),        r.text(0, profile::handle),
                     r.text(0, profile::display_name), r.text(0, profile::bio),
                     r.time(0, profile::created_at),   r.time(0, profile::updated_at),
                     r.blob(0, profile::links),        id_or_none(r, 0, profile::avatar),
                     id_or_none(r, 0, profile::cover), r.boolean(0, profile::is_private)};
}

std::vector<card_row> read_cards(const storage::rows& r) {
  std::vector<card_row> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i)
    out.push_back({r.id(i, card::account), r.text(i, card::handle), r.text(i, card::display_name),
                   id_or_none(r, i, card::avatar), r.boolean(i, card::is_private),
                   r.boolean(i, card::following), r.boolean(i, card::requested),
                   r.boolean(i, card::followed_by), r.boolean(i, card::blocking),
                   r.boolean(i, card::muting)});
  return out;
}

block_facts_row read_block_facts(const storage::rows& r) {
  return {r.boolean(0, facts::target_exists), r.boolean(0, facts::blocked),
          r.int8(0, facts::blocks)};
}

}  // namespace nova::user
