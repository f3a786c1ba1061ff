#include "gateway/websocket/closing_handshake.hpp"

#include <utility>

namespace nova::gateway {

void closing_handshake::upgraded() noexcept {
  phase_ = phase::open;
  deadline_ = time_point::max();
}

bool closing_handshake::begin(phase by, time_point cut_at) noexcept {
  if (begun()) return false;
  phase_ = by;
  deadline_ = cut_at;
  return true;
}

void closing_handshake::read_ended(bool by_close_frame) noexcept {
  if (phase_ > phase::theirs) return;
  phase_ = phase_ == phase::ours && by_close_frame ? phase::answered : phase::ended;
}

closing_handshake::next closing_handshake::written() const noexcept {
  switch (phase_) {
    case phase::open:
    case phase::ours:
    case phase::theirs: return next::read;
    case phase::answered: return next::close;
    case phase::ended: return next::drop;
    case phase::upgrading:
    case phase::dropping:
    case phase::closed: break;
  }
  return next::nothing;
}

bool closing_handshake::close() noexcept {
  return std::exchange(phase_, phase::closed) != phase::closed;
}

}  // namespace nova::gateway
