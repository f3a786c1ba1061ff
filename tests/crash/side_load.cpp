// See side_load.hpp.
#include "tests/crash/side_load.hpp"

#include "tests/crash/workload.hpp"

#include <algorithm>
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

side_load::side_load(std::vector<client::endpoint> gateways, const client::account& by,
                     std::vector<const client::account*> whom)
    : gateways_(std::move(gateways)), by_(by), whom_(std::move(whom)), blocked_(whom_.size()) {}

side_load::~side_load() { stop(); }

void side_load::begin() {
  thread_ = std::thread([this] { run(); });
}

void side_load::move_to(client::endpoint to) {
  std::lock_guard lock(mutex_);
  gateways_ = {std::move(to)};
  moved_ = true;
}

void side_load::run() {
  std::optional<client::http_client> http;
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (std::exchange(moved_, false)) http.emplace(gateways_.front(), patience);
    lock.unlock();
    const bool answered = register_one(*http) && block_one(*http);
    lock.lock();
    if (!answered && gateways_.size() > 1) {
      std::rotate(gateways_.begin(), gateways_.begin() + 1, gateways_.end());
      moved_ = true;
    }
    wake_.wait_for(lock, std::chrono::milliseconds(100), [this] { return stop_; });
  }
}

bool side_load::register_one(client::http_client& http) {
  auto a = client::unregistered("late" + client::unique_suffix());
  const auto reply = http.post("/v1/auth/register", client::register_body(a));
  client::take_tokens(a, reply);
  registered_.push_back(std::move(a));
  registrations_.push_back(outcome_of(reply));
  return reply.status != 0;
}

bool side_load::block_one(client::http_client& http) {
  const auto i = turn_++ % whom_.size();
  blocked_[i] = !blocked_[i];
  const auto target = "/v1/users/" + whom_[i]->id + "/block";
  const auto reply =
      blocked_[i] ? http.put(target, "", by_.access_token) : http.del(target, by_.access_token);
  blocks_.push_back({by_.id, whom_[i]->id, blocked_[i], outcome_of(reply)});
  return reply.status != 0;
}

void side_load::leave_one_blocked() {
  constexpr int tries = 50;
  std::vector<outcome> last(whom_.size(), outcome::refused);
  for (std::size_t n = 0; n < blocks_.size(); ++n) last[n % whom_.size()] = blocks_[n].end;
  for (std::size_t i = 0; i < whom_.size(); ++i)
    if (blocked_[i] && last[i] == outcome::acked) return;
  client::http_client http(gateways_.front(), patience);
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
