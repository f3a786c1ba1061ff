// The queue of one socket; see outgoing_queue.hpp.
#include "gateway/websocket/outgoing_queue.hpp"

namespace nova::gateway {

void outgoing_queue::add(frame f, kind k) {
  auto size = f.bytes().size();
  bytes_ += size;
  if (k == kind::push) pushed_ += size;
  frames_.push_back({std::move(f), k});
}

std::size_t outgoing_queue::gather(std::span<std::string_view> pieces) const {
  std::size_t count = 0;
  for (auto i = first_; i < frames_.size() && count < pieces.size(); ++i)
    pieces[count++] =
        i == first_ ? frames_[i].bytes.bytes().substr(offset_) : frames_[i].bytes.bytes();
  return count;
}

std::size_t outgoing_queue::consume(std::size_t n) {
  bytes_ -= n;
  std::size_t done = 0;
  while (n > 0) {
    auto& head = frames_[first_];
    auto size = head.bytes.bytes().size(), left = size - offset_;
    if (n < left) {
      offset_ += n;
      break;
    }
    n -= left;
    offset_ = 0;
    if (head.of == kind::push) pushed_ -= size;
    head.bytes = frame();
    ++first_;
    ++done;
  }
  if (empty()) clear();
  else if (first_ > 64 && first_ > frames_.size() / 2) {
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  return done;
}

void outgoing_queue::drop_unsent() {
  if (offset_ == 0) return clear();
  auto begun = frames_[first_];
  auto offset = offset_;
  clear();
  offset_ = offset;
  bytes_ = begun.bytes.bytes().size() - offset;
  frames_.push_back({std::move(begun.bytes), kind::answer});
}

void outgoing_queue::clear() {
  constexpr std::size_t kept_frames = 8;  // an idle socket keeps no large table
  if (frames_.capacity() > kept_frames) std::vector<entry>().swap(frames_);
  else frames_.clear();
  first_ = offset_ = bytes_ = pushed_ = 0;
}

}  // namespace nova::gateway
