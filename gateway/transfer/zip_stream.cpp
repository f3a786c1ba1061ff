#include "gateway/transfer/zip_stream.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstring>

namespace nova::gateway {
namespace {

constexpr std::int64_t narrow_bytes = 0xffff'fffe;
constexpr std::size_t narrow_entries = 0xfffe;
constexpr std::uint64_t name_is_utf8 = 1 << 11, sizes_come_behind = 1 << 3;
constexpr std::uint64_t narrow_version = 20, wide_version = 45, made_on_unix = 3 << 8;
constexpr std::uint64_t first_day = 1 << 5 | 1;  // 1 January 1980: none is told
constexpr std::uint64_t plain_file = 0100600ull << 16;
constexpr std::uint64_t filled_2 = 0xffff, filled_4 = 0xffff'ffff;

struct field {
  std::uint64_t value;
  int bytes;
};

std::string bytes_of(std::initializer_list<field> fields) {
  std::string out;
  for (const auto& f : fields)
    for (int i = 0; i < f.bytes; ++i) out += static_cast<char>(f.value >> 8 * i & 0xff);
  return out;
}

std::uint64_t of(std::int64_t n) { return static_cast<std::uint64_t>(n); }

std::uint64_t flags_of(const zip_entry& e) {
  return name_is_utf8 | (e.crc ? 0 : sizes_come_behind);
}

}  // namespace

zip_stream::zip_stream(std::vector<zip_entry> entries, bool wide)
    : entries_(std::move(entries)), wide_(wide) {
  const auto measure = [this] {
    std::int64_t rows = 0;
    rows_at_ = 0;
    for (const auto& e : entries_) {
      rows += std::ssize(row_of(e, 0, 0));
      rows_at_ += std::ssize(head_of(e)) + e.size + std::ssize(foot_of(e, 0));
    }
    size_ = rows_at_ + rows + std::ssize(end_of_file(rows_at_, rows));
  };
  measure();
  if (wide_ || (size_ <= narrow_bytes && entries_.size() <= narrow_entries)) return;
  wide_ = true;
  measure();
}

std::string zip_stream::head_of(const zip_entry& e) const {
  const auto size = e.crc ? of(e.size) : 0;
  auto out = bytes_of({{0x04034b50, 4},
                       {wide_ ? wide_version : narrow_version, 2},
                       {flags_of(e), 2},
                       {0, 2},
                       {0, 2},
                       {first_day, 2},
                       {e.crc.value_or(0), 4},
                       {wide_ ? filled_4 : size, 4},
                       {wide_ ? filled_4 : size, 4},
                       {e.name.size(), 2},
                       {wide_ ? 20u : 0u, 2}}) +
             e.name;
  if (wide_) out += bytes_of({{1, 2}, {16, 2}, {size, 8}, {size, 8}});
  return out;
}

std::string zip_stream::foot_of(const zip_entry& e, std::uint32_t crc) const {
  if (e.crc) return {};
  const int width = wide_ ? 8 : 4;
  return bytes_of({{0x08074b50, 4}, {crc, 4}, {of(e.size), width}, {of(e.size), width}});
}

std::string zip_stream::row_of(const zip_entry& e, std::uint32_t crc, std::int64_t at) const {
  const auto version = wide_ ? wide_version : narrow_version;
  auto out = bytes_of({{0x02014b50, 4},
                       {version | made_on_unix, 2},
                       {version, 2},
                       {flags_of(e), 2},
                       {0, 2},
                       {0, 2},
                       {first_day, 2},
                       {crc, 4},
                       {wide_ ? filled_4 : of(e.size), 4},
                       {wide_ ? filled_4 : of(e.size), 4},
                       {e.name.size(), 2},
                       {wide_ ? 28u : 0u, 2},
                       {0, 2},
                       {0, 2},
                       {0, 2},
                       {plain_file, 4},
                       {wide_ ? filled_4 : of(at), 4}}) +
             e.name;
  if (wide_) out += bytes_of({{1, 2}, {24, 2}, {of(e.size), 8}, {of(e.size), 8}, {of(at), 8}});
  return out;
}

std::string zip_stream::end_of_file(std::int64_t rows_at, std::int64_t rows_size) const {
  const auto n = entries_.size();
  std::string out;
  if (wide_)
    out = bytes_of({{0x06064b50, 4},
                    {44, 8},
                    {wide_version | made_on_unix, 2},
                    {wide_version, 2},
                    {0, 4},
                    {0, 4},
                    {n, 8},
                    {n, 8},
                    {of(rows_size), 8},
                    {of(rows_at), 8},
                    {0x07064b50, 4},
                    {0, 4},
                    {of(rows_at + rows_size), 8},
                    {1, 4}});
  return out + bytes_of({{0x06054b50, 4},
                         {0, 2},
                         {0, 2},
                         {wide_ ? filled_2 : n, 2},
                         {wide_ ? filled_2 : n, 2},
                         {wide_ ? filled_4 : of(rows_size), 4},
                         {wide_ ? filled_4 : of(rows_at), 4},
                         {0, 2}});
}

result<bool> zip_stream::go_on() const {
  taken_ = 0;
  ready_.clear();
  if (file_) {
    const auto& e = entries_[entry_++];
    ready_ = foot_of(e, crc_);
    rows_ += row_of(e, crc_, at_ - e.size - std::ssize(head_of(e)));
    file_.reset();
    return true;
  }
  if (entry_ < entries_.size()) {
    auto opened = entries_[entry_].open();
    if (!opened) return opened.error();
    file_ = *std::move(opened);
    file_at_ = 0;
    crc_ = 0;
    ready_ = head_of(entries_[entry_]);
    return true;
  }
  if (std::exchange(ended_, true)) return false;
  const auto rows = std::ssize(rows_);
  ready_ = std::exchange(rows_, {}) + end_of_file(rows_at_, rows);
  return true;
}

result<std::size_t> zip_stream::read(std::int64_t offset, char* to, std::size_t bytes) const {
  const std::lock_guard lock(mutex_);
  if (offset != at_)
    return make_error(errc::internal, "A ZIP file is made from its front to its end.");
  std::size_t done = 0;
  while (done < bytes) {
    std::size_t n = std::min(bytes - done, ready_.size() - taken_);
    if (n > 0) {
      std::memcpy(to + done, ready_.data() + taken_, n);
      taken_ += n;
    } else if (file_ && file_at_ < entries_[entry_].size) {
      const auto left = static_cast<std::size_t>(entries_[entry_].size - file_at_);
      const auto got = file_->read(file_at_, to + done, std::min(bytes - done, left));
      if (!got) return got.error();
      n = *got;
      if (n == 0)
        return make_error(errc::unavailable, "A file of the archive is shorter than it was.");
      crc_ =
          static_cast<std::uint32_t>(::crc32_z(crc_, reinterpret_cast<const Bytef*>(to + done), n));
      file_at_ += static_cast<std::int64_t>(n);
    } else {
      const auto more = go_on();
      if (!more) return more.error();
      if (!*more) break;
    }
    done += n;
    at_ += static_cast<std::int64_t>(n);
  }
  return done;
}

}  // namespace nova::gateway
