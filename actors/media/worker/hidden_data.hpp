// Takes out of a picture's file what is not the picture: places, the camera's data, comments, small copies, appended files. Nothing is
// decoded, so the picture stays as it was. Called by pictures.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nova::media {

/// `loader`: the name that libvips has for the format. Kept are the parts that draw the picture, its colours and its animation. Equal
/// to `bytes`: nothing was hidden. Empty: the file is not of the form that its format asks for.
std::optional<std::string> without_hidden_data(std::string_view bytes, std::string_view loader);

}  // namespace nova::media
