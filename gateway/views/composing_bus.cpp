#include "gateway/views/composing_bus.hpp"

#include "gateway/views/composition.hpp"
#include "protocols/views/views.pb.h"

#include <algorithm>

namespace nova::gateway {
namespace {

using std::chrono::steady_clock;

/// One answer on its way. Replies come on any thread; the last of a round goes on.
class view : public std::enable_shared_from_this<view> {
 public:
  view(rpc::bus& bus, const rpc::method* cards, const rpc::method* posts, rpc::call& c,
       std::chrono::milliseconds budget)
      : bus_(bus),
        cards_(cards),
        posts_(posts),
        viewer_(c.caller),
        request_id_(c.request_id),
        deadline_(c.deadline),
        budget_(budget),
        reply_(std::move(c.reply)) {
    viewer_.kind = rpc::caller_kind::node;
  }

  void answered(rpc::reply_result r) {
    if (!r || !*r) return reply_(std::move(r));
    deadline_ = std::min(deadline_, steady_clock::now() + budget_);
    answer_.emplace(**r);
    go_on();
  }

 private:
  void go_on() {
    const auto ids = round_++ < view_rounds ? answer_->missing() : composition::ids{};
    if (ids.empty()) return reply_(answer_->finish());
    const auto batches = [](std::size_t n) { return (n + view_batch - 1) / view_batch; };
    waiting_ = batches(ids.accounts.size()) + batches(ids.posts.size());
    ask<views::CardsRequest, views::CardsReply>(cards_, ids.accounts,
                                                &views::CardsRequest::add_account_ids);
    ask<views::PostsRequest, views::PostsReply>(posts_, ids.posts,
                                                &views::PostsRequest::add_post_ids);
  }

  template <class Request, class Reply>
  void ask(const rpc::method* method, const std::vector<std::string>& ids,
           void (Request::*add)(const std::string&)) {
    for (std::size_t at = 0; at < ids.size(); at += view_batch) {
      auto request = std::make_shared<Request>();
      for (auto i = at; i < std::min(ids.size(), at + view_batch); ++i)
        (request.get()->*add)(ids[i]);
      rpc::call c;
      c.method = method;
      c.caller = viewer_;
      c.request_id = request_id_;
      c.deadline = deadline_;
      c.request = std::move(request);
      c.reply = [self = shared_from_this(), method](const rpc::reply_result& r) {
        self->template told<Reply>(*method, r);
      };
      bus_.call(std::move(c));
    }
  }

  template <class Reply>
  void told(const rpc::method& method, const rpc::reply_result& r) {
    {
      const std::lock_guard lock(mutex_);
      if (r) answer_->take(static_cast<const Reply&>(**r));
      else answer_->away(method.domain);
      if (--waiting_ > 0) return;
    }
    go_on();
  }

  rpc::bus& bus_;
  const rpc::method* cards_;
  const rpc::method* posts_;
  rpc::caller viewer_;
  const std::string request_id_;
  steady_clock::time_point deadline_;
  const std::chrono::milliseconds budget_;
  rpc::reply_fn reply_;
  std::mutex mutex_;
  std::optional<composition> answer_;
  std::size_t waiting_ = 0;
  int round_ = 0;
};

}  // namespace

composing_bus::composing_bus(rpc::bus& inner, std::chrono::milliseconds budget)
    : inner_(inner), budget_(budget) {
  for (const auto* method : rpc::all_methods()) {
    if (method->cards) cards_ = method;
    if (method->posts) posts_ = method;
  }
  for (const auto* method : rpc::all_methods())
    if (cards_ != nullptr && posts_ != nullptr && method->caller != rpc::caller_kind::node &&
        shows_others(*method->reply->make()->GetDescriptor()))
      composed_.insert(method);
}

void composing_bus::call(rpc::call c) {
  if (!composed_.contains(c.method)) return inner_.call(std::move(c));
  auto answer = std::make_shared<view>(inner_, cards_, posts_, c, budget_);
  c.reply = [answer](rpc::reply_result r) { answer->answered(std::move(r)); };
  inner_.call(std::move(c));
}

}  // namespace nova::gateway
