// See nova_chat.hpp.
#include "bench/messaging/nova_chat.hpp"

#include "tests/support/client/json_text.hpp"
#include "tests/support/client/session.hpp"

#include <charconv>

namespace nova::bench {

namespace {

class nova_socket final : public chat_socket {
 public:
  nova_socket(stage& s, std::size_t number, const client::account& a, chat_events events)
      : events_(std::move(events)) {
    client::session_events e;
    e.opened = [this, id = a.id](std::string_view) {
      if (events_.identified) events_.identified(id);
    };
    e.pushed = [this](std::string_view frame) { pushed(frame); };
    e.closed = [this](int, int, std::string_view why) {
      if (events_.ended) events_.ended(std::string(why));
    };
    session_ = client::session::make(
        s.io(), {.to = s.at(number), .access_token = a.access_token, .echo = false}, std::move(e));
  }
  ~nova_socket() override { events_ = {}; }

  void start() override { session_->start(); }

  // Every conversation of the account is pushed: nothing to ask for.
  void join(const std::string& conversation, bool) override {
    begin_ = R"({"conversation_id":")" + conversation + R"(","client_id":")" + tag_ + '-';
    if (events_.joined) events_.joined(conversation);
  }

  void send(std::uint64_t number, std::size_t text_bytes) override {
    std::string params;
    params.reserve(begin_.size() + text_bytes + 32);
    params += begin_;
    params += std::to_string(number);
    params += R"(","text":")";
    params.append(text_bytes, 'x');
    params += "\"}";
    session_->call("messaging.send", params, [this, number](const client::call_reply& r) {
      if (!r.lost && events_.answered) events_.answered(number, r.ok);
    });
  }

 private:
  void pushed(std::string_view frame) {
    const auto id = client::find_string(frame, "client_id");
    const auto seq = client::find_number(frame, "seq");
    if (!seq || id.empty() || !events_.received) return;
    std::uint64_t number = 0;
    std::from_chars(id.data() + id.rfind('-') + 1, id.data() + id.size(), number);
    events_.received(number, *seq, frame.size());
  }

  chat_events events_;
  std::shared_ptr<client::session> session_;
  std::string begin_;
  const std::string tag_ = client::unique_suffix();  ///< client_ids of an earlier socket stay apart
};

}  // namespace

promise_of_answer nova_chat::promise() const {
  return {true, "committed with fsync, one order for all, a repeat gives the same answer",
          "the client contract, section 4"};
}

bool nova_chat::prepare(std::size_t accounts, std::string& problem) {
  if (accounts_.size() >= accounts) return true;
  accounts_ = stage_.accounts(accounts);
  if (accounts_.empty()) problem = "accounts were refused";
  return !accounts_.empty();
}

std::unique_ptr<chat_socket> nova_chat::make_socket(std::size_t number, chat_events events) {
  return std::make_unique<nova_socket>(stage_, number, of(number), std::move(events));
}

std::optional<chat_server::targets> nova_chat::direct(std::size_t first, const std::string&,
                                                      std::size_t, const std::string& second_id,
                                                      std::string& problem) {
  client::http_client http(stage_.at());
  const auto id = client::create_conversation(http, of(first), "direct", {second_id}, &problem);
  if (id.empty()) return {};
  return targets{id, id, stored(first, id).value_or(0)};
}

std::optional<std::string> nova_chat::room(std::string& problem) {
  client::http_client http(stage_.at(), std::chrono::seconds(60));
  std::vector<std::string> ids;
  for (std::size_t i = 1; i < accounts_.size(); ++i) ids.push_back(accounts_[i].id);
  auto id = client::create_conversation(http, accounts_[0], "group", ids, &problem);
  if (id.empty()) return {};
  return id;
}

std::optional<std::uint64_t> nova_chat::stored(std::size_t first, const std::string& target) {
  client::http_client http(stage_.at());
  const auto reply = http.get("/v1/conversations/" + target, of(first).access_token);
  const auto last = client::find_number(reply.body, "last_seq");
  if (!last) return {};
  return static_cast<std::uint64_t>(*last);
}

}  // namespace nova::bench
