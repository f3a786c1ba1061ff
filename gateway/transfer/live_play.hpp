// One GET or HEAD of a player: the playlist, a segment, or the head of segments. Made by live_routes.
#pragma once

#include "gateway/transfer/live_publish.hpp"
#include "gateway/transfer/live_viewers.hpp"
#include "gateway/transfer/live_windows.hpp"

namespace nova::gateway {

class live_play final : public transfer_request {
 public:
  live_play(transfer_common& shared, const live_steps& steps, live_viewers& viewers,
            live_windows& windows, io_thread& thread, const http_request& request,
            const std::string& address, const std::string& request_id, stream_answers answers,
            live_file what);
  void start();

 private:
  std::shared_ptr<live_play> self() {
    return std::static_pointer_cast<live_play>(shared_from_this());
  }
  void ask_for_window();
  bool serves(const live::Window& w) const;
  void use(const live::Window& w);
  void answer_playlist(const live::Window& w);
  void tell_viewers(const live_viewers::tell& t);
  void find_segment(const live::Window& w);
  void send(const std::string& blob, std::string_view type);
  void send_file(const std::string& blob, std::string_view type,
                 std::shared_ptr<const blobs::reader> file);

  const live_steps& steps_;
  live_viewers& viewers_;
  live_windows& windows_;
  const live_file what_;
  const std::string range_, if_none_match_;
  std::optional<playback> signed_;
};

}  // namespace nova::gateway
