#include "bench/search/fts5.hpp"

#include "bench/support/stage.hpp"

#include <sqlite3.h>

#include <filesystem>
#include <stdexcept>

namespace nova::bench {

namespace {

class sqlite {
 public:
  explicit sqlite(const std::string& file) {
    if (sqlite3_open(file.c_str(), &db_) != SQLITE_OK) throw std::runtime_error("SQLite: no file");
  }
  ~sqlite() { sqlite3_close(db_); }
  sqlite(const sqlite&) = delete;
  sqlite& operator=(const sqlite&) = delete;

  void run(const char* sql) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
      throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(db_));
  }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* out = nullptr;
    if (sqlite3_prepare_v2(db_, sql, -1, &out, nullptr) != SQLITE_OK)
      throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(db_));
    return out;
  }

 private:
  sqlite3* db_ = nullptr;
};

/// Letters and digits only: the terms between spaces, as FTS5's tokeniser sees them again.
std::string terms_text(const std::string& text) {
  std::string out;
  for (const auto& t : search::terms_of(text))
    if (t.kind != search::term_kind::tag && t.kind != search::term_kind::handle)
      out += t.text + ' ';
  return out;
}

std::string match_text(const std::string& asked) {
  std::string out;
  const auto q = search::parse_question(asked).value();
  for (const auto& part : q.parts) {
    std::string words;
    for (const auto& t : part.terms) words += (words.empty() ? "" : " ") + t.text;
    out += (out.empty() ? "\"" : " \"") + words + '"' + (part.terms.back().begins ? "*" : "");
  }
  return out;
}

}  // namespace

fts5_figures run_fts5(const std::string& file, const std::vector<known_document>& posts,
                      const std::vector<std::string>& questions) {
  constexpr std::size_t commit_documents = 100;
  sqlite db(file);
  db.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
  db.run(
      "CREATE VIRTUAL TABLE post USING fts5(terms, content='', "
      "tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* Co Pc So'\")");
  auto* insert = db.prepare("INSERT INTO post (rowid, terms) VALUES (?, ?)");
  fts5_figures out;
  const auto began = now_us();
  for (std::size_t i = 0; i < posts.size(); ++i) {
    if (i % commit_documents == 0) db.run("BEGIN");
    const auto terms = terms_text(posts[i].text);
    sqlite3_bind_int64(insert, 1, static_cast<sqlite3_int64>(i) + 1);
    sqlite3_bind_text(insert, 2, terms.c_str(), -1, SQLITE_TRANSIENT);
    sqlite3_step(insert);
    sqlite3_reset(insert);
    if (i % commit_documents == commit_documents - 1 || i + 1 == posts.size()) db.run("COMMIT");
  }
  out.documents_per_s = static_cast<double>(posts.size()) * 1e6 /
                        static_cast<double>(std::max<std::uint64_t>(1, now_us() - began));
  sqlite3_finalize(insert);
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  out.bytes = static_cast<double>(std::filesystem::file_size(file));
  auto* select = db.prepare("SELECT rowid FROM post WHERE post MATCH ? ORDER BY rank LIMIT 20");
  for (const auto& asked : questions) {
    const auto match = match_text(asked);
    const auto start = now_us();
    sqlite3_bind_text(select, 1, match.c_str(), -1, SQLITE_TRANSIENT);
    while (sqlite3_step(select) == SQLITE_ROW) {
    }
    sqlite3_reset(select);
    out.reads.add_us(now_us() - start);
  }
  sqlite3_finalize(select);
  return out;
}

}  // namespace nova::bench
