// The tables and statements that the storage tests write with: a message-like row with two unique indexes, and a counter.
#pragma once

#include "storage/database/database.hpp"
#include "storage/postgres/migration.hpp"

#include <span>
#include <string>

namespace nova::test {

inline constexpr storage::migration sample_list[] = {
    {1, "0001_sample",
     "CREATE TABLE note (id uuid PRIMARY KEY, room uuid NOT NULL, seq bigint NOT NULL, author uuid "
     "NOT NULL,"
     " client_id text NOT NULL, body text NOT NULL, extras bytea, reply_to bigint, sent_at "
     "timestamptz NOT NULL,"
     " kind smallint NOT NULL, UNIQUE (room, seq), UNIQUE (room, author, client_id));"
     "CREATE TABLE counter (name text PRIMARY KEY, value bigint NOT NULL);"},
};
inline std::span<const storage::migration> sample_migrations() { return sample_list; }

/// (id, room, seq, author, client_id, body, extras, reply_to, sent_at, kind)
inline const storage::query insert_note{
    "sample.insert_note",
    "INSERT INTO note SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], "
    "$5::text[], $6::text[],"
    " $7::bytea[], $8::bigint[], $9::timestamptz[], $10::bigint[])",
    storage::merging::rows,
    10,
    1,
    {"uuid[]", "uuid[]", "bigint[]", "uuid[]", "text[]", "text[]", "bytea[]", "bigint[]",
     "timestamptz[]", "bigint[]"}};

/// (name, value): the last of a batch counts
inline const storage::query put_counter{
    "sample.put_counter",
    "INSERT INTO counter SELECT * FROM unnest($1::text[], $2::bigint[])"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    storage::merging::last,
    20,
    1,
    {"text[]", "bigint[]"}};

/// (name, by): in its place
inline const storage::query add_counter{"sample.add_counter",
                                        "UPDATE counter SET value = value + $2 WHERE name = $1"};
/// (name, value): in its place; a second one is a conflict
inline const storage::query insert_counter{"sample.insert_counter",
                                           "INSERT INTO counter VALUES ($1, $2)"};
/// (name): in its place
inline const storage::query delete_counter{"sample.delete_counter",
                                           "DELETE FROM counter WHERE name = $1"};
inline const storage::query read_counter{"sample.read_counter",
                                         "SELECT value FROM counter WHERE name = $1"};
inline const storage::query count_notes{"sample.count_notes", "SELECT count(*) FROM note"};
/// Divides by its parameter: zero is refused by the database.
inline const storage::query divide{"sample.divide", "UPDATE counter SET value = value / $1"};

inline uuid sample_id(std::uint64_t high, std::uint64_t low) {
  uuid id{};
  for (int i = 0; i < 8; ++i) {
    id.data[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
    id.data[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  }
  return id;
}

inline storage::statement note(std::uint64_t room, std::int64_t seq,
                               const std::string& body = "hello") {
  auto author = sample_id(9, 1);
  return {&insert_note,
          {sample_id(room, static_cast<std::uint64_t>(seq) + 1000), sample_id(1, room), seq, author,
           "c" + std::to_string(seq), body, std::monostate{}, std::monostate{},
           storage::timestamp{1'700'000'000'123}, std::int64_t{1}}};
}

}  // namespace nova::test
