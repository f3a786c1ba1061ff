// One answer that is being composed: a domain's reply in which cards, posts and messages stand by their ids only, and what
// other domains say of them. Pure; driven by composing_bus.
#pragma once

#include "gateway/views/shape.hpp"
#include "protocols/core/method.hpp"
#include "protocols/views/views.pb.h"

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nova::gateway {

class composition {
 public:
  explicit composition(const rpc::message& reply);

  struct ids {
    std::vector<std::string> accounts, posts;
    std::vector<views::MessageName> messages;
    std::vector<views::OwnedMedia> media;  ///< with the account that shows it
    bool empty() const {
      return accounts.empty() && posts.empty() && messages.empty() && media.empty();
    }
  };
  /// Each id that stands alone, once: an id that was given out before is not given out again.
  ids missing();

  void take(const views::CardsReply& cards);
  void take(const views::PostsReply& posts);
  void take(const views::MessagesReply& messages);
  void take(const views::MediaReply& media);
  /// This domain did not answer in time; the reply's `degraded` names it, if the reply has such a field.
  void away(const rpc::method& question);

  /// A medium is left out when the account that shows it has not uploaded it. A card without an
  /// answer is marked as missing. An item of a list is left out when its post or message has no answer: the caller may not see
  /// it, or its domain is away.
  rpc::message_ptr finish();

 private:
  std::shared_ptr<rpc::message> reply_;
  const shape& shape_;

  std::set<std::string> asked_accounts_, asked_posts_;
  std::set<std::pair<std::string, std::int64_t>> asked_messages_;
  std::set<std::pair<std::string, std::string>> asked_media_;
  bool media_away_ = false;
  std::vector<std::string> away_;
};

}  // namespace nova::gateway
