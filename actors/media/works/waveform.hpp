// The waveform of a sound: its loudest moments, of samples that ffmpeg decodes. Used by workshop; memory is a few hundred bytes for
// a sound of any length.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace nova::media {

class waveform {
 public:
  static constexpr std::size_t peaks = 100;
  /// Samples a second: enough for the loudness, and a tenth of the work.
  static constexpr std::int64_t rate = 8'000;

  explicit waveform(std::int64_t duration_ms);

  /// Samples of 16 bits, little endian, of one channel, in pieces of any size. Samples behind the duration count for the last peak.
  void add(std::string_view bytes);
  /// Two hex digits for each peak: 00 is silence, ff as loud as can be.
  std::string hex() const;

 private:
  void add_sample(int value);

  const std::int64_t samples_;  ///< that the duration has
  std::int64_t at_ = 0;
  int low_ = -1;  ///< the first half of a sample whose second half has not come
  std::array<int, peaks> loudest_{};
};

}  // namespace nova::media
