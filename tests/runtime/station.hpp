// One node's links, as a test holds them: what it sees of the others, and certificates for it. Used by the tests of links and of
// their gate.
#pragma once

#include "actors/runtime/link/links.hpp"
#include "config/process/cluster_certificates.hpp"
#include "tests/config/scratch.hpp"
#include "tests/support/slowdown.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace nova::link::test {

using namespace std::chrono_literals;
using nova::test::slowdown;

inline Envelope call(std::uint64_t id, std::size_t bytes) {
  Envelope e;
  e.mutable_call()->set_id(id);
  e.mutable_call()->set_request(std::string(bytes, 'x'));
  return e;
}

/// One node's links, and what they saw.
class station {
 public:
  explicit station(config::cluster_settings s) : settings(std::move(s)) { begin(); }
  ~station() { stop(); }

  void begin() {
    made = std::make_unique<links>(settings, Member(), system_wall_clock(), system_random());
    auto port = made->start(
        {[this](peer_number p, const Member& m) { note([&] { ups.emplace_back(p, m.node()); }); },
         [this](peer_number p, const Member& m, const std::string& why) {
           note([&] { downs.emplace_back(p, m.node() + ": " + why); });
         },
         [this](peer_number p, Envelopes& batch) {
           note([&] {
             for (const auto& e : batch.items())
               if (e.has_call()) calls.push_back(e.call().id());
           });
         },
         [this] { note([] {}); }});
    refused = port ? "" : port.error().detail;
    if (port) address = "127.0.0.1:" + std::to_string(*port);
  }
  void stop() {
    if (made) made->stop(100ms);
    made.reset();
  }
  bool until(const std::function<bool()>& done, std::chrono::milliseconds within = 10s) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, within * slowdown, done);
  }
  bool sees(const std::string& node) {
    return until([&] {
      const auto all = made->members();
      return std::ranges::any_of(
          *all, [&](const auto& m) { return m.record.node() == node && m.linked; });
    });
  }
  peer_number peer(const std::string& node) const {
    const auto all = made->members();
    for (const auto& m : *all)
      if (m.record.node() == node) return m.peer;
    return 0;
  }
  /// As it knows it now.
  member_view view(const std::string& node) const {
    const auto all = made->members();
    for (const auto& m : *all)
      if (m.record.node() == node) return m;
    return {};
  }
  Member record(const std::string& node) const { return view(node).record; }
  std::uint64_t refusals() const { return made->counted().refused; }
  /// Waits until it has refused so many peers since its start.
  bool refuses(std::uint64_t in_all) {
    const auto end = std::chrono::steady_clock::now() + 10s * slowdown;
    while (refusals() < in_all && std::chrono::steady_clock::now() < end)
      until([] { return false; }, 5ms);
    return refusals() >= in_all;
  }

  config::cluster_settings settings;
  std::unique_ptr<links> made;
  std::string address, refused;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::pair<peer_number, std::string>> ups, downs;
  std::vector<std::uint64_t> calls;

 private:
  void note(const std::function<void()>& f) {
    std::lock_guard lock(mutex);
    f();
    changed.notify_all();
  }
};

inline config::cluster_settings named(const std::string& node,
                                      std::vector<std::string> seeds = {}) {
  config::cluster_settings s;
  s.node = node;
  s.listen = "127.0.0.1:0";
  s.seeds = std::move(seeds);
  s.heartbeat_ms = 100;
  s.silence_ms = 1000;
  s.redial_ms = 20;
  return s;
}

inline config::cluster_settings secured(config::cluster_settings s, const scratch& dir,
                                        const std::string& certificate) {
  s.certificate = (dir.folder / (certificate + ".pem")).string();
  s.key = (dir.folder / (certificate + ".key")).string();
  s.ca = (dir.folder / "ca.pem").string();
  return s;
}

inline void make(const scratch& dir, config::certificate_order order) {
  order.folder = dir.folder;
  const auto made = config::make_certificates(order);
  REQUIRE(made.has_value());
}

}  // namespace nova::link::test
