// The bus as connections see it: an answer that names accounts, posts or messages of other domains by their ids leaves
// complete. The domains that have them are asked side by side, by the questions `cards`, `posts`, `messages` and `media` of
// views.proto, for the caller of the answer. A request that names media goes on when each is the caller's: else it is answered 404
// here. A view holds no rule of a domain, and a domain that is away costs its part only: media are not looked at then.
#pragma once

#include "protocols/core/bus.hpp"
#include "protocols/views/views.pb.h"

#include <google/protobuf/descriptor.h>

#include <chrono>
#include <unordered_map>
#include <unordered_set>

namespace nova::gateway {

/// Ids in one question; an answer with more asks several times at once.
inline constexpr int view_batch = 200;
/// Rounds of questions: posts, messages, cards and media; then those that the posts name; then the pictures of the cards.
inline constexpr int view_rounds = 3;

/// The methods that answer the questions; null: no contract has it.
struct view_methods {
  const rpc::method* cards = nullptr;
  const rpc::method* posts = nullptr;
  const rpc::method* messages = nullptr;
  const rpc::method* media = nullptr;
};

class composing_bus final : public rpc::bus {
 public:
  /// `budget`: for all that is asked for one answer. The bus behind must outlive this one and every answer.
  composing_bus(rpc::bus& inner, std::chrono::milliseconds budget);

  void call(rpc::call c) override;
  void attach(rpc::attachment a, std::function<void(result<void>)> attached) override {
    inner_.attach(std::move(a), std::move(attached));
  }
  void detach(rpc::connection_id connection, const uuid& account) override {
    inner_.detach(connection, account);
  }
  bool ready() const override { return inner_.ready(); }
  void collect_metrics(metric_samples& out) const override { inner_.collect_metrics(out); }

 private:
  rpc::reply_fn then_ask(const rpc::method& first, rpc::call& c);
  void pass_when_there(rpc::call c, views::MediaRequest named);
  void pass(rpc::call c);

  rpc::bus& inner_;
  const std::chrono::milliseconds budget_;
  view_methods asked_;
  std::unordered_set<const rpc::method*> composed_;  ///< their replies can name others
  /// Their requests can name media, in this field.
  std::unordered_map<const rpc::method*, const google::protobuf::FieldDescriptor*> names_media_;
};

}  // namespace nova::gateway
