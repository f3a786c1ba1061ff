// Addresses of live streams as the domain makes and the gateway reads them.
#pragma once

#include <string>
#include <string_view>

namespace nova {

/// The path that a playback address is signed for: the stream and the token, so that neither can be exchanged.
inline std::string live_path(std::string_view stream, std::string_view token) {
  return "/v1/streams/" + std::string(stream) + "/live/" + std::string(token);
}

}  // namespace nova
