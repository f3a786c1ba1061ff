#include "tests/support/postgres_fixture.hpp"

#include "storage/embedded/server_process.hpp"
#include "storage/postgres/conninfo.hpp"
#include "storage/runtime/migrations.hpp"
#include "tests/support/slowdown.hpp"

#include <openssl/crypto.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <stdexcept>

namespace nova::test {
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 20s * slowdown;

template <class T, class Start>
T waited(T timed_out, Start start) {
  auto promise = std::make_shared<std::promise<T>>();
  auto future = promise->get_future();
  start([promise](T x) { promise->set_value(std::move(x)); });
  return future.wait_for(patience) == std::future_status::ready ? future.get() : timed_out;
}

}  // namespace

storage::postgres_options fresh_database::options(std::string node) const {
  storage::postgres_options o{.domain = domain,
                              .conninfo = conninfo,
                              .node = std::move(node),
                              .settings = {},
                              .before_commit = {}};
  o.settings.lanes = 1;  // as on a small machine: most tests speak of the one lane
  return o;
}

postgres_fixture& postgres_fixture::instance() {
  static postgres_fixture one;
  return one;
}

postgres_fixture::postgres_fixture() {
  // Of what ends with the process the youngest goes first. libpq would wake libcrypto only later: it would be gone before io_'s
  // thread, and could not give back what it keeps for that.
  OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CRYPTO_STRINGS, nullptr);
  auto pattern = (std::filesystem::temp_directory_path() / "nova-test-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
  folder_ = pattern;
  storage::embedded_options options{
      .data = folder_, .domains = {}, .settings = {}, .end_with_process = true};
  options.settings.embedded_stop_ms = 1;  // nobody needs its files any more
  // A node with all domains takes about 60, and a cluster's nodes share this server.
  options.settings.embedded_max_connections = 300;
  server_ = std::make_unique<storage::embedded_postgres>(std::move(options));
  if (auto started = server_->start(); !started) throw std::runtime_error(started.error().detail);
  io_ = std::make_unique<storage::storage_io>();
}

postgres_fixture::~postgres_fixture() {
  io_.reset();
  server_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

storage::storage_io& postgres_fixture::io() { return *io_; }

fresh_database postgres_fixture::bare() {
  std::string domain = "t" + std::to_string(++count_);
  if (auto added = server_->add_domain(domain); !added)
    throw std::runtime_error(added.error().detail);
  return {domain, server_->conninfo(domain), server_->owner_conninfo(domain),
          server_->admin_conninfo("nova_" + domain)};
}

fresh_database postgres_fixture::fresh(std::initializer_list<storage::migration_set> sets) {
  auto made = bare();
  std::vector<storage::migration_set> all{{"runtime", storage::runtime_migrations()}};
  all.insert(all.end(), sets);
  auto applied = storage::migrate(made.owner_conninfo,
                                  storage::embedded_postgres::runtime_role(made.domain), all);
  if (!applied) throw std::runtime_error(applied.error().detail);
  return made;
}

void postgres_fixture::crash() {
  if (int pid = server_->postmaster(); pid > 0) ::kill(pid, SIGQUIT);
}

void postgres_fixture::pause() {
  for (auto p : storage::processes_in(std::filesystem::path(folder_) / "postgres"))
    ::kill(p, SIGSTOP);
}

void postgres_fixture::resume() {
  for (auto p : storage::processes_in(std::filesystem::path(folder_) / "postgres"))
    ::kill(p, SIGCONT);
}

namespace {

struct look : std::enable_shared_from_this<look> {
  look(boost::asio::io_context& io, std::function<bool()> condition,
       std::chrono::milliseconds limit)
      : timer(io), holds(std::move(condition)), end(std::chrono::steady_clock::now() + limit) {}
  void again() {
    bool yes = holds();
    if (yes || std::chrono::steady_clock::now() > end) return answer.set_value(yes);
    timer.expires_after(2ms);
    timer.async_wait([self = shared_from_this()](boost::system::error_code e) {
      if (!e) self->again();
    });
  }
  boost::asio::steady_timer timer;
  std::function<bool()> holds;
  std::chrono::steady_clock::time_point end;
  std::promise<bool> answer;
};

}  // namespace

bool postgres_fixture::until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  auto l = std::make_shared<look>(io_->context(), done, limit * slowdown);
  boost::asio::post(io_->context(), [l] { l->again(); });
  return l->answer.get_future().get();
}

void open_handle::close() {
  if (!database_) return;
  std::promise<void> closed;
  database_->stop([&] { closed.set_value(); });
  closed.get_future().wait();
  database_.reset();
}

result<storage::rows> read(storage::database& db, storage::statement s) {
  return waited<result<storage::rows>>(make_error(errc::deadline_exceeded, "test"),
                                       [&](auto done) { db.read(std::move(s), done); });
}

storage::commit_outcome commit(storage::database& db, storage::commit_unit unit) {
  return waited<storage::commit_outcome>(
      {storage::commit_status::unavailable, "test timed out", 0}, [&](auto done) {
        unit.done = done;
        if (!db.lane().append(std::move(unit)))
          done({storage::commit_status::unavailable, "not accepted", 0});
      });
}

result<std::vector<storage::shard_claim>> claim(storage::database& db, std::uint32_t shards) {
  return waited<result<std::vector<storage::shard_claim>>>(
      make_error(errc::deadline_exceeded, "test"),
      [&](auto done) { db.claim_shards(shards, done); });
}

}  // namespace nova::test
