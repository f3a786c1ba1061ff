// Nova as a chat_server: a stage, its accounts, JSON-RPC sessions.
#pragma once

#include "bench/support/chat.hpp"

#include <vector>

namespace nova::bench {

class nova_chat final : public chat_server {
 public:
  explicit nova_chat(stage& s) : stage_(s) {}

  std::string name() const override { return "nova"; }
  promise_of_answer promise() const override;
  bool prepare(std::size_t accounts, std::string& problem) override;
  std::unique_ptr<chat_socket> make_socket(std::size_t number, chat_events events) override;
  std::optional<targets> direct(std::size_t first, const std::string& first_id, std::size_t second,
                                const std::string& second_id, std::string& problem) override;
  std::optional<std::string> room(std::string& problem) override;
  std::string room_of_listeners(const std::string& place) const override { return place; }
  std::optional<std::uint64_t> stored(std::size_t first, const std::string& target) override;
  bool settle() override {
    const auto to = stage_.admin_conninfo("messaging");
    return to.empty() || checkpoint(to);
  }
  cpu_split cpu() const override { return stage_.cpu(); }
  std::uint64_t resident_bytes() const override { return stage_.server_rss(); }
  client::io_thread& io() override { return stage_.io(); }

 private:
  const client::account& of(std::size_t number) const {
    return accounts_[number % accounts_.size()];
  }

  stage& stage_;
  std::vector<client::account> accounts_;
};

}  // namespace nova::bench
