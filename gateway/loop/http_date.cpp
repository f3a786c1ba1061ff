#include "gateway/loop/http_date.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace nova::gateway {
namespace {

std::string made(std::chrono::sys_seconds at) {
  constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  std::array<char, 64> out;
  std::snprintf(out.data(), out.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                days[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return out.data();
}

}  // namespace

const std::string& http_date(unix_ms now) {
  thread_local unix_ms second = -1;
  thread_local std::string text;
  if (second != now / 1000) {
    second = now / 1000;
    text = made(std::chrono::sys_seconds(std::chrono::seconds(second)));
  }
  return text;
}

}  // namespace nova::gateway
