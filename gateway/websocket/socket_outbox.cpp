#include "gateway/websocket/socket_outbox.hpp"

namespace nova::gateway {

bool socket_outbox::over_limits() const noexcept {
  return queue_.pushed_bytes() > max_bytes_ || queue_.frames() > max_frames_ ||
         queue_.bytes() > answers_factor * max_bytes_;
}

socket_outbox::next socket_outbox::add(frame f, kind k) {
  queue_.add(std::move(f), k);
  if (over_limits()) return next::too_slow;
  return k == kind::push ? want_round() : wake();
}

socket_outbox::next socket_outbox::add_last(frame f, bool instead) {
  if (instead) queue_.drop_unsent();
  queue_.add(std::move(f), kind::answer);
  return wake();
}

socket_outbox::next socket_outbox::wake() noexcept {
  if (state_ >= state::flush_wanted) return next::nothing;
  state_ = state::flush_wanted;
  return next::soon;
}

socket_outbox::next socket_outbox::want_round() noexcept {
  if (state_ != state::idle) return next::nothing;
  state_ = state::round_wanted;
  return next::round;
}

}  // namespace nova::gateway
