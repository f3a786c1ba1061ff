// The one reader of JSON texts (RFC 8259) that clients send. Called by the gateway.
#pragma once

#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <string_view>

namespace nova::rpc::json {

/// Parses the whole of `text` as one value, nested at most `max_depth` deep. Unlike boost::json::parse, a number with a fraction or
/// an exponent becomes the nearest double; Boost 1.81 is off by one unit in the last place for three in ten numbers of 17 digits.
/// Of equal keys the last one counts. On an error `failure` is a boost::json::error and the result is null.
boost::json::value parse(std::string_view text, std::size_t max_depth,
                         boost::system::error_code& failure);

}  // namespace nova::rpc::json
