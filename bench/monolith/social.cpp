// The scenario `social`. See social_scenarios.hpp.
#include "bench/monolith/monolith.hpp"
#include "bench/monolith/social_scenarios.hpp"
#include "bench/support/goals.hpp"
#include "tests/support/client/json_text.hpp"

#include <sodium.h>

#include <algorithm>

namespace nova::bench {

namespace {

class nova_client final : public social_client {
 public:
  nova_client(client::endpoint to, const std::vector<client::account>& accounts)
      : http_(to), accounts_(accounts) {}

  bool request(social_kind kind, std::size_t account, std::uint64_t n) override {
    const auto& a = accounts_[account];
    switch (kind) {
      case social_kind::login:
        return http_
                   .post("/v1/auth/login", R"({"identifier":)" + client::quoted(a.handle) +
                                               R"(,"password":)" + client::quoted(a.password) + "}")
                   .status == 200;
      case social_kind::profile:
        return http_
                   .patch("/v1/users/me", R"({"display_name":"Name )" + std::to_string(n) + "\"}",
                          a.access_token)
                   .status == 200;
      case social_kind::post:
        return http_
                   .post("/v1/posts", R"({"text":"Post number )" + std::to_string(n) + "\"}",
                         a.access_token)
                   .status == 201;
      case social_kind::feed: return http_.get("/v1/feed?limit=50", a.access_token).status == 200;
    }
    return false;
  }

 private:
  client::http_client http_;
  const std::vector<client::account>& accounts_;
};

class nova_system final : public social_system {
 public:
  nova_system(stage& s, const std::vector<client::account>& accounts)
      : stage_(s), accounts_(accounts) {}

  bool fill(const social_world& world) {
    nova_client poster(stage_.at(), accounts_);
    client::http_client http(stage_.at());
    const auto n = accounts_.size();
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t d = 1; d <= world.follows; ++d) {
        const auto& whom = accounts_[(a + d) % n];
        if (whom.id != accounts_[a].id &&
            http.put("/v1/users/" + whom.id + "/follow", "", accounts_[a].access_token).status !=
                204)
          return false;
      }
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t p = 0; p < world.posts; ++p)
        if (!poster.request(social_kind::post, a, p)) return false;
    return true;
  }

  std::unique_ptr<social_client> connect() override {
    return std::make_unique<nova_client>(stage_.at(), accounts_);
  }

  /// Each update has a name of its own, so the last one must be there.
  std::uint64_t lost_updates(const std::vector<updates_made>& made) override {
    std::uint64_t lost = 0;
    client::http_client http(stage_.at());
    for (std::size_t a = 0; a < made.size(); ++a) {
      if (made[a].count == 0) continue;
      const auto me = http.get("/v1/users/me", accounts_[a].access_token);
      lost +=
          client::find_string(me.body, "display_name") != "Name " + std::to_string(made[a].last);
    }
    return lost;
  }

  double cpu_seconds() const override {
    const auto c = stage_.cpu();
    return c.server + c.postgres;
  }

 private:
  stage& stage_;
  const std::vector<client::account>& accounts_;
};

void tell(report& out, const std::string& name, mix_result& r) {
  out.number(name + "_per_s", r.per_s, "requests a second");
  out.number(name + "_cpu_ms", r.cpu_ms_each, "CPU ms a request");
  out.number(name + "_refused", static_cast<double>(r.refused), "answered otherwise");
  out.number(name + "_lost_updates", static_cast<double>(r.lost),
             "answered profile updates that are gone");
  for (std::size_t k = 0; k < social_kinds; ++k)
    out.timing(name + "_" + name_of(static_cast<social_kind>(k)), r.took[k]);
}

}  // namespace

void social(const run_options& options, report& out) {
  if (sodium_init() < 0) return out.broken("libsodium does not start");
  stage s(without_sign_in_limits(options));
  std::string problem;
  if (!s.open(problem)) return out.broken("start: " + problem);
  const auto accounts = s.accounts(options.sockets);
  if (accounts.empty()) return out.broken("accounts were refused");
  const social_world world{.accounts = accounts.size(), .password = "tr0ub4dor b correct horse"};
  nova_system nova(s, accounts);
  if (!nova.fill(world)) return out.broken("follows or posts were refused");
  run_mix(nova, options.sockets, accounts.size(), options.warm_up_seconds);
  auto ours = run_mix(nova, options.sockets, accounts.size(), options.seconds);
  tell(out, "nova", ours);
  if (ours.took[static_cast<std::size_t>(social_kind::feed)].count() == 0)
    out.broken("no feed page was read");
  if (ours.lost > 0) out.broken("profile updates were lost");
  const auto p99 = [&](social_kind k) {
    return ours.took[static_cast<std::size_t>(k)].percentile_ms(99);
  };
  out.goal("requests_per_s", ours.per_s, goals::social_requests_per_s, true);
  out.goal("login_p99_ms", p99(social_kind::login), goals::social_login_p99_ms, false);
  out.goal("feed_p99_ms", p99(social_kind::feed), goals::social_feed_p99_ms, false);
  if (options.reference_seconds <= 0) return;
  monolith theirs;
  if (!theirs.open(world, problem)) return out.broken("the monolith: " + problem);
  run_mix(theirs, options.sockets, world.accounts, options.warm_up_seconds);
  auto old = run_mix(theirs, options.sockets, world.accounts, options.reference_seconds);
  tell(out, "monolith", old);
  if (old.took[static_cast<std::size_t>(social_kind::feed)].count() == 0)
    out.broken("the monolith served no page");
  out.goal("beside_monolith", ours.per_s / std::max(1.0, old.per_s), goals::social_beside_monolith,
           true, "the monolith, " + std::to_string(static_cast<int>(old.per_s)) + "/s");
}

}  // namespace nova::bench
