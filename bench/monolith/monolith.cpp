// See monolith.hpp.
#include "bench/monolith/monolith.hpp"

#include "actors/auth/password_hash.hpp"
#include "bench/support/stage.hpp"
#include "storage/embedded/embedded_postgres.hpp"
#include "storage/postgres/conninfo.hpp"
#include "tests/support/server_process.hpp"

#include <condition_variable>
#include <filesystem>
#include <mutex>

namespace nova::bench {

namespace fs = std::filesystem;
using storage::blocking_connection;

namespace {

/// As many as the audit's services had in all.
constexpr std::size_t pool_size = 16;

// One row a user for all services; every other table hangs on it.
constexpr const char* schema = R"(
CREATE TABLE users (
  id bigint PRIMARY KEY, email text UNIQUE NOT NULL, username text UNIQUE NOT NULL, password_hash text NOT NULL,
  display_name text NOT NULL, bio text NOT NULL DEFAULT '', last_login_at timestamptz, failed_login_attempts int NOT NULL DEFAULT 0,
  posts_count bigint NOT NULL DEFAULT 0, updates bigint NOT NULL DEFAULT 0);
CREATE TABLE sessions (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON sessions (user_id);
CREATE TABLE follows (follower_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
  following_id bigint NOT NULL REFERENCES users ON DELETE CASCADE, PRIMARY KEY (follower_id, following_id));
CREATE INDEX ON follows (following_id);
CREATE TABLE posts (id bigserial PRIMARY KEY, author_id bigint NOT NULL REFERENCES users ON DELETE CASCADE, text text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON posts (author_id, created_at DESC);
CREATE TABLE likes (post_id bigint NOT NULL REFERENCES posts ON DELETE CASCADE,
  user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE, PRIMARY KEY (post_id, user_id));
CREATE TABLE timeline (user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
  post_id bigint NOT NULL REFERENCES posts ON DELETE CASCADE, created_at timestamptz NOT NULL, PRIMARY KEY (user_id, post_id));
CREATE INDEX ON timeline (user_id, created_at DESC, post_id DESC);
)";

constexpr const char* page =
    "SELECT p.id, p.text, p.created_at, u.username, u.display_name, "
    "(SELECT count(*) FROM likes l WHERE l.post_id = p.id), "
    "EXISTS (SELECT FROM likes m WHERE m.post_id = p.id AND m.user_id = $1) "
    "FROM timeline t JOIN posts p ON p.id = t.post_id JOIN users u ON u.id = p.author_id "
    "WHERE t.user_id = $1 ORDER BY t.created_at DESC, t.post_id DESC LIMIT 50";

/// Connections that clients take for a request.
class pool {
 public:
  bool open(const std::string& conninfo, std::string& problem) {
    for (std::size_t i = 0; i < pool_size; ++i) {
      auto c = blocking_connection::open(conninfo);
      if (!c) return problem = c.error().detail, false;
      free_.push_back(std::make_unique<blocking_connection>(*std::move(c)));
    }
    return true;
  }

  class lease {
   public:
    explicit lease(pool& from) : from_(from) {
      std::unique_lock lock(from.mutex_);
      from.back_.wait(lock, [&] { return !from.free_.empty(); });
      taken_ = std::move(from.free_.back());
      from.free_.pop_back();
    }
    ~lease() {
      {
        const std::lock_guard lock(from_.mutex_);
        from_.free_.push_back(std::move(taken_));
      }
      from_.back_.notify_one();
    }
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    bool run(const std::string& sql, const std::vector<std::string>& params = {}) {
      return taken_->run(sql, params).has_value();
    }
    std::string text(const std::string& sql, const std::vector<std::string>& params) {
      auto found = taken_->text(sql, params);
      return found ? *std::move(found) : std::string();
    }

   private:
    pool& from_;
    std::unique_ptr<blocking_connection> taken_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable back_;
  std::vector<std::unique_ptr<blocking_connection>> free_;
};

/// A service of the audit reads the row of a user, changes its part, and writes the row.
bool save_user(pool::lease& db, const std::string& id, const std::string& changed) {
  return db.run(
      "WITH was AS MATERIALIZED (SELECT display_name, bio, last_login_at, failed_login_attempts, "
      "updates FROM users WHERE id = $1) UPDATE users u SET " +
          changed + " FROM was WHERE u.id = $1",
      {id});
}

class monolith_client final : public social_client {
 public:
  monolith_client(pool& connections, const std::string& password)
      : pool_(connections), password_(password) {}

  bool request(social_kind kind, std::size_t account, std::uint64_t n) override {
    const auto id = std::to_string(account);
    switch (kind) {
      case social_kind::login: return log_in(id);
      case social_kind::profile: return update(id, n);
      case social_kind::post: return post(id, n);
      case social_kind::feed: return pool::lease(pool_).run(page, {id});
    }
    return false;
  }

 private:
  bool log_in(const std::string& id) {
    std::string hash;
    {
      pool::lease db(pool_);
      hash =
          db.text("SELECT password_hash FROM users WHERE email = $1", {"u" + id + "@example.org"});
    }
    if (!auth::verify_password(hash, password_)) return false;
    pool::lease db(pool_);
    return db.run("BEGIN") &&
           save_user(db, id,
                     "display_name = was.display_name, bio = was.bio, last_login_at = now(), "
                     "failed_login_attempts = 0, updates = was.updates") &&
           db.run("INSERT INTO sessions (user_id) VALUES ($1)", {id}) && db.run("COMMIT");
  }

  bool update(const std::string& id, std::uint64_t n) {
    pool::lease db(pool_);
    return db.run("BEGIN") &&
           save_user(db, id,
                     "display_name = 'Name " + std::to_string(n) +
                         "', bio = was.bio, last_login_at = was.last_login_at, "
                         "failed_login_attempts = was.failed_login_attempts, "
                         "updates = was.updates + 1") &&
           db.run("COMMIT");
  }

  bool post(const std::string& id, std::uint64_t n) {
    pool::lease db(pool_);
    if (!db.run("BEGIN")) return false;
    const auto made = db.text("INSERT INTO posts (author_id, text) VALUES ($1, $2) RETURNING id",
                              {id, "Post number " + std::to_string(n)});
    return !made.empty() &&
           db.run(
               "INSERT INTO timeline (user_id, post_id, created_at) SELECT follower_id, "
               "$2::bigint, now() FROM follows WHERE following_id = $1 UNION ALL "
               "SELECT $1::bigint, $2::bigint, now()",
               {id, made}) &&
           db.run("UPDATE users SET posts_count = posts_count + 1 WHERE id = $1", {id}) &&
           db.run("COMMIT");
  }

  pool& pool_;
  const std::string& password_;
};

/// Accounts are numbers from 0; account a follows the next ones of the ring.
std::string seed_of(const social_world& w, const std::string& hash) {
  const auto n = std::to_string(w.accounts), last = std::to_string(w.accounts - 1);
  return "INSERT INTO users (id, email, username, password_hash, display_name) SELECT i, 'u' || i "
         "|| '@example.org', 'u' || i, '" +
         hash + "', 'User ' || i FROM generate_series(0, " + last +
         ") i; INSERT INTO follows SELECT i, (i + d) % " + n + " FROM generate_series(0, " + last +
         ") i, generate_series(1, " + std::to_string(w.follows) + ") d WHERE (i + d) % " + n +
         " <> i ON CONFLICT DO NOTHING; INSERT INTO posts (author_id, "
         "text) SELECT i, 'An older post' FROM generate_series(0, " +
         last + ") i, generate_series(1, " + std::to_string(w.posts) +
         "); INSERT INTO timeline SELECT f.follower_id, p.id, p.created_at FROM posts p JOIN "
         "follows "
         "f ON f.following_id = p.author_id UNION ALL SELECT author_id, id, created_at FROM posts; "
         "ANALYZE";
}

}  // namespace

struct monolith::body {
  fs::path folder;
  std::unique_ptr<storage::embedded_postgres> server;
  pool connections;
  std::string password;
  std::vector<std::uint64_t> seen;  ///< updates of each account when they were counted last

  ~body() {
    server.reset();
    std::error_code ec;
    if (!folder.empty()) fs::remove_all(folder, ec);
  }
};

monolith::monolith() : body_(std::make_unique<body>()) {}
monolith::~monolith() = default;

bool monolith::open(const social_world& world, std::string& problem) {
  auto pattern = (fs::temp_directory_path() / "nova-bench-XXXXXX").string();
  body_->folder = mkdtemp(pattern.data());
  storage::embedded_options options;
  options.data = body_->folder;
  options.domains = {"monolith"};
  options.end_with_process = true;
  body_->server = std::make_unique<storage::embedded_postgres>(options);
  if (const auto started = body_->server->start(); !started)
    return problem = started.error().detail, false;
  const auto conninfo = body_->server->owner_conninfo("monolith");
  auto first = blocking_connection::open(conninfo);
  if (!first) return problem = first.error().detail, false;
  body_->password = world.password;
  const auto hash = auth::hash_password(world.password, {});
  for (const auto& sql : {std::string(schema), seed_of(world, hash)})
    if (const auto done = first->script(sql); !done) return problem = done.error().detail, false;
  return body_->connections.open(conninfo, problem);
}

std::unique_ptr<social_client> monolith::connect() {
  return std::make_unique<monolith_client>(body_->connections, body_->password);
}

std::uint64_t monolith::lost_updates(const std::vector<updates_made>& made) {
  std::uint64_t lost = 0;
  body_->seen.resize(made.size(), 0);
  pool::lease db(body_->connections);
  for (std::size_t a = 0; a < made.size(); ++a) {
    const auto all = std::strtoull(
        db.text("SELECT updates FROM users WHERE id = $1", {std::to_string(a)}).c_str(), nullptr,
        10);
    const auto kept = all - body_->seen[a];
    lost += made[a].count > kept ? made[a].count - kept : 0;
    body_->seen[a] = all;
  }
  return lost;
}

double monolith::cpu_seconds() const {
  return client::usage_of_family(body_->server->postmaster()).cpu_seconds + own_cpu();
}

}  // namespace nova::bench
