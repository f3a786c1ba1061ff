#include "gateway/transfer/tus_rules.hpp"

#include "gateway/transfer/checksum.hpp"
#include "protocols/core/text.hpp"

#include <google/protobuf/stubs/common.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <set>

namespace nova::gateway {
namespace {

error malformed(std::string_view field) {
  return make_error(errc::invalid_request, std::string(field) + " is malformed.");
}

template <class F>
bool every_item(std::string_view list, char separator, F f) {
  while (true) {
    const auto at = list.find(separator);
    if (!f(without_blanks(list.substr(0, at)))) return false;
    if (at == list.npos) return true;
    list.remove_prefix(at + 1);
  }
}

}  // namespace

std::optional<std::int64_t> read_bytes(std::string_view field) {
  std::int64_t n = 0;
  const auto [end, ec] = std::from_chars(field.data(), field.data() + field.size(), n);
  constexpr std::int64_t most = 1'000'000'000'000'000;
  const bool beyond = ec == std::errc::result_out_of_range;
  if (field.empty() || field.front() == '-' || (ec != std::errc() && !beyond) ||
      end != field.data() + field.size())
    return std::nullopt;
  return beyond ? most : std::min(n, most);
}

result<upload_metadata> read_metadata(std::string_view field) {
  upload_metadata out;
  if (field.empty()) return out;
  std::set<std::string, std::less<>> seen;
  const bool good = every_item(field, ',', [&](std::string_view item) {
    const auto blank = item.find(' ');
    const auto key = item.substr(0, blank);
    const auto value = blank == item.npos ? std::optional<std::string>("")
                                          : read_base64(without_blanks(item.substr(blank + 1)));
    const bool ascii =
        !key.empty() && std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7f; });
    if (!ascii || !value || !seen.emplace(key).second) return false;
    if (key != "filename" && key != "filetype" && key != "purpose") return true;
    if (!is_plain_text(*value)) return false;
    if (key == "filename") out.file_name = clean_file_name(*value);
    else if (key == "filetype") out.content_type = *value;
    else out.purpose = *value;
    return true;
  });
  if (!good || out.content_type.size() > 255) return malformed("Upload-Metadata");
  return out;
}

result<upload_concat> read_concat(std::string_view field) {
  upload_concat out;
  if (field.empty()) return out;
  if (field == "partial") {
    out.partial = true;
    return out;
  }
  constexpr std::string_view final_prefix = "final;";
  if (!field.starts_with(final_prefix)) return malformed("Upload-Concat");
  field = without_blanks(field.substr(final_prefix.size()));
  constexpr std::size_t most_parts = 1'000;
  const bool good = every_item(field, ' ', [&](std::string_view url) {
    if (const auto scheme = url.find("://"); scheme != url.npos) {
      const auto slash = url.find('/', scheme + 3);
      url = slash == url.npos ? std::string_view() : url.substr(slash);
    }
    const auto id = upload_of(url);
    if (id.empty() || out.parts.size() == most_parts) return false;
    out.parts.emplace_back(id);
    return true;
  });
  if (!good) return malformed("Upload-Concat");
  return out;
}

std::string_view upload_of(std::string_view path) {
  if (!path.starts_with(uploads_path) || path.size() < uploads_path.size() + 2 ||
      path[uploads_path.size()] != '/')
    return {};
  const auto id = path.substr(uploads_path.size() + 1);
  return id.find('/') == id.npos ? id : std::string_view();
}

std::string clean_file_name(std::string_view name) {
  if (const auto slash = name.find_last_of("/\\"); slash != name.npos)
    name.remove_prefix(slash + 1);
  std::string out;
  for (const char c : name)
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
  constexpr std::size_t most = 255;
  if (out.size() > most) {
    out.resize(most);
    while (!out.empty() && !is_plain_text(out)) out.pop_back();
  }
  return out == "." || out == ".." ? std::string() : out;
}

bool is_plain_text(std::string_view text) {
  return text.find('\0') == text.npos && google::protobuf::internal::IsStructurallyValidUTF8(
                                             text.data(), static_cast<int>(text.size()));
}

std::string http_time(unix_ms t) {
  const std::time_t seconds = t / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[40];
  const auto n = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, n};
}

}  // namespace nova::gateway
