// The last pushes to each gateway node, numbered, so that a break of a link loses none: they are sent again from the last one that the
// gateway has. A large audience crosses a link once; later pushes to it name it by number. Used by cluster_router. Thread-safe.
#pragma once

#include "actors/runtime/kernel/services.hpp"
#include "actors/runtime/link/network.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace nova::runtime {

/// Accounts of a large audience, which is the same list as long as it does not change.
struct account_list {
  const std::vector<uuid>* accounts = nullptr;  ///< its address is the list's identity
  std::shared_ptr<const void> keeps = {};       ///< owns the accounts
  bool of_set = false;                          ///< a slice of an account_set
};

/// Whether pushes to the gateway may name lists: its hello says so, or, of the release before that, this message.
bool takes_lists(const std::vector<link::member_view>& all, link::peer_number gateway,
                 const link::Interest& told);

class push_journal {
 public:
  using send_fn = std::function<bool(link::peer_number, const link::Envelope&)>;
  struct limits {
    std::chrono::milliseconds kept{0};
    std::size_t bytes = 0;                  ///< for each gateway
    std::size_t listed_accounts = 1 << 20;  ///< that a gateway is asked to remember in lists
  };

  push_journal(services& s, limits l, send_fn send);

  /// Sends the push, or keeps it until the gateway is back. Pushes of one caller keep their order. Its receivers are those of its
  /// `accounts` and of `lists`.
  void push(link::peer_number gateway, link::Push p, std::vector<account_list> lists = {});
  /// The gateway is linked, and knows the pushes up to `last`: the others are sent now. `lists`: it understands numbered lists. False:
  /// some are not kept any more.
  bool up(link::peer_number gateway, std::uint64_t last, bool lists = false);
  void down(link::peer_number gateway);
  /// Pushes wait here until the gateway has said which ones it knows.
  bool behind(link::peer_number gateway) const;
  /// Pushes were lost before they came here: a gateway that does not hear of it over its present link hears of it with the next one.
  void lose();
  /// Gateways that are gone for longer than pushes are kept; they are forgotten.
  std::vector<link::peer_number> forget_gone();

 private:
  struct kept {
    std::uint64_t number = 0;
    steady_time at{};
    std::size_t bytes = 0;
    link::Push push;
    std::vector<account_list> lists;
  };
  /// A list that the gateway has been told over the present link.
  struct told_list {
    account_list list;
    std::uint32_t number = 0;
    std::uint64_t used = 0;  ///< the last push that named it
  };
  struct gateway {
    bool linked = false, takes_lists = false;
    std::uint64_t last = 0;
    std::size_t bytes = 0;
    std::deque<kept> pushes;
    steady_time gone{};
    std::unordered_map<const void*, told_list> told;
    std::size_t told_accounts = 0;
    std::uint32_t last_list = 0;
  };
  void trim(gateway& g, steady_time now) const;
  bool send(link::peer_number to, gateway& g, const kept& k);
  void name_lists(gateway& g, const kept& k, link::Push& out) const;
  void drop_lists(gateway& g, link::Push& out) const;

  services& services_;
  const limits limits_;
  const send_fn send_;
  mutable std::mutex mutex_;
  std::unordered_map<link::peer_number, gateway> gateways_;
};

}  // namespace nova::runtime
