#include "gateway/http/static_files.hpp"

#include "gateway/codec/gzip.hpp"
#include "gateway/http/answer_rules.hpp"
#include "protocols/core/text.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace nova::gateway {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t max_file_bytes = 8 << 20, max_total_bytes = 64 << 20;

constexpr std::array<std::pair<std::string_view, std::string_view>, 14> types = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".map", "application/json"},
}};

std::string_view type_of(const fs::path& file) {
  auto extension = file.extension().string();
  for (const auto& [suffix, type] : types)
    if (suffix == extension) return type;
  return {};
}

/// Images and fonts are compressed as they are.
bool compressible(std::string_view type) {
  return type.starts_with("text/") || type.starts_with("application/") || type == "image/svg+xml";
}

/// So that the page knows them before the first request that fails.
void name_others(std::string& page, std::string_view others) {
  const auto end = page.find("</head>");
  if (others.empty() || end == page.npos) return;
  page.insert(end, "<meta name=\"nova-gateways\" content=\"" + std::string(others) + "\">");
}

/// Each with a blank before it.
std::string listed(std::span<const std::string> origins) {
  std::string out;
  for (const auto& origin : origins) out.append(1, ' ').append(origin);
  return out;
}

}  // namespace

std::string page_security_policy(std::span<const std::string> others) {
  const auto origins = listed(others);
  std::string sockets;
  for (std::string_view origin : others)  // http: ws:, https: wss:
    sockets.append(" ws").append(origin.substr(std::min<std::size_t>(4, origin.size())));
  return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:" +
         origins + "; media-src 'self' blob:" + origins + "; font-src 'self'; connect-src 'self'" +
         origins + sockets +
         "; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
}

const std::string_view docs_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' "
    "data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
    "'none'";

static_files::static_files(const std::string& folder, std::span<const std::string> others) {
  if (folder.empty()) return;
  const auto page_policy = page_security_policy(others);
  std::error_code ec;
  std::uintmax_t total = 0;
  for (fs::recursive_directory_iterator at(folder, ec), end; !ec && at != end; at.increment(ec)) {
    if (!at->is_regular_file(ec) || at->is_symlink(ec)) continue;
    auto type = type_of(at->path());
    auto size = at->file_size(ec);
    if (ec || type.empty() || size > max_file_bytes || total + size > max_total_bytes) continue;
    total += size;
    std::ifstream in(at->path(), std::ios::binary);
    std::string name = '/' + at->path().lexically_relative(folder).generic_string();
    bool in_assets = name.starts_with("/assets/");
    std::string body(std::istreambuf_iterator<char>(in), {});
    if (name == "/index.html") name_others(body, without_blanks(listed(others)));
    auto zipped = compressible(type) ? gzip(body) : std::string();
    auto etag = etag_of(body);
    auto file = std::make_shared<const static_file>(static_file{
        std::string(type), std::move(body), std::move(zipped), std::move(etag), in_assets,
        name.starts_with("/docs/") ? std::string(docs_security_policy) : page_policy});
    if (name == "/index.html") files_["/"] = file;
    if (name == "/mark.svg")
      files_["/favicon.ico"] = file;  // asked for without a page that names it
    if (name == "/docs/index.html") files_["/docs"] = files_["/docs/"] = file;
    files_[name] = std::move(file);
  }
}

std::shared_ptr<const static_file> static_files::find(std::string_view path) const {
  auto at = files_.find(path);
  return at == files_.end() ? nullptr : at->second;
}

}  // namespace nova::gateway
