// See at_rest.hpp.
#include "tests/crash/at_rest.hpp"

#include "tests/crash/workload.hpp"
#include "tests/support/client/json_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <map>

namespace nova::crash {

namespace json = boost::json;
using client::find_number;
using client::find_string;
using client::quoted;

namespace {

std::string text_of(const json::object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  return v && v->is_string() ? std::string(v->as_string()) : std::string();
}

std::int64_t number_of(const json::object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  return v && v->is_number() ? v->to_number<std::int64_t>() : 0;
}

item item_of(const json::object& o) {
  item i{number_of(o, "seq"), text_of(o, "message_id"), text_of(o, "sender_id"),
         text_of(o, "client_id"), text_of(o, "text")};
  const auto* recalled = o.if_contains("recalled");
  i.recalled = recalled && recalled->is_bool() && recalled->as_bool();
  if (const auto* reactions = o.if_contains("reactions"); reactions && reactions->is_array())
    for (const auto& r : reactions->as_array())
      i.reactions[text_of(r.as_object(), "emoji")] = number_of(r.as_object(), "count");
  return i;
}

/// As a patient client: answers that say to come back are asked again, at once and a few times.
template <class Ask>
client::http_reply patiently(Ask ask) {
  constexpr int tries = 20;
  auto reply = ask();
  for (int n = 1; n < tries && reply.status != 0 && may_succeed_later(reply.code()); ++n)
    reply = ask();
  return reply;
}

}  // namespace

bool rest_reader::odd(const std::string& what, const client::http_reply& reply) {
  if (why.empty())
    why = what + ": " + std::to_string(reply.status) + " " + reply.body.substr(0, 400);
  return false;
}

const client::account* rest_reader::with_id(const std::string& id) const {
  const auto found =
      std::find_if(accounts.begin(), accounts.end(), [&](const auto& a) { return a.id == id; });
  return found == accounts.end() ? nullptr : &*found;
}

bool rest_reader::read_conversations() {
  for (auto& c : record.conversations) {
    const auto* first = with_id(*c.founders.begin());
    if (!first || !read_items(c, *first) || !read_members(c, *first)) return false;
    for (const auto& id : c.members)
      if (const auto* member = with_id(id); member && !read_state(c, *member)) return false;
  }
  return true;
}

bool rest_reader::read_items(conversation_record& c, const client::account& as) {
  c.items.clear();
  for (std::int64_t after = 0;;) {
    const auto reply = patiently([&] {
      return http.get(
          "/v1/conversations/" + c.id + "/messages?limit=200&after_seq=" + std::to_string(after),
          as.access_token);
    });
    const auto document = reply.json();
    if (reply.status != 200 || !document.is_object()) return odd("history", reply);
    const auto& items = document.at("items").as_array();
    for (const auto& i : items) c.items.push_back(item_of(i.as_object()));
    if (items.empty() || document.at("next_cursor").is_null()) return true;
    if (c.items.back().seq <= after) return odd("history does not advance", reply);
    after = c.items.back().seq;
  }
}

bool rest_reader::read_members(conversation_record& c, const client::account& as) {
  c.members.clear();
  const auto reply = http.get("/v1/conversations/" + c.id + "/members?limit=200", as.access_token);
  const auto document = reply.json();
  if (reply.status != 200 || !document.is_object()) return odd("members", reply);
  for (const auto& m : document.at("items").as_array())
    c.members.insert(text_of(m.as_object(), "account_id"));
  return true;
}

bool rest_reader::read_state(conversation_record& c, const client::account& as) {
  const auto reply = http.get("/v1/conversations/" + c.id, as.access_token);
  const auto document = reply.json();
  if (reply.status != 200 || !document.is_object()) return odd("conversation", reply);
  const auto& o = document.as_object();
  c.last_seq = number_of(o, "last_seq");
  // A guest's counts begin where it joined, which is nobody's promise: founders only.
  if (c.founders.contains(as.id))
    c.states[as.id] = {number_of(o, "read_seq"), number_of(o, "delivered_seq"),
                       number_of(o, "unread")};
  return true;
}

bool rest_reader::read_accounts(const std::vector<client::account>& everybody) {
  std::map<std::string, const client::account*> by_handle;
  for (const auto& a : everybody) by_handle[a.handle] = &a;
  for (auto& a : record.accounts) {
    const auto known = by_handle.find(a.handle);
    if (known == by_handle.end()) continue;
    const auto login = patiently([&] {
      return http.post("/v1/auth/login", R"({"identifier":)" + quoted(a.handle) +
                                             R"(,"password":)" + quoted(known->second->password) +
                                             "}");
    });
    if (login.status != 200 && login.status != 401) return odd("login", login);
    a.can_log_in = login.status == 200;
    const auto profile = patiently(
        [&] { return http.get("/v1/users/by-handle/" + a.handle, accounts.front().access_token); });
    if (profile.status != 200 && profile.status != 404) return odd("profile", profile);
    a.has_profile =
        profile.status == 200 && (!a.can_log_in || find_string(profile.body, "account_id") ==
                                                       find_string(login.body, "account_id"));
  }
  return true;
}

bool rest_reader::read_posts() {
  for (auto& p : record.posts) {
    const auto* author = with_id(p.author);
    if (p.end != outcome::acked || !author) continue;
    const auto reply =
        patiently([&] { return http.get("/v1/posts/" + p.id, author->access_token); });
    if (reply.status != 200 && reply.status != 404) return odd("post", reply);
    p.there = reply.status == 200 && find_string(reply.body, "text") == p.text;
  }
  return true;
}

bool rest_reader::repeat_sends(std::size_t count) {
  const auto step = std::max<std::size_t>(1, record.sends.size() / std::max<std::size_t>(1, count));
  for (std::size_t i = 0; i < record.sends.size(); i += step) {
    auto& s = record.sends[i];
    const auto* sender = with_id(s.sender);
    if (s.answers.empty() || !sender) continue;
    const auto target = "/v1/conversations/" + s.conversation + "/messages";
    const auto begin = R"({"client_id":)" + quoted(s.client_id) + R"(,"text":)";
    const auto same = patiently(
        [&] { return http.post(target, begin + quoted(s.text) + "}", sender->access_token); });
    const bool refused = same.status == 403 || same.status == 404 ||
                         same.status == 409;  // an answer unlike the first
    if (same.status != 201 && !refused) return odd("repeat", same);
    s.answers.push_back({find_number(same.body, "seq").value_or(0),
                         std::string(find_string(same.body, "message_id"))});
    if (refused) continue;
    if ((i / step) % 5 != 0) continue;
    const auto other = patiently(
        [&] { return http.post(target, begin + "\"another body\"}", sender->access_token); });
    record.reuses.push_back({s.client_id, other.status < 300 ? "accepted" : other.code()});
  }
  return true;
}

bool rest_reader::probe_blocks(const client::account& by,
                               const std::vector<const client::account*>& whom) {
  for (const auto* w : whom) {
    std::string reason;
    const auto conversation = client::create_conversation(http, *w, "direct", {by.id}, &reason);
    client::http_reply reply{403, reason, {}};
    if (!conversation.empty())  // it is pushed to the devices like any other
      reply = patiently([&] {
        return http.post("/v1/conversations/" + conversation + "/messages",
                         R"({"client_id":"probe","text":"hello"})", w->access_token);
      });
    const bool blocked = conversation.empty() ? reason.find("\"blocked\"") != std::string::npos
                                              : reply.code() == "blocked";
    if (!blocked && reply.status != 201) return odd("block probe", reply);
    send_record sent{conversation, w->id, "probe", "hello", {}, blocked};
    if (!blocked)
      sent.answers.push_back({find_number(reply.body, "seq").value_or(0),
                              std::string(find_string(reply.body, "message_id"))});
    record.sends.push_back(std::move(sent));
    record.block_probes.push_back({by.id, w->id, blocked});
  }
  return true;
}

}  // namespace nova::crash
