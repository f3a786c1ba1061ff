#include "protocols/core/ids.hpp"

#include <sodium.h>
#include <xxhash.h>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>

namespace nova {

namespace {

constexpr unix_ms first_ms = -62'167'219'200'000;  // 0000-01-01T00:00:00.000Z
constexpr unix_ms last_ms = 253'402'300'799'999;   // 9999-12-31T23:59:59.999Z

constexpr std::uint8_t no_digit = 0xff;

/// The value of each character as a hexadecimal digit; `no_digit` for the others. A table, because
/// every message that is stored has three identifiers to read.
constexpr auto hex_values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(no_digit);
  for (std::uint8_t i = 0; i < 10; ++i) values['0' + i] = i;
  for (std::uint8_t i = 0; i < 6; ++i) values['a' + i] = values['A' + i] = 10 + i;
  return values;
}();

std::uint8_t hex_digit(char c) noexcept { return hex_values[static_cast<unsigned char>(c)]; }

void put_digits(char* to, unsigned value, int count) noexcept {
  for (int i = count - 1; i >= 0; --i, value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

/// Takes exactly `count` digits off the front; -1 when they are not there.
int take_digits(std::string_view& text, std::size_t count) noexcept {
  if (text.size() < count) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) noexcept {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// `.123456` to 123; digits behind the third are dropped. Empty: malformed.
std::optional<int> take_millis(std::string_view& text) noexcept {
  if (!take(text, ".")) return 0;
  int ms = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits)
    if (digits < 3) ms = ms * 10 + (text[digits] - '0');
  if (digits == 0 || digits > 9) return std::nullopt;
  for (std::size_t i = digits; i < 3; ++i) ms *= 10;
  text.remove_prefix(digits);
  return ms;
}

/// `Z` or `+hh:mm` to minutes east of Greenwich. Empty: malformed.
std::optional<int> take_offset(std::string_view& text) noexcept {
  if (take(text, "Zz")) return 0;
  const int sign = !text.empty() && text.front() == '-' ? -1 : 1;
  if (!take(text, "+-")) return std::nullopt;
  const int hours = take_digits(text, 2);
  if (!take(text, ":")) return std::nullopt;
  const int minutes = take_digits(text, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return sign * (hours * 60 + minutes);
}

class kernel_clock final : public wall_clock {
 public:
  unix_ms now() const override {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  }
};

class kernel_random final : public random_source {
 public:
  kernel_random() {
    if (sodium_init() < 0) throw std::runtime_error("libsodium has no source of randomness");
  }
  void fill(std::span<std::uint8_t> out) override {
    if (out.size() > stock::bytes) return randombytes_buf(out.data(), out.size());
    thread_local stock ready;
    ready.take(out);
  }

 private:
  /// Bytes of the kernel's for many identifiers: one system call for all of them. What was handed out is wiped.
  struct stock {
    static constexpr std::size_t bytes = 1024;
    std::array<std::uint8_t, bytes> left;
    std::size_t used = bytes;

    void take(std::span<std::uint8_t> out) {
      if (out.size() > bytes - used) {
        randombytes_buf(left.data(), bytes);
        used = 0;
      }
      std::copy_n(left.data() + used, out.size(), out.data());
      sodium_memzero(left.data() + used, out.size());
      used += out.size();
    }
  };
};

}  // namespace

std::string to_string(const uuid& id) {
  std::string text(36, '\0');
  boost::uuids::to_chars(id, text.begin());
  return text;
}

std::optional<uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  uuid id;
  std::size_t at = 0;
  for (auto& byte : id) {
    if (at == 8 || at == 13 || at == 18 || at == 23)
      if (text[at++] != '-') return std::nullopt;
    const auto high = hex_digit(text[at]), low = hex_digit(text[at + 1]);
    if (high == no_digit || low == no_digit) return std::nullopt;
    byte = static_cast<std::uint8_t>(high << 4 | low);
    at += 2;
  }
  return id;
}

std::string format_rfc3339(unix_ms t) {
  using namespace std::chrono;
  t = std::clamp(t, first_ms, last_ms);
  const auto day = floor<days>(sys_time<milliseconds>(milliseconds(t)));
  const year_month_day date(day);
  const auto ms = static_cast<unsigned>((milliseconds(t) - day.time_since_epoch()).count());
  std::string text = "0000-00-00T00:00:00.000Z";
  put_digits(&text[0], static_cast<unsigned>(static_cast<int>(date.year())), 4);
  put_digits(&text[5], static_cast<unsigned>(date.month()), 2);
  put_digits(&text[8], static_cast<unsigned>(date.day()), 2);
  put_digits(&text[11], ms / 3'600'000, 2);
  put_digits(&text[14], ms / 60'000 % 60, 2);
  put_digits(&text[17], ms / 1'000 % 60, 2);
  put_digits(&text[20], ms % 1'000, 3);
  return text;
}

std::optional<unix_ms> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const int y = take_digits(text, 4);
  if (!take(text, "-")) return std::nullopt;
  const int m = take_digits(text, 2);
  if (!take(text, "-")) return std::nullopt;
  const int d = take_digits(text, 2);
  if (!take(text, "Tt")) return std::nullopt;
  const int hour = take_digits(text, 2);
  if (!take(text, ":")) return std::nullopt;
  const int minute = take_digits(text, 2);
  if (!take(text, ":")) return std::nullopt;
  const int second = take_digits(text, 2);
  const auto ms = take_millis(text);
  const auto offset = take_offset(text);
  if (!ms || !offset || !text.empty() || y < 0 || m < 0 || d < 0) return std::nullopt;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
    return std::nullopt;
  const year_month_day date(year(y), month(static_cast<unsigned>(m)),
                            day(static_cast<unsigned>(d)));
  if (!date.ok()) return std::nullopt;
  const auto at = sys_days(date).time_since_epoch() + hours(hour) + minutes(minute - *offset) +
                  seconds(second) + milliseconds(*ms);
  return duration_cast<milliseconds>(at).count();
}

std::uint64_t random_source::next_u64() {
  std::array<std::uint8_t, 8> bytes;
  fill(bytes);
  std::uint64_t value = 0;
  for (auto byte : bytes) value = value << 8 | byte;
  return value;
}

uuid make_uuid_v7(unix_ms now, random_source& random) {
  uuid id;
  random.fill({id.data + 6, 10});
  for (int i = 0; i < 6; ++i)
    id.data[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(now) >> (40 - 8 * i));
  id.data[6] = static_cast<std::uint8_t>((id.data[6] & 0x0f) | 0x70);
  id.data[8] = static_cast<std::uint8_t>((id.data[8] & 0x3f) | 0x80);
  return id;
}

const wall_clock& system_wall_clock() {
  static const kernel_clock clock;
  return clock;
}

random_source& system_random() {
  static kernel_random random;
  return random;
}

std::uint64_t stable_hash(std::string_view key) noexcept {
  return XXH3_64bits(key.data(), key.size());
}

}  // namespace nova
