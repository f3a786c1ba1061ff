// One answer that is being composed: a domain's reply in which cards and posts stand by their ids only, and what other domains
// say of them. Pure; driven by composing_bus.
#pragma once

#include "protocols/core/method.hpp"

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace nova::views {
class CardsReply;
class PostsReply;
}  // namespace nova::views

namespace nova::gateway {

/// Whether messages of this type can hold a card or a post at any depth.
bool shows_others(const google::protobuf::Descriptor& type);

class composition {
 public:
  explicit composition(const rpc::message& reply);

  struct ids {
    std::vector<std::string> accounts, posts;
    bool empty() const { return accounts.empty() && posts.empty(); }
  };
  /// Each id that stands alone, once: an id that was given out before is not given out again.
  ids missing();

  void take(const views::CardsReply& cards);
  void take(const views::PostsReply& posts);
  /// This domain did not answer in time; the reply's `degraded` names it, if the reply has such a field.
  void away(std::string_view domain);

  /// A card without an answer is marked as missing. An item of a list is left out when its post has no answer: the caller may not see
  /// the post, or its domain is away.
  rpc::message_ptr finish();

 private:
  std::shared_ptr<rpc::message> reply_;
  std::set<std::string> asked_accounts_, asked_posts_;
  std::vector<std::string> away_;
};

}  // namespace nova::gateway
