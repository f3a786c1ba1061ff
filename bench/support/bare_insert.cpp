// See bare_insert.hpp.
#include "bench/support/bare_insert.hpp"

#include "bench/support/stage.hpp"
#include "storage/embedded/embedded_postgres.hpp"
#include "tests/support/server_process.hpp"

#include <libpq-fe.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>
#include <vector>

namespace nova::bench {

namespace fs = std::filesystem;

namespace {

const char* const insert_messages =
    "INSERT INTO message (conversation_id, seq, message_id, sender_id, client_id, body_hash, rev, "
    "text, extras, sent_at) "
    "SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[], $5::text[], "
    "$6::bigint[], $7::bigint[], "
    "$8::text[], $9::bytea[], $10::timestamptz[])";
const char* const insert_outbox =
    "INSERT INTO outbox (shard, seq, type, key, payload) "
    "SELECT * FROM unnest($1::int[], $2::bigint[], $3::int[], $4::text[], $5::bytea[])";

/// PostgreSQL's binary format of a one-dimensional array without NULLs.
class array {
 public:
  explicit array(std::uint32_t element_type) {
    for (std::uint32_t n : {1u, 0u, element_type, 0u, 1u}) put(n);
  }
  void clear() { bytes_.resize(20), count_ = 0; }
  void add(std::string_view element) {
    put(static_cast<std::uint32_t>(element.size()));
    bytes_ += element;
    ++count_;
  }
  void add(std::int64_t n) {
    char b[8];
    for (int i = 7; i >= 0; --i) b[i] = static_cast<char>(n & 0xff), n >>= 8;
    add(std::string_view(b, 8));
  }
  void add(std::int32_t n) {
    char b[4];
    for (int i = 3; i >= 0; --i) b[i] = static_cast<char>(n & 0xff), n >>= 8;
    add(std::string_view(b, 4));
  }
  const std::string& done() {
    for (int i = 0; i < 4; ++i)
      bytes_[12 + static_cast<std::size_t>(i)] = static_cast<char>(count_ >> (24 - 8 * i));
    return bytes_;
  }

 private:
  void put(std::uint32_t n) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes_ += static_cast<char>(n >> shift);
  }
  std::string bytes_;
  std::uint32_t count_ = 0;
};

enum type : std::uint32_t {
  bytea_type = 17,
  int8_type = 20,
  int4_type = 23,
  text_type = 25,
  timestamptz_type = 1184,
  uuid_type = 2950
};

constexpr std::size_t conversations_each = 16;

/// One connection with rows of its own: some conversations, numbered on.
class inserter {
 public:
  inserter(const std::string& conninfo, std::uint64_t number, std::size_t text_bytes)
      : connection_(PQconnectdb(conninfo.c_str())),
        random_(number * 7919 + static_cast<std::uint64_t>(time(nullptr))),
        shard_(static_cast<std::int32_t>(number)),
        text_(text_bytes, 'x') {
    for (auto& c : conversations_) c = id();
    sender_ = id();
    std::ranges::fill(seqs_, 0);
  }
  ~inserter() { PQfinish(connection_); }

  bool prepare() {
    if (PQstatus(connection_) != CONNECTION_OK) return false;
    for (const auto& [name, sql] :
         {std::pair{"m", insert_messages}, std::pair{"o", insert_outbox}}) {
      auto* r = PQprepare(connection_, name, sql, 0, nullptr);
      const bool fine = PQresultStatus(r) == PGRES_COMMAND_OK;
      PQclear(r);
      if (!fine) return false;
    }
    return PQenterPipelineMode(connection_) == 1;
  }

  bool transaction(std::size_t rows) {
    fill(rows);
    begin_end("BEGIN");
    send("m", messages_);
    send("o", outbox_);
    begin_end("COMMIT");
    return PQpipelineSync(connection_) == 1 && drain();
  }

  std::string problem() const { return PQerrorMessage(connection_); }

 private:
  std::string id() {
    std::string out(16, '\0');
    const auto ms = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch() /
                                               std::chrono::milliseconds(1));
    for (std::size_t i = 0; i < 6; ++i) out[i] = static_cast<char>(ms >> (40 - 8 * i));
    for (std::size_t i = 6; i < 16; ++i) out[i] = static_cast<char>(random_());
    return out;
  }

