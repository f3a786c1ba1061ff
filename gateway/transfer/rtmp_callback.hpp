// One question of the RTMP server about an encoder: may it publish, may it go on; or that it has ended. The stream decides. Made by
// live_routes; only programs of this machine may ask.
#pragma once

#include "gateway/session/rtmp_publishers.hpp"
#include "gateway/transfer/live_publish.hpp"

namespace nova::gateway {

inline constexpr std::string_view rtmp_callback_path = "/v1/ingest/rtmp";
/// In the place of a stream's id: the key is then a token of rtmp_publishers.
inline constexpr std::string_view rtmp_ingest = "rtmp";

/// The stream of a key: its id stands before the dot. Empty: no key of Nova's.
std::optional<std::string> stream_of_key(std::string_view key);

class rtmp_callback final : public transfer_request {
 public:
  static constexpr std::size_t max_bytes = 8 * 1024;

  rtmp_callback(transfer_common& shared, const live_steps& steps, io_thread& thread,
                const http_request& request, const std::string& address,
                const std::string& request_id, stream_answers answers);

  void start();
  bool take(std::string_view bytes) override;
  /// 302 with the encoder's new name, its token; 200: it may go on. 4xx: nginx closes its connection. A stream that cannot be asked
  /// ends no encoder that publishes.
  void end() override;

 private:
  std::shared_ptr<rtmp_callback> self() {
    return std::static_pointer_cast<rtmp_callback>(shared_from_this());
  }
  void publish(const std::string& key, const std::string& from, const std::string& client);
  void go_on(const std::string& key);
  void tell_gone(const std::string& key, const std::string& client);
  void ask_stream(const rtmp_publisher& p, std::function<void(std::optional<error>)> then);
  void say(int status, std::string location = {});

  const live_steps& steps_;
  std::string form_;
};

}  // namespace nova::gateway
