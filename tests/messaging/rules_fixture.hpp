// A conversation, a caller and fake reads for the rules of messaging: no CAF, no SQL.
#pragma once

#include "actors/messaging/inbox_entity.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace nova::messaging {

inline uuid account(std::uint8_t n) {
  uuid id{};
  id.data[0] = 0x01;
  id.data[6] = 0x70;
  id.data[15] = n;
  return id;
}

/// Reads with the answer about persons: account and handle of each.
inline runtime::reads people(std::initializer_list<std::pair<std::uint8_t, std::string>> known) {
  std::vector<storage::value> cells;
  for (const auto& [n, handle] : known)
    cells.insert(cells.end(), {account(n), handle, std::string("Name")});
  runtime::reads r;
  r.append(storage::rows(3, cells));
  return r;
}

/// One message as history reads it.
inline storage::rows stored_message(std::uint8_t sender, std::int64_t seq, std::string text,
                                    bool recalled = false, storage::bytes extras = {}) {
  return {15,
          {account(100),
           seq,
           std::int64_t{0},
           account(60),
           account(sender),
           std::string("c"),
           std::move(text),
           std::move(extras),
           {},
           storage::timestamp{1},
           {},
           recalled,
           {},
           {},
           {}}};
}

inline bool has_statement(const std::vector<storage::statement>& list, std::string_view name) {
  return std::ranges::any_of(list, [&](const auto& s) { return s.query->name == name; });
}

/// Counts up: ids are predictable.
class counting_random final : public random_source {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = next_++;
  }

 private:
  std::uint8_t next_ = 1;
};

struct rules_fixture {
  rules_fixture() {
    s.exists = true;
    s.id = account(100);
    s.kind = conversation_kind::group;
    s.members[account(1)] = {member_role::owner, 10, 0, 0};
    s.members[account(2)] = {member_role::admin, 20, 0, 0};
    s.members[account(3)] = {member_role::member, 30, 0, 0};
    s.refresh_everyone();
    s.listed_at = 1'000'000;
    act_as(1);
  }

  void act_as(std::uint8_t n, int attempt = 0) {
    caller = {rpc::caller_kind::user, account(n), account(200), 7, "127.0.0.1", "test"};
    context = std::make_unique<runtime::context>(
        runtime::context{"key", caller, 1'000'000, random, "request", "", attempt, &services});
  }

  /// Carries a decision out on the state; fails the test when it is another outcome.
  runtime::decision<conversation_state> commit(conversation_entity::outcome out) {
    REQUIRE(std::holds_alternative<runtime::decision<conversation_state>>(out));
    auto d = std::get<runtime::decision<conversation_state>>(std::move(out));
    if (d.apply) d.apply(s);
    return d;
  }

  template <class State>
  static errc refused(const runtime::outcome<State>& out) {
    REQUIRE(std::holds_alternative<error>(out));
    return std::get<error>(out).code;
  }

  SendRequest message(std::string client_id, std::string text) const {
    SendRequest q;
    q.set_conversation_id(to_string(s.id));
    q.set_client_id(std::move(client_id));
    q.set_text(std::move(text));
    return q;
  }

  conversation_state s;
  rpc::caller caller;
  counting_random random;
  std::any services = std::make_shared<messaging_services>();
  std::unique_ptr<runtime::context> context;
  runtime::reads none;
};

}  // namespace nova::messaging
