// See export_store.hpp; the SQL is in export_queries.cpp.
#include "storage/auth/export_store.hpp"

#include "storage/auth/export_queries.hpp"

namespace nova::auth::store {

using storage::statement;
using storage::timestamp;

statement insert_export(const uuid& id, const uuid& account, unix_ms now) {
  return {&export_queries::insert_export, {id, account, timestamp{now}}};
}
statement find_export(const uuid& id) { return {&export_queries::find_export, {id}}; }

std::optional<export_row> read_export(const storage::rows& r) {
  if (r.empty()) return std::nullopt;
  return export_row{r.id(0, 0), r.time(0, 1)};
}

storage::retention_job ended_exports() {
  return {"export", &export_queries::due_exports, &export_queries::delete_exports, export_kept};
}

}  // namespace nova::auth::store
