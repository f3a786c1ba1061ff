#include "gateway/views/composing_bus.hpp"

#include "gateway/views/composition.hpp"
#include "gateway/views/named_media.hpp"
#include "gateway/views/seeing.hpp"
#include "protocols/views/views.pb.h"

#include <algorithm>

namespace nova::gateway {
namespace {

using std::chrono::steady_clock;

/// One answer on its way. Replies come on any thread; the last of a round goes on.
class view : public std::enable_shared_from_this<view> {
 public:
  view(rpc::bus& bus, const view_methods& asked, rpc::call& c, std::chrono::milliseconds budget)
      : bus_(bus),
        asked_(asked),
        viewer_(c.caller),
        request_id_(c.request_id),
        deadline_(c.deadline),
        budget_(budget),
        reply_(std::move(c.reply)) {
    viewer_.kind = rpc::caller_kind::node;
  }

  void answered(rpc::reply_result r) {
    if (!r || !*r) return reply_(std::move(r));
    if (const auto* medium = guarded(**r)) return look_first(*medium, r);
    compose(r);
  }

 private:
  /// A medium that is answered by itself with the places where the caller may have found it.
  static const views::Media* guarded(const rpc::message& m) {
    if (m.GetDescriptor() != views::Media::descriptor()) return nullptr;
    const auto& medium = static_cast<const views::Media&>(m);
    return medium.places().empty() ? nullptr : &medium;
  }

  void look_first(const views::Media& medium, const rpc::reply_result& r) {
    may_see(bus_, viewer_, request_id_, deadline_, medium.places(),
            [self = shared_from_this(), r](const result<bool>& seen) {
              if (!seen) return self->reply_(seen.error());
              if (!*seen)
                return self->reply_(make_error(errc::not_found, "There is no such medium."));
              self->reply_(r);
            });
  }

  void compose(const rpc::reply_result& r) {
    deadline_ = std::min(deadline_, steady_clock::now() + budget_);
    answer_.emplace(**r);
    go_on();
  }

  void go_on() {
    const auto ids = round_++ < view_rounds ? answer_->missing() : composition::ids{};
    if (ids.empty()) return reply_(answer_->finish());
    const auto batches = [](std::size_t n) { return (n + view_batch - 1) / view_batch; };
    waiting_ =
        batches(ids.accounts.size()) + batches(ids.posts.size()) + batches(ids.messages.size());
    if (asked_.media != nullptr) waiting_ += batches(ids.media.size());
    if (waiting_ == 0) return reply_(answer_->finish());
    using views::CardsRequest, views::MediaRequest, views::MessagesRequest, views::PostsRequest;
    ask<CardsRequest, views::CardsReply>(
        asked_.cards, ids.accounts,
        [](CardsRequest& q, const std::string& id) { q.add_account_ids(id); });
    ask<PostsRequest, views::PostsReply>(
        asked_.posts, ids.posts,
        [](PostsRequest& q, const std::string& id) { q.add_post_ids(id); });
    ask<MessagesRequest, views::MessagesReply>(
        asked_.messages, ids.messages,
        [](MessagesRequest& q, const views::MessageName& name) { *q.add_messages() = name; });
    if (asked_.media == nullptr) return;
    ask<MediaRequest, views::MediaReply>(
        asked_.media, ids.media,
        [](MediaRequest& q, const views::OwnedMedia& named) { *q.add_items() = named; });
  }

  template <class Request, class Reply, class Id, class Add>
  void ask(const rpc::method* method, const std::vector<Id>& ids, Add add) {
    for (std::size_t at = 0; at < ids.size(); at += view_batch) {
      auto request = std::make_shared<Request>();
      for (auto i = at; i < std::min(ids.size(), at + view_batch); ++i) add(*request, ids[i]);
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
      else answer_->away(method);
      if (--waiting_ > 0) return;
    }
    go_on();
  }

  rpc::bus& bus_;
  const view_methods asked_;
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
    if (method->cards) asked_.cards = method;
    if (method->posts) asked_.posts = method;
    if (method->messages) asked_.messages = method;
    if (method->media) asked_.media = method;
  }
  for (const auto* method : rpc::all_methods()) {
    if (asked_.media == nullptr || method->caller == rpc::caller_kind::node ||
        method->domain == asked_.media->domain)
      continue;
    const auto* field = media_field(*method->request->make()->GetDescriptor());
    if (field != nullptr) names_media_.emplace(method, field);
  }
  const bool all = asked_.cards != nullptr && asked_.posts != nullptr && asked_.messages != nullptr;
  for (const auto* method : rpc::all_methods())
    if (all && method->caller != rpc::caller_kind::node &&
        shows_others(*method->reply->make()->GetDescriptor()))
      composed_.insert(method);
}

/// What is done with the reply of `first`: after success its `answered_by` is called for the same caller and answers.
rpc::reply_fn composing_bus::then_ask(const rpc::method& first, rpc::call& c) {
  rpc::call next;
  next.method = rpc::find_rpc(first.answered_by);
  next.caller = c.caller;
  next.request_id = c.request_id;
  next.deadline = c.deadline;
  next.request = next.method->request->make();
  next.reply = std::move(c.reply);
  return [this, next = std::move(next)](rpc::reply_result r) mutable {
    if (!r) return next.reply(std::move(r));
    call(std::move(next));
  };
}

void composing_bus::call(rpc::call c) {
  const auto naming = names_media_.find(c.method);
  if (naming == names_media_.end()) return pass(std::move(c));
  auto named = media_named(*c.request, *naming->second, c.caller.account);
  if (named.items().empty()) return pass(std::move(c));
  pass_when_there(std::move(c), std::move(named));
}

void composing_bus::pass_when_there(rpc::call c, views::MediaRequest named) {
  rpc::call first;
  first.method = asked_.media;
  first.caller = c.caller;
  first.caller.kind = rpc::caller_kind::node;
  first.request_id = c.request_id;
  first.deadline = std::min(c.deadline, steady_clock::now() + budget_);
  auto question = std::make_shared<const views::MediaRequest>(std::move(named));
  first.request = question;
  first.reply = [this, question, c = std::move(c)](const rpc::reply_result& r) mutable {
    if (r && !all_there(*question, static_cast<const views::MediaReply&>(**r)))
      return c.reply(make_error(errc::not_found, "There is no such medium."));
    pass(std::move(c));
  };
  inner_.call(std::move(first));
}

void composing_bus::pass(rpc::call c) {
  if (!c.method->answered_by.empty()) c.reply = then_ask(*c.method, c);
  if (!composed_.contains(c.method)) return inner_.call(std::move(c));
  auto answer = std::make_shared<view>(inner_, asked_, c, budget_);
  c.reply = [answer](rpc::reply_result r) { answer->answered(std::move(r)); };
  inner_.call(std::move(c));
}

}  // namespace nova::gateway
