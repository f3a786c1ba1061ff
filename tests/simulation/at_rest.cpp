// What the workload reads when the load has ended and every node is well: see workload.hpp. Over the bus, as HTTP would.
#include "protocols/auth/auth.pb.h"
#include "protocols/messaging/messaging.pb.h"
#include "protocols/user/user.pb.h"
#include "protocols/views/views.pb.h"
#include "tests/simulation/workload.hpp"

#include <algorithm>

namespace nova::simulation {

namespace {

constexpr milliseconds rest_patience{20'000};
constexpr std::size_t sends_repeated = 25, other_bodies = 5;

std::string odd(std::string_view what, const http_answer& a) {
  return std::string(what) + ": " +
         (a.lost                ? "no answer"
          : a.reply.has_value() ? "an answer of another kind"
                                : std::string(describe(a.reply.error().code).name));
}

errc code_of(const http_answer& a) { return a.ok() ? errc{} : a.reply.error().code; }

crash::item item_of(const messaging::Message& m) {
  crash::item i{m.seq(), m.message_id(), m.sender_id(), m.client_id(), m.text(), m.recalled()};
  for (const auto& r : m.reactions()) i.reactions[r.emoji()] = r.count();
  return i;
}

}  // namespace

http_answer workload::ask(std::string_view method, rpc::message_ptr request,
                          const rpc::caller& caller) {
  const auto end = cluster_.now() + rest_patience;
  for (;;) {
    auto got = std::make_shared<std::optional<http_answer>>();
    cluster_.http(*rpc::find_rpc(method), request, caller,
                  [got](const http_answer& a) { *got = a; });
    cluster_.run_until([&] { return got->has_value(); }, rest_patience);
    if (got->has_value() && !(*got)->uncertain()) return **got;
    if (cluster_.now() >= end) return got->value_or(http_answer{true});
    cluster_.tick();
  }
}

const person* workload::with_id(const std::string& id) const {
  const auto at =
      std::find_if(people_.begin(), people_.end(), [&](const auto& p) { return p.id == id; });
  return at == people_.end() ? nullptr : &*at;
}

std::string workload::read_rest() {
  auto why = repeat_sends();
  if (why.empty()) why = probe_blocks();
  for (auto& c : record_.conversations) {
    const auto* first = with_id(*c.founders.begin());
    if (why.empty()) why = read_items(c, *first);
    if (why.empty()) why = read_members(c, *first);
    for (const auto& id : c.founders)
      if (why.empty() && c.members.contains(id)) why = read_state(c, *with_id(id));
  }
  if (why.empty()) why = read_accounts();
  return why;
}

std::string workload::read_items(crash::conversation_record& c, const person& as) {
  c.items.clear();
  for (std::int64_t after = 0;;) {
    auto q = std::make_shared<messaging::HistoryRequest>();
    q->set_conversation_id(c.id);
    q->set_after_seq(after);
    q->set_limit(200);
    const auto a = ask("messaging.history", q, as.caller());
    if (!a.ok()) return odd("history", a);
    const auto& page = static_cast<const messaging::HistoryReply&>(**a.reply);
    for (const auto& m : page.items()) c.items.push_back(item_of(m));
    if (page.items().empty() || !page.has_next_cursor()) return {};
    if (c.items.back().seq <= after) return "the history does not advance";
    after = c.items.back().seq;
  }
}

std::string workload::read_members(crash::conversation_record& c, const person& as) {
  auto q = std::make_shared<messaging::ListMembersRequest>();
  q->set_conversation_id(c.id);
  q->set_limit(200);
  const auto a = ask("messaging.members", q, as.caller());
  if (!a.ok()) return odd("members", a);
  c.members.clear();
  for (const auto& m : static_cast<const messaging::ListMembersReply&>(**a.reply).items())
    c.members.insert(m.account_id());
  return {};
}

std::string workload::read_state(crash::conversation_record& c, const person& as) {
  auto q = std::make_shared<messaging::ConversationRequest>();
  q->set_conversation_id(c.id);
  const auto a = ask("messaging.conversation", q, as.caller());
  if (!a.ok()) return odd("conversation", a);
  const auto& shown = static_cast<const messaging::Conversation&>(**a.reply);
  c.last_seq = shown.last_seq();
  c.states[as.id] = {shown.read_seq(), shown.delivered_seq(), shown.unread()};
  return {};
}

std::string workload::read_accounts() {
  std::map<std::string, const person*> by_handle;
  for (const auto& p : people_) by_handle[p.handle] = &p;
  for (const auto& p : late_) by_handle[p.handle] = &p;
  for (auto& r : record_.accounts) {
    const auto& p = *by_handle.at(r.handle);
    auto login = std::make_shared<auth::LoginRequest>();
    login->set_identifier(p.handle);
    login->set_password(p.password);
    const auto in = ask("auth.login", login, {});
    if (!in.ok() && (in.lost || code_of(in) != errc::invalid_credentials)) return odd("login", in);
    r.can_log_in = in.ok();
    auto find = std::make_shared<user::GetProfileByHandleRequest>();
    find->set_handle(p.handle);
    const auto profile = ask("user.by_handle", find, people_.front().caller());
    if (!profile.ok() && (profile.lost || code_of(profile) != errc::not_found))
      return odd("profile", profile);
    r.has_profile = profile.ok();
    if (!in.ok() || !profile.ok()) continue;
    const auto& id = static_cast<const auth::Tokens&>(**in.reply).account_id();
    r.has_profile = static_cast<const views::Profile&>(**profile.reply).account_id() == id;
  }
  return {};
}

std::string workload::repeat_sends() {
  const auto step = std::max<std::size_t>(1, record_.sends.size() / sends_repeated);
  std::size_t n = 0;
  for (std::size_t i = 0; i < record_.sends.size(); i += step) {
    auto& s = record_.sends[i];
    if (s.answers.empty()) continue;
    auto q = std::make_shared<messaging::SendRequest>();
    q->set_conversation_id(s.conversation);
    q->set_client_id(s.client_id);
    q->set_text(s.text);
    const auto caller = with_id(s.sender)->caller();
    const auto same = ask("messaging.send", q, caller);
    if (!same.ok()) return odd("repeating " + s.client_id, same);
    const auto& reply = static_cast<const messaging::SendReply&>(**same.reply);
    s.answers.push_back({reply.seq(), reply.message_id()});
    if (++n % (sends_repeated / other_bodies) != 0) continue;
    auto other = std::make_shared<messaging::SendRequest>(*q);
    other->set_text("another body");
    const auto refused = ask("messaging.send", other, caller);
    if (refused.lost) return odd("another body", refused);
    record_.reuses.push_back(
        {s.client_id, refused.ok() ? "accepted" : std::string(describe(code_of(refused)).name)});
  }
  return {};
}

const workload::place& workload::pair_with_first(std::size_t person) const {
  return **std::find_if(places_.begin(), places_.end(), [person](const auto& p) {
    return !p->group && p->founders == std::set<std::size_t>{0, person};
  });
}

/// By a send in the pair's conversation: creating one would ask for blocks by another way.
std::string workload::probe_blocks() {
  for (std::size_t i = first_blockable; i < first_blockable + blockable; ++i) {
    auto q = std::make_shared<messaging::SendRequest>();
    q->set_conversation_id(pair_with_first(i).id);
    q->set_client_id("probe-" + std::to_string(i));
    q->set_text("hello");
    const auto a = ask("messaging.send", q, people_[i].caller());
    if (!a.ok() && (a.lost || code_of(a) != errc::blocked)) return odd("block probe", a);
    record_.block_probes.push_back({people_[0].id, people_[i].id, !a.ok()});
    record_.sends.push_back(
        {q->conversation_id(), people_[i].id, q->client_id(), q->text(), {}, !a.ok()});
    if (!a.ok()) continue;
    const auto& reply = static_cast<const messaging::SendReply&>(**a.reply);
    record_.sends.back().answers.push_back({reply.seq(), reply.message_id()});
  }
  return {};
}

}  // namespace nova::simulation