  void fill(std::size_t rows) {
    for (auto* a : {&messages_, &outbox_})
      for (auto& column : *a) column.clear();
    const std::int64_t sent_at =
        std::chrono::system_clock::now().time_since_epoch() / std::chrono::microseconds(1) -
        946'684'800'000'000;  // PostgreSQL counts from 2000
    for (std::size_t i = 0; i < rows; ++i) {
      const auto c = i % conversations_.size();
      auto& m = messages_;
      m[0].add(conversations_[c]), m[1].add(++seqs_[c]), m[2].add(id()), m[3].add(sender_);
      m[4].add("client-" + std::to_string(seqs_[c])),
          m[5].add(static_cast<std::int64_t>(random_())), m[6].add(std::int64_t{0});
      m[7].add(text_), m[8].add(std::string_view()), m[9].add(sent_at);
      auto& o = outbox_;
      o[0].add(shard_), o[1].add(++event_), o[2].add(std::int32_t{5001}), o[3].add(key_),
          o[4].add(payload_ + text_);
    }
  }

  void begin_end(const char* sql) {
    PQsendQueryParams(connection_, sql, 0, nullptr, nullptr, nullptr, nullptr, 0);
  }

  void send(const char* name, std::vector<array>& columns) {
    std::vector<const char*> values;
    std::vector<int> lengths, formats(columns.size(), 1);
    for (auto& c : columns) {
      const auto& bytes = c.done();
      values.push_back(bytes.data());
      lengths.push_back(static_cast<int>(bytes.size()));
    }
    PQsendQueryPrepared(connection_, name, static_cast<int>(columns.size()), values.data(),
                        lengths.data(), formats.data(), 1);
  }

  bool drain() {
    bool fine = true;
    for (;;) {
      auto* r = PQgetResult(connection_);
      if (!r) {
        if (PQstatus(connection_) != CONNECTION_OK) return false;
        continue;
      }
      const auto status = PQresultStatus(r);
      PQclear(r);
      if (status == PGRES_PIPELINE_SYNC) return fine;
      fine &= status == PGRES_COMMAND_OK;
    }
  }

  PGconn* connection_;
  std::mt19937_64 random_;
  std::int32_t shard_;
  std::string text_, sender_;
  std::string key_ = std::string(36, 'k'),
              payload_ = std::string(130, 'p');  // as long as a MessageSent beside its text
  std::vector<std::string> conversations_ = std::vector<std::string>(conversations_each);
  std::vector<std::int64_t> seqs_ = std::vector<std::int64_t>(conversations_each);
  std::int64_t event_ = 0;
  std::vector<array> messages_ = {array(uuid_type),       array(int8_type), array(uuid_type),
                                  array(uuid_type),       array(text_type), array(int8_type),
                                  array(int8_type),       array(text_type), array(bytea_type),
                                  array(timestamptz_type)};
  std::vector<array> outbox_ = {array(int4_type), array(int8_type), array(int4_type),
                                array(text_type), array(bytea_type)};
};

bool execute(PGconn* c, const std::string& sql, std::string& problem) {
  auto* r = PQexec(c, sql.c_str());
  const bool fine = PQresultStatus(r) == PGRES_COMMAND_OK;
  if (!fine) problem = PQerrorMessage(c);
  PQclear(r);
  return fine;
}

bool migrate(const std::string& conninfo, std::string& problem) {
  auto* c = PQconnectdb(conninfo.c_str());
  bool fine = PQstatus(c) == CONNECTION_OK;
  if (!fine) problem = PQerrorMessage(c);
  for (const auto* folder : {"runtime", "messaging"}) {
    std::vector<fs::path> files;
    for (const auto& f :
         fs::directory_iterator(std::string(NOVA_MIGRATIONS) + "/" + folder + "/migrations"))
      files.push_back(f.path());
    std::ranges::sort(files);
    for (const auto& f : files) {
      std::ifstream in(f);
      const std::string sql((std::istreambuf_iterator<char>(in)), {});
      fine = fine && execute(c, sql, problem);
    }
  }
  // What it leaves behind must not take CPU from what is measured next.
  for (const auto* table : {"message", "outbox_rest"})
    fine =
        fine && execute(c, std::string("ALTER TABLE ") + table + " SET (autovacuum_enabled = off)",
                        problem);
  PQfinish(c);
  return fine;
}

}  // namespace

struct bare_postgres::body {
  fs::path folder;
  std::unique_ptr<storage::embedded_postgres> server;
  std::string conninfo;
  std::uint64_t next_inserter = 1;

  ~body() {
    server.reset();
    std::error_code ec;
    if (!folder.empty()) fs::remove_all(folder, ec);
  }
};

bare_postgres::bare_postgres() : body_(std::make_unique<body>()) {}
bare_postgres::~bare_postgres() = default;

