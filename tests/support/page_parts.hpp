// What pages of measurements share: text, numbers and style. Used by the pages of the bench and of the nemesis.
#pragma once

#include <string>
#include <string_view>

namespace nova::page {

/// Escapes text for HTML text and attributes.
std::string escaped(std::string_view text);
/// Three significant digits, thousands separated: "34,500", "0.0263".
std::string shown(double value);
/// A whole page, readable in light and dark mode, without scripts; it loads nothing. `title` is text, `body` is HTML.
std::string whole(std::string_view title, std::string_view body);

}  // namespace nova::page
