// The text of one member of a JSON object, as the client sent it. Boost.JSON keeps only values, but a
// JSON-RPC id must come back byte for byte. Used by rpc_codec.
#pragma once

#include <string_view>

namespace nova::gateway {

/// `object`: the text of an object that a parser has accepted. Of repeated names the last counts.
/// Empty when there is no such member.
std::string_view member_text(std::string_view object, std::string_view name);

}  // namespace nova::gateway
