#include "gateway/views/seeing.hpp"

#include "protocols/live/live.pb.h"

#include <memory>
#include <mutex>

namespace nova::gateway {
namespace {

struct looking {
  std::mutex mutex;
  int waiting = 0;
  bool seen = false;
  std::optional<error> away;
  std::function<void(result<bool>)> done;

  void told(const result<bool>& answer) {
    std::function<void(result<bool>)> tell;
    {
      const std::lock_guard lock(mutex);
      if (!answer) away = answer.error();
      else seen = seen || *answer;
      if (--waiting == 0 || (seen && done)) tell = std::exchange(done, nullptr);
    }
    if (!tell) return;
    if (seen || !away) tell(seen);
    else tell(*away);
  }
};

struct question {
  const rpc::method* method;
  rpc::message_ptr request;
  bool (*seen)(const rpc::message&);
};

struct questions {
  const rpc::method* cards = nullptr;
  const rpc::method* posts = nullptr;
  const rpc::method* membership = nullptr;
  const rpc::method* play = nullptr;
  questions() {
    for (const auto* m : rpc::all_methods()) {
      if (m->cards) cards = m;
      if (m->posts) posts = m;
      if (m->membership) membership = m;
      if (m->transfer == "play") play = m;
    }
  }
};

std::vector<question> questions_about(
    const google::protobuf::RepeatedPtrField<views::MediaPlace>& places) {
  static const questions known;
  auto posts = std::make_shared<views::PostsRequest>();
  auto cards = std::make_shared<views::CardsRequest>();
  std::vector<question> out;
  int n = 0;
  for (const auto& place : places) {
    if (++n > most_places) break;
    if (place.kind() == "post") posts->add_post_ids(place.id());
    if (place.kind() == "profile") cards->add_account_ids(place.id());
    if (place.kind() == "stream" && known.play != nullptr) {
      auto q = std::make_shared<live::PlayRequest>();
      q->set_stream_id(place.id());
      out.push_back({known.play, std::move(q), [](const rpc::message&) { return true; }});
    }
    if (place.kind() != "conversation" || known.membership == nullptr) continue;
    auto q = std::make_shared<views::MembershipRequest>();
    q->set_conversation_id(place.id());
    out.push_back({known.membership, std::move(q), [](const rpc::message& m) {
                     return static_cast<const views::MembershipReply&>(m).member();
                   }});
  }
  if (posts->post_ids_size() > 0 && known.posts != nullptr)
    out.push_back({known.posts, std::move(posts), [](const rpc::message& m) {
                     return static_cast<const views::PostsReply&>(m).items_size() > 0;
                   }});
  if (cards->account_ids_size() > 0 && known.cards != nullptr)
    out.push_back({known.cards, std::move(cards), [](const rpc::message& m) {
                     return static_cast<const views::CardsReply&>(m).items_size() > 0;
                   }});
  return out;
}

}  // namespace

void may_see(rpc::bus& bus, const rpc::caller& caller, const std::string& request_id,
             std::chrono::steady_clock::time_point deadline,
             const google::protobuf::RepeatedPtrField<views::MediaPlace>& places,
             std::function<void(result<bool>)> done) {
  auto asked = questions_about(places);
  if (asked.empty()) return done(false);
  auto state = std::make_shared<looking>();
  state->waiting = static_cast<int>(asked.size());
  state->done = std::move(done);
  for (auto& q : asked) {
    rpc::call c;
    c.method = q.method;
    c.caller = caller;
    c.caller.kind = rpc::caller_kind::node;
    c.request_id = request_id;
    c.deadline = deadline;
    c.request = std::move(q.request);
    c.reply = [state, seen = q.seen](const rpc::reply_result& r) {
      if (r) state->told(seen(**r));
      else if (r.error().code == errc::not_found || r.error().code == errc::invalid_request)
        state->told(false);
      else state->told(r.error());
    };
    bus.call(std::move(c));
  }
}

}  // namespace nova::gateway
