// See seeding.hpp.
#include "bench/messaging/seeding.hpp"

namespace nova::bench {

namespace {

uuid numbered(std::uint32_t series, std::uint64_t n) {
  uuid id{};
  for (int i = 0; i < 4; ++i) id.data[i] = static_cast<std::uint8_t>(series >> (24 - 8 * i));
  id.data[6] = 0x70;
  id.data[8] = 0x80;
  for (int i = 0; i < 6; ++i) id.data[15 - i] = static_cast<std::uint8_t>(n >> 8 * i);
  return id;
}

constexpr std::uint32_t person_series = 1;

// numbered() in SQL.
std::string sql_id(std::uint32_t series, const std::string& n) {
  const auto text = to_string(numbered(series, 0));
  return "('" + text.substr(0, 24) + "' || lpad(to_hex(" + n + "), 12, '0'))::uuid";
}

std::string array_of(const std::vector<uuid>& ids) {
  std::string out = "ARRAY[";
  for (std::size_t i = 0; i < ids.size(); ++i)
    out += (i > 0 ? ",'" : "'") + to_string(ids[i]) + '\'';
  return out + "]::uuid[]";
}

std::string owner_of(const std::vector<uuid>& owners) {
  return "(" + array_of(owners) + ")[n % " + std::to_string(owners.size()) + " + 1]";
}

std::string messages_sql(const std::string& conversation, const std::string& sender,
                         const std::string& numbers) {
  return "INSERT INTO message (conversation_id, seq, message_id, sender_id, client_id, body_hash, "
         "rev, text, extras, sent_at) "
         "SELECT " +
         conversation + ", 1, gen_random_uuid(), " + sender +
         ", 'seeded', 1, 0, 'the first one', '', now() FROM " + numbers + ";";
}

}  // namespace

uuid seeded_person(std::uint64_t n) { return numbered(person_series, n); }
uuid seeded_conversation(std::uint32_t series, std::uint64_t n) { return numbered(series, n); }

result<void> seed_persons(storage::blocking_connection& c, std::uint64_t count) {
  return c.script("INSERT INTO person SELECT " + sql_id(person_series, "n") +
                  ", 'seeded' || n, 'Seeded ' || n FROM generate_series(0, " +
                  std::to_string(count) + "::bigint - 1) n");
}

result<void> seed_directs(storage::blocking_connection& c, std::uint32_t series,
                          std::uint64_t first, std::uint64_t last,
                          const std::vector<uuid>& owners) {
  const auto conversation = sql_id(series, "n"), person = sql_id(person_series, "n"),
             owner = owner_of(owners);
  const auto numbers = "generate_series(" + std::to_string(first) + "::bigint, " +
                       std::to_string(last) + "::bigint - 1) n";
  return c.script(
      "INSERT INTO conversation SELECT " + conversation + ", 1, NULL, " + owner +
      ", now(), 0, 2 FROM " + numbers +
      "; INSERT INTO direct_pair SELECT least(a, b), greatest(a, b), c FROM (SELECT " + owner +
      " a, " + person + " b, " + conversation + " c FROM " + numbers +
      ") x; INSERT INTO member SELECT c, unnest(ARRAY[a, b]), 1, now(), 0, 0, now() FROM (SELECT " +
      owner + " a, " + person + " b, " + conversation + " c FROM " + numbers + ") x; " +
      messages_sql(conversation, person, numbers));
}

result<void> seed_groups(storage::blocking_connection& c, std::uint32_t series, std::uint64_t count,
                         std::uint64_t members, const std::vector<uuid>& owners) {
  const auto conversation = sql_id(series, "n"), owner = owner_of(owners);
  const auto numbers = "generate_series(0::bigint, " + std::to_string(count) + "::bigint - 1) n";
  const auto others = "generate_series(0::bigint, " + std::to_string(members) + "::bigint - 2) p";
  return c.script("INSERT INTO conversation SELECT " + conversation + ", 2, 'seeded', " + owner +
                  ", now(), 0, " + std::to_string(members) + " FROM " + numbers +
                  "; INSERT INTO member SELECT " + conversation + ", " + owner +
                  ", 3, now(), 0, 0 FROM " + numbers + "; INSERT INTO member SELECT " +
                  conversation + ", " + sql_id(person_series, "p") + ", 1, now(), 0, 0 FROM " +
                  numbers + ", " + others + "; " + messages_sql(conversation, owner, numbers));
}

result<void> settle(storage::blocking_connection& c) {
  for (const auto* sql :
       {"VACUUM (ANALYZE) conversation, member, message, direct_pair", "CHECKPOINT"})
    if (auto done = c.run(sql); !done) return done.error();
  return {};
}

}  // namespace nova::bench
