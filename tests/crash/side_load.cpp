// See side_load.hpp.
#include "tests/crash/side_load.hpp"

#include "tests/crash/workload.hpp"

#include <chrono>
#include <optional>
#include <utility>

namespace nova::crash {

namespace {

constexpr auto patience = std::chrono::seconds(5);

outcome outcome_of(const client::http_reply& reply) {
  if (reply.status >= 200 && reply.status < 300) return outcome::acked;
  return reply.status == 0 || may_succeed_later(reply.code()) ? outcome::unknown : outcome::refused;
}

}  // namespace

side_load::side_load(client::endpoint to, const client::account& by,
                     std::vector<const client::account*> whom)
    : to_(std::move(to)), by_(by), whom_(std::move(whom)), blocked_(whom_.size()) {}

side_load::~side_load() { stop(); }

void side_load::begin() {
  thread_ = std::thread([this] { run(); });
}

void side_load::move_to(client::endpoint to) {
  std::lock_guard lock(mutex_);
  to_ = std::move(to);
}

void side_load::run() {
  std::optional<client::http_client> http;
  std::unique_lock lock(mutex_);
  for (std::uint16_t port = 0; !stop_;) {
    if (std::exchange(port, to_.port) != to_.port) http.emplace(to_, patience);
    lock.unlock();
    register_one(*http);
    block_one(*http);
    lock.lock();
    wake_.wait_for(lock, std::chrono::milliseconds(100), [this] { return stop_; });
  }
}

void side_load::register_one(client::http_client& http) {
  auto a = client::unregistered("late" + client::unique_suffix());
  const auto reply = http.post("/v1/auth/register", client::register_body(a));
  client::take_tokens(a, reply);
  registered_.push_back(std::move(a));
  registrations_.push_back(outcome_of(reply));
}

void side_load::block_one(client::http_client& http) {
  const auto i = turn_++ % whom_.size();
  blocked_[i] = !blocked_[i];
  const auto target = "/v1/users/" + whom_[i]->id + "/block";
  const auto reply =
      blocked_[i] ? http.put(target, "", by_.access_token) : http.del(target, by_.access_token);
  blocks_.push_back({by_.id, whom_[i]->id, blocked_[i], outcome_of(reply)});
}

void side_load::leave_one_blocked() {
  constexpr int tries = 50;
  std::vector<outcome> last(whom_.size(), outcome::refused);
  for (std::size_t n = 0; n < blocks_.size(); ++n) last[n % whom_.size()] = blocks_[n].end;
  for (std::size_t i = 0; i < whom_.size(); ++i)
    if (blocked_[i] && last[i] == outcome::acked) return;
  client::http_client http(to_, patience);
  for (int n = 0;
       n < tries && (blocks_.empty() || !blocked_[0] || blocks_.back().end != outcome::acked);
       ++n) {
    turn_ = 0;
    blocked_[0] = false;
    block_one(http);
  }
}

void side_load::stop() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void side_load::finish(history& record) {
  stop();
  leave_one_blocked();
  for (std::size_t i = 0; i < registered_.size(); ++i)
    record.accounts.push_back({registered_[i].id, registered_[i].handle, registrations_[i]});
  record.blocks.insert(record.blocks.end(), blocks_.begin(), blocks_.end());
}

}  // namespace nova::crash
