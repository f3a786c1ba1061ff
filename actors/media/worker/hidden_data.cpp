#include "actors/media/worker/hidden_data.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

namespace nova::media {
namespace {

using std::string_view_literals::operator""sv;
using cleaned = std::optional<std::string>;

std::uint8_t byte(std::string_view b, std::size_t at) { return static_cast<std::uint8_t>(b[at]); }
std::uint32_t big(std::string_view b, std::size_t at, int bytes) {
  std::uint32_t n = 0;
  for (int i = 0; i < bytes; ++i) n = n << 8 | byte(b, at + static_cast<std::size_t>(i));
  return n;
}
std::uint32_t little(std::string_view b, std::size_t at) {
  return byte(b, at) | byte(b, at + 1) << 8 | byte(b, at + 2) << 16 |
         static_cast<std::uint32_t>(byte(b, at + 3)) << 24;
}

template <class List>
bool among(const List& list, std::string_view x) {
  return std::find(list.begin(), list.end(), x) != list.end();
}

// ---- JPEG: segments up to a scan, then its bits

/// One segment as it is kept: whole, shortened, or empty.
std::string kept_segment(std::uint8_t marker, std::string_view segment) {
  const auto content = segment.substr(4);
  if (marker == 0xe0 && content.starts_with("JFIF\0"sv) && content.size() >= 14) {
    std::string plain(segment.substr(0, 18));  // the small copy behind it is left out
    plain.replace(2, 2, "\0\x10"sv);
    plain.replace(16, 2, "\0\0"sv);
    return plain;
  }
  const bool drawn = (marker >= 0xc0 && marker <= 0xcf) || (marker >= 0xda && marker <= 0xdf) ||
                     (marker == 0xe2 && content.starts_with("ICC_PROFILE\0"sv)) ||
                     (marker == 0xee && content.starts_with("Adobe"));
  return std::string(drawn ? segment : ""sv);
}

/// The first marker behind the bits of a scan that does not belong to them.
std::size_t end_of_scan(std::string_view b, std::size_t at) {
  for (; at + 1 < b.size(); ++at) {
    const auto next = byte(b, at + 1);
    if (byte(b, at) == 0xff && next != 0 && next != 0xff && (next < 0xd0 || next > 0xd7)) return at;
  }
  return b.size();
}

cleaned clean_jpeg(std::string_view b) {
  if (!b.starts_with("\xff\xd8"sv)) return std::nullopt;
  std::string out(b.substr(0, 2));
  for (std::size_t at = 2;;) {
    while (at + 1 < b.size() && byte(b, at) == 0xff && byte(b, at + 1) == 0xff) ++at;
    if (at + 2 > b.size() || byte(b, at) != 0xff) return std::nullopt;
    const auto marker = byte(b, at + 1);
    if (marker == 0xd9) return out += b.substr(at, 2);
    if (at + 4 > b.size() || marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd8))
      return std::nullopt;
    const auto size = 2 + std::size_t{big(b, at + 2, 2)};
    if (size < 4 || at + size > b.size()) return std::nullopt;
    out += kept_segment(marker, b.substr(at, size));
    at += size;
    if (marker != 0xda) continue;
    const auto end = end_of_scan(b, at);
    out += b.substr(at, end - at);
    at = end;
  }
}

// ---- PNG: chunks

constexpr std::array png_chunks{"IHDR"sv, "PLTE"sv, "IDAT"sv, "IEND"sv, "tRNS"sv, "gAMA"sv,
                                "cHRM"sv, "sRGB"sv, "iCCP"sv, "sBIT"sv, "bKGD"sv, "pHYs"sv,
                                "cICP"sv, "acTL"sv, "fcTL"sv, "fdAT"sv};

cleaned clean_png(std::string_view b) {
  constexpr std::size_t around = 12;  // length, type, checksum
  if (!b.starts_with("\x89PNG\r\n\x1a\n"sv)) return std::nullopt;
  std::string out(b.substr(0, 8));
  for (std::size_t at = 8;;) {
    if (at + around > b.size()) return std::nullopt;
    const auto size = around + std::size_t{big(b, at, 4)};
    if (size > b.size() - at) return std::nullopt;
    const auto type = b.substr(at + 4, 4);
    if (among(png_chunks, type)) out += b.substr(at, size);
    if (type == "IEND") return out;
    at += size;
  }
}

// ---- GIF: blocks with pieces of at most 255 bytes

/// Behind the pieces that begin at `at`; past the end: some are missing.
std::size_t end_of_pieces(std::string_view b, std::size_t at) {
  while (at < b.size()) {
    const auto size = byte(b, at);
    at += 1 + std::size_t{size};
    if (size == 0) return at;
  }
  return b.size() + 1;
}

std::size_t size_of_colours(std::uint8_t flags) {
  return (flags & 0x80) != 0 ? std::size_t{3} << ((flags & 7) + 1) : 0;
}

cleaned clean_gif(std::string_view b) {
  constexpr std::size_t head = 13, image_head = 10, extension_head = 2;
  if (!b.starts_with("GIF8") || b.size() < head) return std::nullopt;
  std::size_t at = head + size_of_colours(byte(b, 10));
  std::string out(b.substr(0, at));
  while (at < b.size() && b[at] != ';') {
    const auto from = at;
    bool drawn = true;
    if (b[at] == ',' && at + image_head < b.size()) {
      at = end_of_pieces(b, at + image_head + size_of_colours(byte(b, at + 9)) + 1);
    } else if (b[at] == '!' && at + extension_head < b.size()) {
      const auto name = b.substr(std::min(at + 3, b.size()), 11);
      const auto kind = byte(b, at + 1);
      drawn = kind == 0xf9 || (kind == 0xff && (name == "NETSCAPE2.0" || name == "ANIMEXTS1.0" ||
                                                name == "ICCRGBG1012"));
      at = end_of_pieces(b, at + extension_head);
    } else if (b[at] == 0) {  // some programs fill up with them
      ++at;
      drawn = false;
    } else {
      return std::nullopt;
    }
    if (at > b.size()) return std::nullopt;
    if (drawn) out += b.substr(from, at - from);
  }
  return out += ';';
}

// ---- WebP: chunks, padded to an even length

constexpr std::size_t chunk_head = 8, frame_head = 16;
constexpr std::array webp_chunks{"VP8X"sv, "ICCP"sv, "ANIM"sv, "ALPH"sv, "VP8 "sv, "VP8L"sv};

void add_chunk(std::string& to, std::string_view type, std::string_view content) {
  to += type;
  for (int shift = 0; shift < 32; shift += 8)
    to += static_cast<char>(content.size() >> shift & 0xff);
  to += content;
  if (content.size() % 2 == 1) to += '\0';
}

/// The chunks of a file, or of one frame of an animation.
cleaned clean_chunks(std::string_view b, bool frame) {
  std::string out;
  for (std::size_t at = 0; at + chunk_head <= b.size();) {
    const auto size = std::size_t{little(b, at + 4)};
    if (size > b.size() - at - chunk_head) return std::nullopt;
    const auto type = b.substr(at, 4);
    std::string content(b.substr(at + chunk_head, size));
    at += chunk_head + size + size % 2;
    if (type == "ANMF" && !frame && size >= frame_head) {
      const auto inner = clean_chunks(std::string_view(content).substr(frame_head), true);
      if (!inner) return std::nullopt;
      content.replace(frame_head, content.npos, *inner);
    } else if (!among(webp_chunks, type)) {
      continue;
    }
    if (type == "VP8X" && !content.empty()) content[0] &= static_cast<char>(~0x0c);  // EXIF, XMP
    add_chunk(out, type, content);
  }
  return out;
}

cleaned clean_webp(std::string_view b) {
  if (b.size() < 12 || !b.starts_with("RIFF") || b.substr(8, 4) != "WEBP") return std::nullopt;
  const auto size = std::size_t{little(b, 4)};
  if (size < 4 || size > b.size() - 8) return std::nullopt;
  const auto chunks = clean_chunks(b.substr(12, size - 4), false);
  if (!chunks) return std::nullopt;
  std::string out;
  add_chunk(out, "RIFF", "WEBP" + *chunks);
  return out;
}

// ---- AVIF: the items and tracks that draw the picture. HEIC is made anew in any case.

constexpr std::size_t most_boxes = 2'000;
constexpr std::array item_boxes{"hdlr"sv, "pitm"sv, "iloc"sv, "iinf"sv, "iprp"sv,
                                "iref"sv, "idat"sv, "dinf"sv, "grpl"sv};
constexpr std::array drawn_items{"av01"sv, "grid"sv, "iden"sv, "iovl"sv};
constexpr std::array drawing_references{"dimg"sv, "auxl"sv, "prem"sv};
constexpr std::array track_boxes{"moov"sv, "trak"sv, "mdia"sv, "minf"sv, "stbl"sv, "edts"sv};
constexpr std::array telling_boxes{"udta"sv, "meta"sv, "uuid"sv, "free"sv, "skip"sv};

struct box {
  std::string_view type, content;
};

/// Empty: they are not whole, or too many.
std::optional<std::vector<box>> boxes_of(std::string_view b) {
  std::vector<box> out;
  while (!b.empty()) {
    if (b.size() < 8 || out.size() == most_boxes) return std::nullopt;
    const auto size = std::size_t{big(b, 0, 4)};
    if (size < 8 || size > b.size()) return std::nullopt;
    out.push_back({b.substr(4, 4), b.substr(8, size - 8)});
    b.remove_prefix(size);
  }
  return out;
}

/// Numbers of a full box; `good` ends with the first that is cut off.
struct numbers {
  std::string_view b;
  bool good = true;
  std::uint32_t next(std::size_t bytes) {
    good = good && b.size() >= bytes;
    if (!good) return 0;
    const auto n = big(b, 0, static_cast<int>(bytes));
    b.remove_prefix(bytes);
    return n;
  }
  /// The version. Behind it an id has two bytes, or four from version `wide` on.
  std::size_t id_bytes(std::uint32_t wide) { return next(4) >> 24 >= wide ? 4 : 2; }
};

/// Ids of the items that draw; empty: one does not.
std::optional<std::set<std::uint32_t>> items_of(std::string_view iinf) {
  numbers head{iinf};
  const auto count = head.next(head.id_bytes(1));
  const auto entries = boxes_of(head.b);
  if (!head.good || !entries || entries->size() != count) return std::nullopt;
  std::set<std::uint32_t> out;
  for (const auto& entry : *entries) {
    numbers n{entry.content};
    const auto id = n.next(n.id_bytes(3));
    n.next(2);
    if (!n.good || entry.type != "infe" || byte(entry.content, 0) < 2 ||
        !among(drawn_items, n.b.substr(0, 4)))
      return std::nullopt;
    out.insert(id);
  }
  return out;
}

struct reference {
  std::string_view type;
  std::uint32_t from;
  std::vector<std::uint32_t> to;
};

/// Empty: some reference does not draw, as one to a small copy.
std::optional<std::vector<reference>> references_of(std::string_view iref) {
  numbers head{iref};
  const auto bytes = head.id_bytes(1);
  const auto lists = boxes_of(head.b);
  if (!head.good || !lists) return std::nullopt;
  std::vector<reference> out;
  for (const auto& list : *lists) {
    numbers n{list.content};
    reference r{list.type, n.next(bytes), {}};
    for (auto left = n.next(2); left > 0 && n.good; --left) r.to.push_back(n.next(bytes));
    if (!n.good || !among(drawing_references, list.type)) return std::nullopt;
    out.push_back(std::move(r));
  }
  return out;
}

/// The picture, its parts and what lies over it.
std::set<std::uint32_t> shown_items(std::uint32_t picture, const std::vector<reference>& all) {
  std::set<std::uint32_t> shown{picture};
  for (std::size_t before = 0; before != shown.size();) {
    before = shown.size();
    for (const auto& r : all) {
      const bool over = r.type == "auxl" && std::any_of(r.to.begin(), r.to.end(), [&](auto id) {
                          return shown.contains(id);
                        });
      if (over) shown.insert(r.from);
      if (r.type != "auxl" && shown.contains(r.from)) shown.insert(r.to.begin(), r.to.end());
    }
  }
  return shown;
}

bool all_items_drawn(std::string_view meta) {
  const auto inner = boxes_of(meta.substr(std::min<std::size_t>(4, meta.size())));
  if (!inner) return false;
  std::optional<std::set<std::uint32_t>> items;
  std::optional<std::uint32_t> picture;
  std::vector<reference> references;
  for (const auto& [type, content] : *inner) {
    if (!among(item_boxes, type)) return false;
    if (type == "iinf" && !(items = items_of(content))) return false;
    if (type == "pitm") {
      numbers n{content};
      picture = n.next(n.id_bytes(1));
      if (!n.good) return false;
    }
    if (type != "iref") continue;
    auto found = references_of(content);
    if (!found) return false;
    references = std::move(*found);
  }
  return items && picture && shown_items(*picture, references) == *items;
}

/// Of an animation: no words stand beside its tracks, and each of them is seen.
bool all_tracks_drawn(std::string_view b) {
  const auto inner = boxes_of(b);
  return inner && std::all_of(inner->begin(), inner->end(), [](const box& x) {
           if (x.type == "hdlr")
             return among(std::array{"pict"sv, "auxv"sv},
                          x.content.substr(std::min<std::size_t>(8, x.content.size()), 4));
           return among(track_boxes, x.type) ? all_tracks_drawn(x.content)
                                             : !among(telling_boxes, x.type);
         });
}

cleaned clean_avif(std::string_view b) {
  const auto boxes = boxes_of(b);
  if (!boxes) return std::nullopt;
  for (const auto& [type, content] : *boxes) {
    const bool drawn = type == "ftyp" || type == "mdat" ||
                       (type == "meta" && all_items_drawn(content)) ||
                       (type == "moov" && all_tracks_drawn(content));
    if (!drawn) return std::nullopt;
  }
  return std::string(b);
}

}  // namespace

std::optional<std::string> without_hidden_data(std::string_view bytes, std::string_view loader) {
  if (loader.starts_with("jpeg")) return clean_jpeg(bytes);
  if (loader.starts_with("png")) return clean_png(bytes);
  if (loader.starts_with("gif")) return clean_gif(bytes);
  if (loader.starts_with("webp")) return clean_webp(bytes);
  if (loader.starts_with("heif")) return clean_avif(bytes);
  return std::nullopt;
}

}  // namespace nova::media
