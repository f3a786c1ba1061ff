// The works of media beside its actors: workers for variants; the keeper of the blob store, which removes the bytes that nothing names
// any more; the scrubber, which compares kept bytes with their checksums. Told of committed events; all that was missed is found again
// by questions. Made by the descriptor.
#pragma once

#include "actors/media/works/workshop.hpp"
#include "actors/runtime/api/side_works.hpp"
#include "protocols/core/blobs.hpp"
#include "protocols/media/media.pb.h"

#include <array>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace nova::media {

class media_works final : public runtime::side_works {
 public:
  /// Between two looks for media that wait, after a look that was not answered, and between two walks through the whole store.
  static constexpr std::chrono::seconds look_pause{30}, retry_pause{1};
  /// The first sweep comes no later, so that nodes that live for less than a pause sweep, too.
  static constexpr std::chrono::seconds first_sweep{600};
  static constexpr std::chrono::hours scrub_pause{1};
  /// Bytes younger than this are no orphans: their upload may not be told yet.
  static constexpr std::chrono::hours orphan_age{1};
  /// Names in one question.
  static constexpr std::size_t names_a_question = 500;
  /// Releases that wait for the end of their grace; the walk finds the bytes of those beyond.
  static constexpr std::size_t most_releases = 100'000;
  /// Attempts at a medium that the machine spoilt; behind them the medium is taken as it came out.
  static constexpr int most_attempts = 5;

  /// `segments`: of live streams, for their recordings.
  media_works(const config::media_settings& settings, blobs::store& store,
              const blobs::store& segments);
  ~media_works() override;

  void start(rpc::bus& bus) override;
  void told(const rpc::event_type& type, const rpc::message& event) override;
  void stop() override;

 private:
  using time_point = std::chrono::system_clock::time_point;

  /// Media of one class wait for each other only.
  enum job : std::size_t { picture, film };
  struct released {
    time_point at;
    BytesReleased bytes;
  };

  void work(job of);
  void keep();
  void scrub();
  bool take_order(job of, Waiting& to);
  void make(const Waiting& order);
  void record(const Waiting& order);
  bool store_file(const made_file& file, std::string& blob);
  /// Stores the variants, and what readers get instead of the uploaded picture.
  bool store_files(const made_media& made, ProcessedRequest& to);
  /// Stores the bytes that readers get instead of the uploaded film. False: they are to be made again.
  bool store_shown(const Waiting& order, const made_media& made, ProcessedRequest& to);
  /// Stores the film or sound as players of all browsers take it; false: it is shown as it is. Errors: unavailable.
  result<bool> store_coded(const Waiting& order, const made_media& made, ProcessedRequest& to);
  /// Counts an attempt at the medium; true: it is the last one.
  bool try_again(const std::string& medium);
  void enqueue(Waiting order);
  /// False: the look was not answered.
  bool look_for_waiting(std::int64_t older_than_ms);
  void note_released(const BytesReleased& bytes);
  /// Those whose grace is over; `next`: when the grace of the first other one ends.
  std::vector<BytesReleased> take_released(time_point& next);
  /// `since` lies before the question: bytes that are kept again meanwhile stay.
  void release(const BytesReleased& bytes, time_point since);
  void sweep();
  /// False: the works end.
  bool pause(std::chrono::milliseconds time);
  template <class Reply>
  result<Reply> ask(const rpc::method& method, std::shared_ptr<rpc::message> request);

  const config::media_settings settings_;
  blobs::store& store_;
  const blobs::store& segments_;
  workshop shop_;
  rpc::bus* bus_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::array<std::deque<Waiting>, 2> orders_;  ///< by job; each at most settings.worker_queue
  std::set<std::string> known_;                ///< media and streams in `orders_` or under way
  std::map<std::string, int> attempts_;        ///< at media that were not made yet
  std::deque<released> released_;              ///< in the order of their time
  std::vector<std::thread> threads_;
};

}  // namespace nova::media
