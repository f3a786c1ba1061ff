#include "storage/postgres/migration.hpp"

#include "storage/postgres/conninfo.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <map>

namespace nova::storage {
namespace {

constexpr auto table_sql =
    "CREATE TABLE IF NOT EXISTS schema_migration (part text NOT NULL, number integer NOT NULL, "
    "name text NOT NULL, "
    "sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (part, "
    "number))";

std::string sha256(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  static constexpr char hex[] = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) (out += hex[digest[i] >> 4]) += hex[digest[i] & 15];
  return out;
}

std::string name_of(std::string_view part, const migration& m) {
  return std::string(part) + "/" + std::string(m.name);
}

error refused(std::string text) { return {errc::conflict, std::move(text)}; }

/// (part, number) → checksum of what is applied.
using applied_map = std::map<std::pair<std::string, int>, std::string>;

result<applied_map> read_applied(blocking_connection& db) {
  applied_map out;
  auto text = db.text(
      "SELECT coalesce(string_agg(part || ' ' || number || ' ' || sha256, E'\\n'), '') FROM "
      "schema_migration");
  if (!text) return text.error();
  for (std::size_t at = 0; at < text->size();) {
    auto end = std::min(text->find('\n', at), text->size());
    auto line = text->substr(at, end - at);
    auto one = line.find(' '), two = line.rfind(' ');
    out[{line.substr(0, one), std::stoi(line.substr(one + 1, two - one - 1))}] =
        line.substr(two + 1);
    at = end + 1;
  }
  return out;
}

result<void> compare(const migration_set& set, const applied_map& applied) {
  std::string part(set.part);
  int number = 0;
  for (const auto& m : set.migrations)
    if (m.number != ++number)
      return refused(part + ": migration " + std::to_string(number) +
                     " is missing from this binary; number the files without gaps");
  for (const auto& [key, checksum] : applied) {
    if (key.first != part || key.second > number) continue;
    const auto& m = set.migrations[static_cast<std::size_t>(key.second - 1)];
    if (sha256(m.sql) != checksum)
      return refused(part + ": " + std::string(m.name) +
                     " was changed after it had been applied; restore the file and put the change "
                     "into a new one");
  }
  // Numbers above what this binary has belong to a newer one that ran here; it kept the schema usable for us.
  int highest = 0, count = 0;
  for (const auto& [key, checksum] : applied)
    if (key.first == part) highest = std::max(highest, key.second), ++count;
  if (count != highest)
    return refused(part + ": applied migrations have gaps; restore schema_migration from a backup");
  return {};
}

result<void> apply(blocking_connection& db, std::string_view part, const migration& m) {
  std::string sql = "BEGIN;\n" + std::string(m.sql) +
                    "\n;INSERT INTO schema_migration (part, number, name, sha256) VALUES (" +
                    db.quote_text(part) + ", " + std::to_string(m.number) + ", " +
                    db.quote_text(m.name) + ", '" + sha256(m.sql) + "'); COMMIT";
  if (auto done = db.script(sql); !done) {
    (void)db.script("ROLLBACK");
    return refused(std::string(part) + ": " + std::string(m.name) + ": " + done.error().detail);
  }
  return {};
}

/// The names of `kinds` in schema public that this session's role may grant on; a table that an administrator made there is not
/// Nova's.
result<std::string> own_relations(blocking_connection& db, const std::string& kinds) {
  return db.text(
      "SELECT coalesce(string_agg(quote_ident(relname), ', '), '') FROM pg_class WHERE "
      "relnamespace = "
      "'public'::regnamespace AND relkind IN (" +
      kinds + ") AND pg_has_role(relowner, 'USAGE')");
}

result<void> grant(blocking_connection& db, const std::string& runtime_role) {
  if (runtime_role.empty()) return {};
  auto tables = own_relations(db, "'r', 'p'"), sequences = own_relations(db, "'S'");
  if (!tables) return tables.error();
  if (!sequences) return sequences.error();
  auto role = db.quote_name(runtime_role);
  std::string sql = "GRANT USAGE ON SCHEMA public TO " + role +
                    "; GRANT SELECT, INSERT, UPDATE, DELETE ON " + *tables + " TO " + role +
                    "; REVOKE INSERT, UPDATE, DELETE ON schema_migration FROM " + role;
  if (!sequences->empty()) sql += "; GRANT USAGE ON SEQUENCE " + *sequences + " TO " + role;
  return db.script(sql);
}

}  // namespace

std::string role_of(const std::string& conninfo) {
  auto words = parse_conninfo(conninfo, {});
  if (words)
    for (const auto& [name, value] : *words)
      if (name == "user") return value;
  return {};
}

result<migration_state> look_at_migrations(const std::string& conninfo,
                                           std::span<const migration_set> sets) {
  auto db = blocking_connection::open_read_only(conninfo);
  if (!db) return db.error();
  auto there = db->text("SELECT to_regclass('public.schema_migration') IS NOT NULL");
  if (!there) return there.error();
  applied_map applied;
  if (*there == "t") {
    auto read = read_applied(*db);
    if (!read) return read.error();
    applied = *std::move(read);
  }
  migration_state state;
  for (const auto& set : sets) {
    if (auto fits = compare(set, applied); !fits) return fits.error();
    const std::string part(set.part);
    for (const auto& m : set.migrations)
      (applied.contains({part, m.number}) ? state.applied : state.outstanding)
          .push_back(name_of(part, m));
    state.newer += static_cast<std::size_t>(std::ranges::count_if(applied, [&](const auto& row) {
      return row.first.first == part && row.first.second > static_cast<int>(set.migrations.size());
    }));
  }
  return state;
}

result<std::vector<std::string>> migrate(const std::string& conninfo,
                                         const std::string& runtime_role,
                                         std::span<const migration_set> sets) {
  auto db = blocking_connection::open(conninfo);
  if (!db) return db.error();
  // Of this session; ends with it.
  if (auto locked = db->run("SELECT pg_advisory_lock(4242, 2)"); !locked) return locked.error();
  if (auto made = db->script(std::string("SET client_min_messages = warning; ") + table_sql); !made)
    return made.error();
  auto applied = read_applied(*db);
  if (!applied) return applied.error();
  for (const auto& set : sets)
    if (auto fits = compare(set, *applied); !fits) return fits.error();
  std::vector<std::string> names;
  for (const auto& set : sets)
    for (const auto& m : set.migrations) {
      if (applied->contains({std::string(set.part), m.number})) continue;
      if (auto done = apply(*db, set.part, m); !done) return done.error();
      names.push_back(name_of(set.part, m));
    }
  if (auto granted = grant(*db, runtime_role); !granted) return granted.error();
  return names;
}

}  // namespace nova::storage
