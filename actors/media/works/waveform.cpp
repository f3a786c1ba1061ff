#include "actors/media/works/waveform.hpp"

#include <algorithm>
#include <cstdlib>

namespace nova::media {
namespace {

constexpr int loudest_sample = 32'768, loudest_peak = 255;

}  // namespace

waveform::waveform(std::int64_t duration_ms)
    : samples_(std::max<std::int64_t>(1, duration_ms * rate / 1000)) {}

void waveform::add(std::string_view bytes) {
  for (const unsigned char byte : bytes) {
    if (low_ < 0) {
      low_ = byte;
      continue;
    }
    const int value = byte << 8 | low_;
    add_sample(value < loudest_sample ? value : value - 2 * loudest_sample);
    low_ = -1;
  }
}

void waveform::add_sample(int value) {
  constexpr auto last = static_cast<std::int64_t>(peaks - 1);
  const auto place = std::min(last, at_ * static_cast<std::int64_t>(peaks) / samples_);
  auto& peak = loudest_[static_cast<std::size_t>(place)];
  peak = std::max(peak, std::abs(value));
  ++at_;
}

std::string waveform::hex() const {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * peaks);
  for (const int sample : loudest_) {
    const auto peak =
        static_cast<unsigned>((sample * loudest_peak + loudest_sample / 2) / loudest_sample);
    out += digits[peak >> 4];
    out += digits[peak & 15];
  }
  return out;
}

}  // namespace nova::media
