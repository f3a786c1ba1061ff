// See herd.hpp.
#include "tests/nemesis/herd.hpp"

#include "tests/support/slowdown.hpp"

#include <algorithm>

namespace nova::nemesis {

namespace {

constexpr std::size_t accounts = 20;  // each costs a password hash; the sockets share them
constexpr std::size_t opening_at_once = 50;
constexpr std::chrono::seconds open_within{40 * test::slowdown};
constexpr std::chrono::milliseconds patience{3'000 * test::slowdown};

}  // namespace

bool herd::gather(std::size_t gateway, std::string& why) {
  if (accounts_.empty())
    accounts_ = client::register_accounts(gateways_[gateway],
                                          "herd" + client::unique_suffix() + "_", accounts);
  if (accounts_.empty()) return why = "registering a herd was refused", false;
  io_.run([&] {
    at_ = gateway;
    open_ = resumed_ = 0;
    open_more();
  });
  return io_.wait([this] { return all(1); }, open_within) ||
         (why = "of a herd only " + std::to_string(open_) + " sockets opened", false);
}

void herd::open_more() {
  while (animals_.size() < sockets && animals_.size() - open_ < opening_at_once) {
    auto& a = *animals_.emplace_back(std::make_unique<animal>());
    client::session_events events;
    events.opened = [this, &a](std::string_view result) {
      if (++a.opened == 1) {
        ++open_;
        return open_more();
      }
      resumed_ += a.opened == 2 && result.find(R"("resumed":true)") != std::string_view::npos;
    };
    std::vector<client::endpoint> others;
    for (std::size_t g = 0; g < gateways_.size(); ++g)
      if (g != at_) others.push_back(gateways_[g]);
    a.socket = client::session::make(
        io_,
        {.to = gateways_[at_],
         .access_token = accounts_[animals_.size() % accounts_.size()].access_token,
         .echo = false,
         .reconnect = true,
         .others = std::move(others),
         .patience = patience},
        std::move(events));
    a.socket->start();
  }
}

bool herd::all(std::size_t times) const {
  return animals_.size() == sockets && std::ranges::all_of(animals_, [&](const auto& a) {
           return a->opened >= times && a->socket->is_open();
         });
}

bool herd::await_back(std::chrono::milliseconds within) {
  return io_.wait([this] { return all(2); }, within);
}

std::size_t herd::back() {
  std::size_t out = 0;
  io_.run([&] {
    out = static_cast<std::size_t>(std::ranges::count_if(
        animals_, [](const auto& a) { return a->opened >= 2 && a->socket->is_open(); }));
  });
  return out;
}

std::size_t herd::resumed() {
  std::size_t out = 0;
  io_.run([&] { out = resumed_; });
  return out;
}

void herd::disperse() {
  for (auto& a : animals_) a->socket->stop();
  io_.run([this] { animals_.clear(); });
}

}  // namespace nova::nemesis
