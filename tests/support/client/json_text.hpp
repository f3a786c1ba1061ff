// Light reading and writing of JSON text, for clients that handle tens of thousands of small frames a second and know
// their shape. What it cannot find it reports as absent; full parsing is Boost.JSON's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nova::client {

/// Appends `text` as a JSON string with its quotes.
void append_quoted(std::string& out, std::string_view text);
std::string quoted(std::string_view text);

/// The first member `"name":` anywhere in `json` that is a number; the first that is a string (escapes stay as they are). Only for frames whose free text
/// cannot contain the name.
std::optional<std::int64_t> find_number(std::string_view json, std::string_view name);
std::string_view find_string(std::string_view json, std::string_view name);

/// What a JSON-RPC frame is, with the text of its interesting part.
struct frame_view {
  enum class kind { result, error, push, other } what = kind::other;
  std::uint64_t id = 0;
  std::string_view method;  ///< of a push
  std::string_view body;    ///< result, error or params
};

/// Reads the frame's top level only, in any order of members.
frame_view read_frame(std::string_view json);

}  // namespace nova::client
