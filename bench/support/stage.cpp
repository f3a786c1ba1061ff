// See stage.hpp.
#include "bench/support/stage.hpp"

#include "storage/postgres/conninfo.hpp"
#include "tests/support/client/json_text.hpp"

#include <sys/resource.h>

#include <fstream>
#include <sstream>

namespace nova::bench {

std::string admin_conninfo(const std::string& data, const std::string& database) {
  std::string folder, password;
  std::getline(std::ifstream(data + "/postgres.socket") >> std::ws, folder);
  std::ifstream secrets(data + "/postgres.secrets");
  for (std::string role, secret; secrets >> role >> secret;)
    if (role == "postgres") password = secret;
  return storage::to_conninfo({{"host", folder},
                               {"port", "5432"},
                               {"user", "postgres"},
                               {"password", password},
                               {"dbname", database}});
}

bool checkpoint(const std::string& admin_conninfo) {
  auto c = storage::blocking_connection::open(admin_conninfo);
  return c && c->run("CHECKPOINT").has_value();
}

double own_cpu() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(u.ru_utime) + seconds(u.ru_stime);
}

run_options without_sign_in_limits(run_options options) {
  for (const auto* name :
       {"NOVA_GATEWAY__ADDRESS_SIGN_IN_PER_S", "NOVA_GATEWAY__ACCOUNT_SIGN_IN_PER_S"})
    options.environment.emplace_back(name, "100000");
  return options;
}

stage::stage(const run_options& options) : options_(options) {
  if (options_.port == 0)
    server_ = std::make_unique<client::server_process>(
        client::server_options{.data = options_.data, .environment = options_.environment});
}

stage::~stage() = default;

bool stage::open(std::string& problem) {
  if (!server_ || server_->start()) return true;
  problem = server_->problem();
  return false;
}

client::endpoint stage::at(std::size_t) const {
  return server_ ? server_->at() : client::endpoint{options_.port};
}

std::string stage::accounts_file() const {
  return options_.data.empty() ? "" : options_.data + "/bench-accounts";
}

std::vector<client::account> stage::kept_accounts(std::size_t most) {
  std::vector<client::account> out;
  std::ifstream file(accounts_file());
  client::http_client http(at());
  for (client::account a; out.size() < most && file >> a.handle >> a.refresh_token;) {
    const auto reply = http.post("/v1/auth/refresh",
                                 R"({"refresh_token":)" + client::quoted(a.refresh_token) + "}");
    if (client::take_tokens(a, reply)) out.push_back(a);
  }
  return out;
}

void stage::keep(const std::vector<client::account>& accounts) const {
  if (options_.data.empty()) return;
  std::ofstream file(accounts_file());
  for (const auto& a : accounts) file << a.handle << ' ' << a.refresh_token << '\n';
}

std::vector<client::account> stage::accounts(std::size_t count) {
  auto out = options_.data.empty() ? std::vector<client::account>() : kept_accounts(count);
  if (out.size() < count) {
    auto more = client::register_accounts(at(), "bench" + client::unique_suffix() + "_",
                                          count - out.size());
    if (more.empty()) return {};
    out.insert(out.end(), more.begin(), more.end());
  }
  keep(out);
  return out;
}

std::string stage::admin_conninfo(const std::string& domain) const {
  return server_ ? bench::admin_conninfo(server_->data(), "nova_" + domain) : "";
}

cpu_split stage::cpu() const {
  cpu_split out{own_cpu(), 0, 0};
  if (!server_) return out;
  out.server = client::usage_of(server_->pid()).cpu_seconds;
  if (const auto postmaster = server_->postmaster())
    out.postgres = client::usage_of_family(postmaster).cpu_seconds;
  return out;
}

std::uint64_t stage::server_rss() const {
  return server_ ? client::usage_of(server_->pid()).rss_bytes : 0;
}

std::uint64_t stage::server_anonymous() const {
  if (!server_) return 0;
  std::ifstream file("/proc/" + std::to_string(server_->pid()) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("RssAnon:")) return std::stoull(line.substr(8)) * 1024;
  return 0;
}

std::uint64_t now_us() {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch() /
                                    std::chrono::microseconds(1));
}

bool allow_files(std::size_t wanted) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::max<rlim_t>(limit.rlim_max, wanted);
  if (limit.rlim_cur > limit.rlim_max) limit.rlim_max = limit.rlim_cur;
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return true;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur >= wanted;
}

}  // namespace nova::bench
