#include "storage/blobs/s3_answers.hpp"

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>

#include <algorithm>
#include <charconv>
#include <sstream>

namespace nova::storage {
namespace {

using boost::property_tree::ptree;

/// The document's root by its name, without a namespace's prefix; an empty tree for what is no XML.
std::pair<std::string, ptree> root_of(std::string_view xml) {
  if (xml.empty()) return {};
  std::istringstream in{std::string(xml)};
  ptree tree;
  try {
    boost::property_tree::read_xml(in, tree);
  } catch (const boost::property_tree::xml_parser_error&) {
    return {};
  }
  if (tree.empty()) return {};
  return {tree.front().first, tree.front().second};
}

std::string text_of(const ptree& tree, const char* name) {
  return tree.get<std::string>(name, std::string());
}

/// 2026-11-30T00:00:00.000Z
std::chrono::sys_seconds time_of(std::string_view text) {
  const auto number = [&](std::size_t at, std::size_t digits) {
    int n = 0;
    if (text.size() >= at + digits) std::from_chars(text.data() + at, text.data() + at + digits, n);
    return n;
  };
  const std::chrono::year_month_day day(std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2))));
  if (!day.ok()) return {};
  return std::chrono::sys_days(day) + std::chrono::hours(number(11, 2)) +
         std::chrono::minutes(number(14, 2)) + std::chrono::seconds(number(17, 2));
}

}  // namespace

s3_page read_page(std::string_view xml) {
  const auto [name, root] = root_of(xml);
  s3_page page;
  for (const auto& [child, tree] : root) {
    if (child != "Contents" && child != "Upload") continue;
    s3_page::item item{text_of(tree, "Key"), text_of(tree, "UploadId"),
                       tree.get<std::int64_t>("Size", 0),
                       time_of(text_of(tree, child == "Upload" ? "Initiated" : "LastModified"))};
    page.items.push_back(std::move(item));
  }
  if (text_of(root, "IsTruncated") != "true") return page;
  const bool uploads = name == "ListMultipartUploadsResult";
  page.next = text_of(root, uploads ? "NextKeyMarker" : "NextContinuationToken");
  page.next_upload = text_of(root, "NextUploadIdMarker");
  return page;
}

std::string read_refusal(std::string_view xml) {
  const auto [name, root] = root_of(xml);
  if (name != "Error") return {};
  auto code = text_of(root, "Code");
  std::erase_if(code, [](char c) { return (c < 'A' || c > 'Z') && (c < 'a' || c > 'z'); });
  return code.empty() ? "Error" : code;
}

std::string read_upload_id(std::string_view xml) {
  return text_of(root_of(xml).second, "UploadId");
}

std::string finished_upload(const std::vector<std::string>& etags) {
  std::string out = "<CompleteMultipartUpload>";
  int number = 0;
  for (const auto& etag : etags)
    out += "<Part><PartNumber>" + std::to_string(++number) + "</PartNumber><ETag>" + etag +
           "</ETag></Part>";
  return out + "</CompleteMultipartUpload>";
}

std::string query_text(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const unsigned char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) out += static_cast<char>(c);
    else out.append({'%', digits[c >> 4], digits[c & 15]});
  }
  return out;
}

}  // namespace nova::storage
