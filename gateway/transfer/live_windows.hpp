// Windows and files of live streams that this edge has just read, by stream: while many play one stream, most requests ask no other
// thread. Used by live_play and live_publish of all I/O threads, for signed addresses only: these need no permission of the domain.
#pragma once

#include "protocols/core/blobs.hpp"
#include "protocols/live/live.pb.h"

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace nova::gateway {

/// Thread-safe.
class live_windows {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  /// How late a change may be seen that came by another edge or by the stream's owner. A playlist that was put here is seen at once.
  static constexpr std::chrono::milliseconds window_kept{200};
  /// A file that is held uses the disk though the stream has dropped it.
  static constexpr std::chrono::seconds file_kept{10};
  static constexpr std::size_t most_streams = 1'000, most_files = 1'000;

  using window_ptr = std::shared_ptr<const live::Window>;
  /// Null: the domain is to be asked.
  window_ptr find(const std::string& stream, time_point now);
  /// `asked_at`: when the question left. What was asked before a change is not kept.
  void keep(const std::string& stream, window_ptr window, time_point asked_at);
  /// The window is another one from now on.
  void changed(const std::string& stream, time_point now);

  using file_ptr = std::shared_ptr<const blobs::reader>;
  /// Null: the store is to be asked.
  file_ptr file(const std::string& blob, time_point now);
  /// A file without a descriptor, of a store elsewhere, is not kept.
  void keep_file(const std::string& blob, file_ptr file, time_point now);
  /// Lets go of what is old. Called from time to time.
  void forget_old(time_point now);

 private:
  struct known_window {
    window_ptr window;  ///< null: only the time of its change is known
    time_point asked_at{}, changed_at{};
  };
  struct known_file {
    file_ptr file;
    time_point opened_at{};
  };
  bool has_room_for(const std::string& stream, time_point now);
  void drop_old(time_point now);

  std::mutex mutex_;
  std::map<std::string, known_window, std::less<>> windows_;
  std::map<std::string, known_file, std::less<>> files_;
};

}  // namespace nova::gateway
