// The works of media beside its actors: workers for variants, and one keeper of the blob store, which removes the bytes that nothing names
// any more. Told of committed events; all that was missed is found again by questions. Made by the descriptor.
#pragma once

#include "actors/media/works/workshop.hpp"
#include "actors/runtime/api/side_works.hpp"
#include "protocols/core/blobs.hpp"
#include "protocols/media/media.pb.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace nova::media {

class media_works final : public runtime::side_works {
 public:
  /// Between two looks for media that wait, and between two walks through the whole store.
  static constexpr std::chrono::seconds look_pause{30}, sweep_pause{3600};
  /// Bytes younger than this are no orphans: their upload may not be told yet.
  static constexpr std::chrono::hours orphan_age{1};
  /// Names in one question.
  static constexpr std::size_t names_a_question = 500;

  media_works(const config::media_settings& settings, blobs::store& store);
  ~media_works() override;

  void start(rpc::bus& bus) override;
  void told(const rpc::event_type& type, const rpc::message& event) override;
  void stop() override;

 private:
  using time_point = std::chrono::system_clock::time_point;

  void work();
  void keep();
  bool take_order(Waiting& to);
  void make(const Waiting& order);
  bool store_file(const made_file& file, std::string& blob);
  void enqueue(Waiting order);
  void look_for_waiting(std::int64_t older_than_ms);
  void release(std::vector<std::string> blobs, std::vector<std::string> parts, time_point since);
  void sweep();
  template <class Reply>
  result<Reply> ask(const rpc::method& method, std::shared_ptr<rpc::message> request);

  const config::media_settings settings_;
  blobs::store& store_;
  workshop shop_;
  rpc::bus* bus_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::deque<Waiting> orders_;
  std::set<std::string> known_;             ///< media in `orders_` or under way
  std::vector<std::string> blobs_, parts_;  ///< that were released
  std::vector<std::thread> threads_;
};

}  // namespace nova::media
