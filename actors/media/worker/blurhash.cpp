#include "actors/media/worker/blurhash.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string_view>
#include <vector>

namespace nova::media {
namespace {

using colour = std::array<double, 3>;

constexpr int columns = 4, rows = 3;

double linear(std::uint8_t value) {
  const double v = value / 255.0;
  return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
}

int srgb(double value) {
  const double v = std::clamp(value, 0.0, 1.0);
  return static_cast<int>(
      (v <= 0.0031308 ? v * 12.92 : 1.055 * std::pow(v, 1 / 2.4) - 0.055) * 255 + 0.5);
}

std::string base83(int value, int digits) {
  constexpr std::string_view letters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
  std::string out(static_cast<std::size_t>(digits), '0');
  for (auto at = out.rbegin(); at != out.rend(); ++at, value /= 83)
    *at = letters[static_cast<std::size_t>(value % 83)];
  return out;
}

colour component(std::span<const std::uint8_t> rgb, int width, int height, int x, int y) {
  colour sum{};
  for (int j = 0; j < height; ++j)
    for (int i = 0; i < width; ++i) {
      const double basis =
          std::cos(std::numbers::pi * x * i / width) * std::cos(std::numbers::pi * y * j / height);
      for (std::size_t c = 0; c < 3; ++c)
        sum[c] += basis * linear(rgb[static_cast<std::size_t>(j * width + i) * 3 + c]);
    }
  const double scale = (x == 0 && y == 0 ? 1.0 : 2.0) / (width * height);
  for (auto& c : sum) c *= scale;
  return sum;
}

int quantised(double value, double most) {
  const double v = value / most;
  return std::clamp(
      static_cast<int>(std::floor(std::copysign(std::sqrt(std::abs(v)), v) * 9 + 9.5)), 0, 18);
}

}  // namespace

std::string blurhash(std::span<const std::uint8_t> rgb, int width, int height) {
  if (width <= 0 || height <= 0 || rgb.size() < static_cast<std::size_t>(width) * height * 3)
    return {};
  std::vector<colour> parts;
  for (int y = 0; y < rows; ++y)
    for (int x = 0; x < columns; ++x) parts.push_back(component(rgb, width, height, x, y));
  double largest = 0;
  for (std::size_t i = 1; i < parts.size(); ++i)
    for (const double c : parts[i]) largest = std::max(largest, std::abs(c));
  const int scale = std::clamp(static_cast<int>(largest * 166 - 0.5), 0, 82);
  std::string out = base83(columns - 1 + (rows - 1) * 9, 1) + base83(scale, 1);
  out += base83((srgb(parts[0][0]) << 16) + (srgb(parts[0][1]) << 8) + srgb(parts[0][2]), 4);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const double most = (scale + 1) / 166.0;
    const int r = quantised(parts[i][0], most), g = quantised(parts[i][1], most),
              b = quantised(parts[i][2], most);
    out += base83(r * 19 * 19 + g * 19 + b, 2);
  }
  return out;
}

}  // namespace nova::media
