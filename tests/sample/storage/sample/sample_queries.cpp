#include "storage/sample/sample_queries.hpp"

namespace nova::sample::queries {

const storage::query notebook{.name = "sample.notebook",
                              .sql = "SELECT notes FROM notebook WHERE account_id = $1"};

const storage::query note{.name = "sample.note",
                          .sql =
                              "SELECT note_id, text, created_at, remind_at FROM note "
                              "WHERE account_id = $1 AND note_id = $2"};

const storage::query notes{.name = "sample.notes",
                           .sql =
                               "SELECT note_id, text, created_at, remind_at FROM note "
                               "WHERE account_id = $1 AND ($2::uuid IS NULL OR note_id < $2) "
                               "ORDER BY note_id DESC LIMIT $3"};

const storage::query insert_note{
    .name = "sample.insert_note",
    .sql =
        "INSERT INTO note (account_id, note_id, text, created_at, remind_at) "
        "VALUES ($1, $2, $3, $4, $5)"};

const storage::query count_note{
    .name = "sample.count_note",
    .sql =
        "INSERT INTO notebook (account_id, notes) VALUES ($1, 1) "
        "ON CONFLICT (account_id) DO UPDATE SET notes = notebook.notes + 1"};

std::span<const storage::query* const> all() {
  static const storage::query* const list[] = {&notebook, &note, &notes, &insert_note, &count_note};
  return list;
}

}  // namespace nova::sample::queries
