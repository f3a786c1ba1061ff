// The encoders that publish by RTMP through this gateway. Part of the edge: rtmp_callback enters and removes them, live_routes finds
// the one whose files ffmpeg puts, answers tell the port. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace nova::gateway {

struct rtmp_publisher {
  std::string stream_id, key;
  std::string
      from;  ///< how the stream knows its encoder: the same when it comes back from the same address
  std::string client;  ///< nginx's number of the connection
};

class rtmp_publishers {
 public:
  /// False: an encoder publishes with this key already. `token` stands for the key in the address to which ffmpeg puts, because
  /// arguments of programs are readable for all users of the machine.
  bool enter(const std::string& token, rtmp_publisher p);
  /// The publisher of the token.
  std::optional<rtmp_publisher> find(std::string_view token) const;
  /// The publisher with this key.
  std::optional<rtmp_publisher> find_key(std::string_view key) const;
  /// Of that connection only: a later one with the same key stays.
  void leave(std::string_view key, std::string_view client);
  /// The RTMP server has ended, and all connections with it.
  void clear();

  /// Where encoders find the RTMP server; 0: there is none.
  std::atomic<std::uint16_t> port{0};

 private:
  mutable std::mutex mutex_;
  std::map<std::string, rtmp_publisher, std::less<>> by_token_;
};

}  // namespace nova::gateway
