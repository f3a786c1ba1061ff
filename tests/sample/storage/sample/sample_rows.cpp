#include "storage/sample/sample_rows.hpp"

namespace nova::sample {
namespace {

// Columns of each query, in the order of its SQL.
namespace notebook {
enum : std::size_t { notes };
}
namespace note {
enum : std::size_t { note_id, text, created_at, remind_at };
}

}  // namespace

std::int64_t read_count(const storage::rows& r) {
  return r.empty() ? 0 : r.int8(0, notebook::notes);
}

std::vector<note_row> read_notes(const storage::rows& r) {
  std::vector<note_row> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i) {
    note_row row{r.id(i, note::note_id), r.text(i, note::text), r.time(i, note::created_at),
                 std::nullopt};
    if (!r.null(i, note::remind_at)) row.remind_at = r.time(i, note::remind_at);
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace nova::sample
