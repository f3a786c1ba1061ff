// ffmpeg as an encoder of live streams: a film in a loop, in its own time, put as HLS without a new coding. Used by the scenario
// `live`.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace nova::bench {

class encoders {
 public:
  /// `folder` keeps the film.
  explicit encoders(std::string folder) : folder_(std::move(folder)) {}
  /// Ends all of them.
  ~encoders();
  encoders(const encoders&) = delete;
  encoders& operator=(const encoders&) = delete;

  static bool installed();
  /// Makes the film: a test pattern with a key frame in each `segment_s`. False: ffmpeg failed.
  bool film(unsigned segment_s, unsigned kbit_per_s);
  /// Begins to publish to an address for HLS. False: ffmpeg did not begin.
  bool publish(const std::string& url);
  /// False: one of them has ended.
  bool all_run() const;
  /// CPU seconds of all of them so far.
  double cpu() const;

 private:
  const std::string folder_;
  unsigned segment_s_ = 2;
  std::vector<pid_t> running_;
};

}  // namespace nova::bench
