// How fast the commit lane writes, beside a bare libpq loop that inserts the same rows in batches of the same size:
// message-like rows (two unique indexes, three with the key) and their outbox rows, fsync on. Run: storage_lane_bench [units] [batch].
#include "protocols/core/log.hpp"
#include "storage/postgres/conninfo.hpp"
#include "storage/postgres/wire.hpp"
#include "tests/storage/sample_schema.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <libpq-fe.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>

using namespace nova;
using namespace nova::storage;
using namespace nova::test;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr std::size_t payload_bytes = 160;

double process_cpu() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

struct figures {
  double seconds, cpu;
};

// The reference: binary array parameters, prepared, one transaction a batch, BEGIN … COMMIT in one pipeline flush.
figures bare(const fresh_database& made, std::size_t units, std::size_t batch) {
  auto db = blocking_connection::open(made.conninfo);
  PGconn* c = db->raw();
  constexpr auto outbox_sql =
      "INSERT INTO outbox (shard, seq, type, key, payload) SELECT * FROM unnest($1::bigint[], "
      "$2::bigint[], "
      "$3::bigint[], $4::text[], $5::bytea[])";
  PQclear(PQprepare(c, "n", std::string(insert_note.sql).c_str(), 0, nullptr));
  PQclear(PQprepare(c, "o", outbox_sql, 0, nullptr));
  query outbox{"o", outbox_sql, merging::rows,
               1,   1,          {"bigint[]", "bigint[]", "bigint[]", "text[]", "bytea[]"}};
  std::vector<statement> notes, events;
  for (std::size_t i = 0; i < units; ++i) {
    auto n = static_cast<std::int64_t>(i + 1);
    notes.push_back(note(i % 64, n));
    events.push_back(
        {&outbox,
         {std::int64_t{0}, n, std::int64_t{1}, "key", bytes{std::string(payload_bytes, 'p')}}});
  }
  auto start = clock_type::now();
  auto cpu = process_cpu();
  PQenterPipelineMode(c);
  parameter_buffer p;
  auto send = [&](const char* name, const query& q, std::vector<const statement*>& rows) {
    p.clear();
    for (std::size_t k = 0; k < q.array_types.size(); ++k) p.add_column(q.array_types[k], rows, k);
    p.finish();
    PQsendQueryPrepared(c, name, static_cast<int>(p.size()), p.values(), p.lengths(), p.formats(),
                        1);
  };
  for (std::size_t at = 0; at < units; at += batch) {
    std::vector<const statement*> a, b;
    for (std::size_t i = at; i < std::min(units, at + batch); ++i)
      a.push_back(&notes[i]), b.push_back(&events[i]);
    send("n", insert_note, a);
    send("o", outbox, b);
    PQpipelineSync(c);
    for (int ended = 0; ended < 1;) {
      PGresult* r = PQgetResult(c);
      if (!r) continue;
      if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) ++ended;
      else if (PQresultStatus(r) != PGRES_COMMAND_OK)
        std::fprintf(stderr, "%s", PQresultErrorMessage(r)), std::exit(1);
      PQclear(r);
    }
  }
  return {std::chrono::duration<double>(clock_type::now() - start).count(), process_cpu() - cpu};
}

figures lane(const fresh_database& made, std::size_t units, std::size_t batch) {
  auto options = made.options();
  options.settings.batch_units = static_cast<std::uint32_t>(batch);
  open_handle db(postgres_fixture::instance().io(), options);
  if (!claim(*db, 8)) std::exit(1);
  std::vector<commit_unit> list(units);
  std::mutex mutex;
  std::condition_variable free;
  std::size_t open = 0, done = 0, refused = 0;
  const std::size_t window = batch * 3;
  for (std::size_t i = 0; i < units; ++i) {
    auto n = static_cast<std::int64_t>(i + 1);
    list[i] = {i % 64 + 1,
               static_cast<std::uint32_t>(i % 8),
               {note(i % 64, n)},
               {{1, "key", std::string(payload_bytes, 'p')}},
               {}};
    list[i].done = [&](const commit_outcome& o) {
      std::lock_guard lock(mutex);
      if (o.status != commit_status::committed) ++refused;
      ++done;
      if (--open <= window / 2) free.notify_one();
    };
  }
  auto start = clock_type::now();
  auto cpu = process_cpu();
  for (auto& u : list) {
    {
      std::unique_lock lock(mutex);
      free.wait(lock, [&] { return open < window; });
      ++open;
    }
    while (!db->lane().append(std::move(u))) std::exit(2);
  }
  std::unique_lock lock(mutex);
  free.wait(lock, [&] { return done == units; });
  figures f{std::chrono::duration<double>(clock_type::now() - start).count(), process_cpu() - cpu};
  if (refused) std::printf("refused: %zu\n", refused);
  metric_samples samples;
  db->collect_metrics(samples);
  std::printf("  batches %.0f, in %.3f s\n",
              samples.value(metric::nova_storage_lane_batches_total, {made.domain}),
              samples.value(metric::nova_storage_lane_batch_seconds_total, {made.domain}));
  return f;
}

void print(const char* what, std::size_t units, figures f) {
  std::printf("%-8s %8.0f units/s  %6.2f us client CPU a unit\n", what,
              static_cast<double>(units) / f.seconds, f.cpu / static_cast<double>(units) * 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  nova::log::set_level("warn");
  std::size_t units = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 2000;
  std::size_t batch = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 100;
  auto& fixture = postgres_fixture::instance();
  for (int round = 0; round < 2; ++round) {
    print("bare", units, bare(fixture.fresh({{"sample", sample_migrations()}}), units, batch));
    print("lane", units, lane(fixture.fresh({{"sample", sample_migrations()}}), units, batch));
  }
}
