// The Date field of an answer (RFC 9110 §5.6.7). Used wherever an HTTP answer is written.
#pragma once

#include "protocols/core/ids.hpp"

#include <string>

namespace nova::gateway {

/// "Sun, 06 Nov 1994 08:49:37 GMT". Made once a second for each thread; valid until its next call.
const std::string& http_date(unix_ms now);

}  // namespace nova::gateway