bool bare_postgres::open(std::string& problem) {
  auto pattern = (fs::temp_directory_path() / "nova-bench-XXXXXX").string();
  body_->folder = mkdtemp(pattern.data());
  storage::embedded_options options;
  options.data = body_->folder;
  options.domains = {"reference"};
  options.end_with_process = true;
  body_->server = std::make_unique<storage::embedded_postgres>(options);
  if (const auto started = body_->server->start(); !started) {
    problem = started.error().detail;
    return false;
  }
  body_->conninfo = body_->server->owner_conninfo("reference");
  return migrate(body_->conninfo, problem);
}

bool bare_postgres::run(std::size_t rows, std::size_t connections, double seconds,
                        std::size_t text_bytes, bare_figures& out, std::string& problem) {
  using clock = std::chrono::steady_clock;
  if (!checkpoint(admin_conninfo(body_->folder, "nova_reference"))) {
    problem = "no checkpoint";
    return false;
  }
  std::vector<std::unique_ptr<inserter>> inserters;
  for (std::size_t i = 0; i < connections; ++i) {
    inserters.push_back(
        std::make_unique<inserter>(body_->conninfo, body_->next_inserter++, text_bytes));
    if (inserters.back()->prepare()) continue;
    problem = inserters.back()->problem();
    return false;
  }
  std::atomic<std::uint64_t> done{0};
  std::atomic<bool> fine{true};
  const auto began = clock::now();
  const auto until = began + std::chrono::duration<double>(seconds);
  const auto client_before = own_cpu();
  const auto postgres_before = client::usage_of_family(body_->server->postmaster()).cpu_seconds;
  std::vector<std::thread> threads;
  for (auto& one : inserters)
    threads.emplace_back([&] {
      while (fine && clock::now() < until) {
        if (!one->transaction(rows)) fine = false;
        done += rows;
      }
    });
  for (auto& t : threads) t.join();
  const auto took = std::chrono::duration<double>(clock::now() - began).count();
  if (!fine) problem = inserters.front()->problem();
  const auto per_1000 = 1000.0 / static_cast<double>(std::max<std::uint64_t>(1, done));
  out.rows_per_second = static_cast<double>(done) / took;
  out.client_cpu_per_1000 = (own_cpu() - client_before) * per_1000;
  out.postgres_cpu_per_1000 =
      (client::usage_of_family(body_->server->postmaster()).cpu_seconds - postgres_before) *
      per_1000;
  return fine;
}

bool bare_postgres::run_select(std::size_t conversations, std::size_t messages, std::size_t page,
                               double seconds, std::size_t text_bytes, double& pages_per_second,
                               std::string& problem) {
  using clock = std::chrono::steady_clock;
  for (std::size_t filled = 0; filled < conversations; filled += conversations_each) {
    inserter rows(body_->conninfo, body_->next_inserter++, text_bytes);
    bool fine = rows.prepare();
    for (std::size_t i = 0; fine && i < messages; i += 100)
      fine = rows.transaction(100 * conversations_each);
    if (!fine) {
      problem = rows.problem();
      return false;
    }
  }
  auto* c = PQconnectdb(body_->conninfo.c_str());
  auto* ids = PQexec(c, "SELECT conversation_id FROM message GROUP BY 1 LIMIT 64");
  PQclear(PQprepare(c, "page",
                    "SELECT conversation_id, seq, rev, message_id, sender_id, client_id, text, "
                    "extras, reply_to, sent_at, "
                    "edited_at, recalled FROM message WHERE conversation_id = $1::uuid AND seq < "
                    "$2::bigint ORDER BY seq "
                    "DESC LIMIT $3::bigint",
                    0, nullptr));
  std::mt19937_64 random(7);
  std::uint64_t pages = 0;
  const auto began = clock::now();
  const auto took = [&] { return std::chrono::duration<double>(clock::now() - began).count(); };
  const auto limit = std::to_string(page);
  for (; problem.empty() && PQntuples(ids) > 0 && took() < seconds; ++pages) {
    const auto before = std::to_string(page + 1 + random() % (messages - page));
    const char* values[] = {
        PQgetvalue(ids, static_cast<int>(random() % static_cast<unsigned>(PQntuples(ids))), 0),
        before.c_str(), limit.c_str()};
    auto* r = PQexecPrepared(c, "page", 3, values, nullptr, nullptr, 1);
    if (PQntuples(r) != static_cast<int>(page))
      problem = "a page is short " + std::string(PQerrorMessage(c));
    PQclear(r);
  }
  pages_per_second = static_cast<double>(pages) / took();
  if (pages == 0) problem = "nothing to read " + std::string(PQerrorMessage(c));
  PQclear(ids);
  PQfinish(c);
  return problem.empty();
}

}  // namespace nova::bench
