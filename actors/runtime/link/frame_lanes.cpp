#include "actors/runtime/link/frame_lanes.hpp"

namespace nova::link {

namespace {

constexpr std::uint8_t bulk_flag = 1, more_flag = 2;
constexpr char item_tag = 0x0a;  // field 1 of link.Envelopes, length-delimited

void append_varint(std::string& to, std::size_t n) {
  for (; n >= 0x80; n >>= 7) to.push_back(static_cast<char>(n | 0x80));
  to.push_back(static_cast<char>(n));
}

}  // namespace

bool outgoing_lanes::add(const Envelope& e, lane on) {
  const auto size = e.ByteSizeLong();
  if (size + 16 > max_message_bytes) return false;
  auto& w = lanes_[index(on)];
  const auto before = w.bytes.size();
  w.bytes.push_back(item_tag);
  append_varint(w.bytes, size);
  const auto at = w.bytes.size();
  w.bytes.resize(at + size);
  e.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(w.bytes.data() + at));
  w.ends.push_back(w.bytes.size());
  waiting_ += w.bytes.size() - before;
  return true;
}

std::size_t outgoing_lanes::take_frame(lane on, std::string& to) {
  auto& w = lanes_[index(on)];
  std::size_t end = w.next;
  bool more = false;
  while (!w.ends.empty() && w.ends.front() - w.next <= max_part_bytes) {
    end = w.ends.front();
    w.ends.pop_front();
  }
  if (end == w.next) {
    end = w.next + max_part_bytes;
    more = true;
  }
  const auto size = end - w.next;
  to.push_back(static_cast<char>((on == lane::bulk ? bulk_flag : 0) | (more ? more_flag : 0)));
  for (const int shift : {16, 8, 0}) to.push_back(static_cast<char>(size >> shift));
  to.append(w.bytes, w.next, size);
  w.next = end;
  waiting_ -= size;
  if (w.next == w.bytes.size()) {
    constexpr std::size_t kept_bytes = 1 << 20;
    w.next = 0;
    w.bytes.clear();
    if (w.bytes.capacity() > kept_bytes) w.bytes = {};
  } else if (w.next > w.bytes.size() / 2) {
    w.bytes.erase(0, w.next);
    for (auto& x : w.ends) x -= w.next;
    w.next = 0;
  }
  return size;
}

void outgoing_lanes::clear() {
  lanes_ = {};
  waiting_ = 0;
}

incoming_lanes::step incoming_lanes::next(std::string& out, std::size_t& part_bytes) {
  for (;;) {
    const auto left = buffer_.size() - at_;
    if (left < header_bytes) break;
    const auto* h = reinterpret_cast<const std::uint8_t*>(buffer_.data() + at_);
    const std::size_t size = std::size_t{h[1]} << 16 | std::size_t{h[2]} << 8 | h[3];
    if (h[0] > (bulk_flag | more_flag) || size > most_part_) return step::broken;
    if (left < header_bytes + size) break;
    const auto on = h[0] & bulk_flag;
    const bool more = (h[0] & more_flag) != 0;
    auto& whole = parts_[on];
    if (whole.size() + size > max_message_bytes) return step::broken;
    whole.append(buffer_, at_ + header_bytes, size);
    part_bytes_[on] += size;
    at_ += header_bytes + size;
    if (more) continue;
    out = std::move(whole);
    whole.clear();
    part_bytes = std::exchange(part_bytes_[on], 0);
    return step::message;
  }
  buffer_.erase(0, at_);
  at_ = 0;
  return step::more;
}

}  // namespace nova::link
