// The text of one member of a JSON object, as it was sent. Boost.JSON keeps values only, and a
// JSON-RPC id must come back byte for byte. Used by rpc_codec.
#pragma once

#include <string_view>

namespace nova::gateway {

/// `object`: the text of an object that a parser has accepted. Of repeated names the last counts;
/// empty when there is none.
std::string_view member_text(std::string_view object, std::string_view name);

}  // namespace nova::gateway
