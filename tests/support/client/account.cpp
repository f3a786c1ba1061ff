// See account.hpp.
#include "tests/support/client/account.hpp"

#include "tests/support/client/json_text.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

namespace nova::client {

account unregistered(const std::string& handle) {
  account a;
  a.handle = handle;
  a.email = handle + "@example.org";
  a.password = "tr0ub4dor " + handle.substr(0, 1) + " correct horse";
  return a;
}

std::string register_body(const account& a) {
  return R"({"email":)" + quoted(a.email) + R"(,"handle":)" + quoted(a.handle) + R"(,"password":)" +
         quoted(a.password) + R"(,"display_name":)" + quoted("Person " + a.handle) + "}";
}

bool take_tokens(account& a, const http_reply& reply) {
  if (reply.status != 200 && reply.status != 201) return false;
  a.id = find_string(reply.body, "account_id");
  a.access_token = find_string(reply.body, "access_token");
  a.refresh_token = find_string(reply.body, "refresh_token");
  return !a.access_token.empty();
}

std::optional<account> register_account(http_client& http, const std::string& handle,
                                        std::string* why) {
  auto a = unregistered(handle);
  const auto reply = http.post("/v1/auth/register", register_body(a));
  if (reply.status == 201 && take_tokens(a, reply)) return a;
  if (why) *why = std::to_string(reply.status) + " " + reply.body;
  return {};
}

namespace {

void back_off(int attempt) {
  boost::asio::io_context context;
  boost::asio::steady_timer(context,
                            std::chrono::milliseconds(std::min(1000, 20 << std::min(attempt, 6))))
      .wait();
}

}  // namespace

std::vector<account> register_accounts(const endpoint& to, const std::string& prefix,
                                       std::size_t count, std::size_t lanes) {
  std::vector<account> out(count);
  std::atomic<std::size_t> next{0};
  std::atomic<bool> refused{false};
  const auto work = [&] {
    http_client http(to, std::chrono::seconds(30));
    for (std::size_t i; !refused && (i = next++) < count;) {
      const auto handle = prefix + std::to_string(i);
      for (int attempt = 0;; ++attempt) {
        auto a = unregistered(handle);
        const auto reply = http.post("/v1/auth/register", register_body(a));
        if (reply.status == 201 && take_tokens(a, reply)) {
          out[i] = std::move(a);
          break;
        }
        const bool shed = reply.status == 503 || reply.status == 429;
        if (!shed || attempt == 100) {
          refused = true;
          break;
        }
        back_off(attempt);
      }
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < std::min(lanes, count); ++i) threads.emplace_back(work);
  for (auto& t : threads) t.join();
  if (refused) out.clear();
  return out;
}

std::string create_conversation(http_client& http, const account& by, const std::string& kind,
                                const std::vector<std::string>& member_ids, std::string* why) {
  std::string body = R"({"kind":)" + quoted(kind) + R"(,"member_ids":[)";
  for (const auto& id : member_ids) body += (body.back() == '[' ? "" : ",") + quoted(id);
  body += "]";
  if (kind != "direct") body += R"(,"title":"A )" + kind + "\"";
  body += "}";
  const auto reply = http.post("/v1/conversations", body, by.access_token);
  if (reply.status == 200 || reply.status == 201)
    return std::string(find_string(reply.body, "conversation_id"));
  if (why) *why = std::to_string(reply.status) + " " + reply.body;
  return {};
}

std::string unique_suffix() {
  static std::atomic<unsigned> count{0};
  const auto now =
      std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds(1);
  static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string out;
  for (auto n = static_cast<std::uint64_t>(now) * 1000 + getpid() % 1000; n > 0; n /= 36)
    out += digits[n % 36];
  return out + "_" + std::to_string(count++);
}

}  // namespace nova::client
