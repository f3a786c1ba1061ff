// One GET or HEAD of a player: the playlist, a segment, or the head of segments. Made by live_routes.
#pragma once

#include "gateway/transfer/live_publish.hpp"
#include "gateway/transfer/live_viewers.hpp"

namespace nova::gateway {

class live_play final : public transfer_request {
 public:
  live_play(transfer_common& shared, const live_steps& steps, live_viewers& viewers,
            io_thread& thread, const http_request& request, const std::string& address,
            const std::string& request_id, stream_answers answers, live_file what);
  void start();

 private:
  std::shared_ptr<live_play> self() {
    return std::static_pointer_cast<live_play>(shared_from_this());
  }
  void ask_for_window();
  void answer_playlist(const live::Window& w);
  void tell_viewers(const live_viewers::tell& t);
  void find_segment(const live::Window& w);
  void send(const std::string& blob, std::string_view type);

  const live_steps& steps_;
  live_viewers& viewers_;
  const live_file what_;
  const std::string range_, if_none_match_;
  std::optional<playback> signed_;
};

}  // namespace nova::gateway
