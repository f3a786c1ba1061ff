#include "actors/media/worker/film_boxes.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <string>
#include <string_view>

namespace nova::media {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t most_boxes = 200'000;
constexpr std::int64_t most_table_bytes = 64 << 20, most_text_bytes = 8 << 20;

struct box {
  std::int64_t at, head, size;  ///< `size` with the head
  std::string type;
  std::int64_t content() const { return at + head; }
  std::int64_t end() const { return at + size; }
};

/// The boxes that stay as they are, and those that are looked into. All others go.
struct place {
  std::vector<std::string_view> kept, entered;
};

const std::map<std::string_view, place>& places() {
  static const std::map<std::string_view, place> all{
      {"file",
       {{"ftyp", "styp", "mdat", "mfra", "pdin", "sidx", "ssix", "prft", "emsg"},
        {"moov", "moof"}}},
      {"moov", {{"iods", "mvex"}, {"mvhd", "trak", "udta", "meta"}}},
      {"trak", {{"edts", "tref", "tapt", "load"}, {"tkhd", "mdia", "udta", "meta"}}},
      {"mdia", {{"hdlr", "elng"}, {"mdhd", "minf", "udta", "meta"}}},
      {"minf", {{"vmhd", "smhd", "hmhd", "nmhd", "sthd", "gmhd", "hdlr", "dinf"}, {"stbl"}}},
      {"stbl",
       {{"stsd", "stts", "stss", "ctts", "stsc", "stsz", "stz2", "stco", "co64", "sdtp",
         "sbgp", "sgpd", "subs", "saiz", "saio", "padb", "stps", "stsh", "cslg", "stdp"},
        {}}},
      {"moof", {{"mfhd", "traf"}, {}}},
      // Words that the author wrote, and the program that made the file.
      {"udta",
       {{"name", "titl", "perf", "albm", "gnre", "cprt", "\xa9nam",
         "\xa9"
         "ART",
         "\xa9"
         "alb",
         "\xa9gen", "\xa9too", "\xa9wrt"},
        {"meta"}}},
      {"meta", {{"hdlr"}, {"ilst"}}},
      {"ilst",
       {{"\xa9nam",
         "\xa9"
         "ART",
         "\xa9"
         "alb",
         "\xa9gen", "\xa9too", "\xa9wrt", "\xa9grp",
         "\xa9"
         "day",
         "aART", "trkn", "disk", "gnre", "tmpo", "cpil", "pgap", "cprt"},
        {"covr"}}}};
  return all;
}

constexpr std::array shown_tracks{"vide"sv, "soun"sv, "tmcd"sv, "hint"sv,
                                  "auxv"sv, "pict"sv, "sdsm"sv, "odsm"sv};
constexpr std::array text_tracks{"subt"sv, "sbtl"sv, "text"sv, "clcp"sv};
constexpr std::array first_boxes{"ftyp"sv, "moov"sv, "mdat"sv, "free"sv,
                                 "skip"sv, "wide"sv, "pnot"sv, "styp"sv};

template <class List>
bool among(const List& list, std::string_view x) {
  return std::find(list.begin(), list.end(), x) != list.end();
}

std::uint64_t big(std::string_view b, std::size_t at, std::size_t bytes) {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < bytes && at + i < b.size(); ++i)
    n = n << 8 | static_cast<std::uint8_t>(b[at + i]);
  return n;
}

/// Cameras that fly write their place as subtitles.
bool tells_a_place(std::string text) {
  for (auto& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const auto word : {"gps"sv, "latitude"sv, "longitude"sv, "longtitude"sv})
    if (text.find(word) != text.npos) return true;
  return false;
}

class looking {
 public:
  looking(std::int64_t size, const film_source& read) : size_(size), read_(read) {}

  film_verdict look() {
    const auto first = box_at(0, size_);
    out_.boxes = first && among(first_boxes, first->type);
    out_.whole = out_.boxes && walk("file", 0, size_) && !(fragments_ && track_gone_);
    return std::move(out_);
  }

 private:
  std::optional<std::string> bytes(std::int64_t at, std::int64_t n) {
    if (n < 0 || n > most_table_bytes || at + n > size_) return std::nullopt;
    std::string out(static_cast<std::size_t>(n), '\0');
    if (n > 0 && !read_(at, out.data(), out.size())) return std::nullopt;
    return out;
  }

  std::optional<box> box_at(std::int64_t at, std::int64_t end) {
    if (++boxes_ > most_boxes || end - at < 8) return std::nullopt;
    const auto head = bytes(at, std::min<std::int64_t>(16, end - at));
    if (!head) return std::nullopt;
    box b{at, 8, static_cast<std::int64_t>(big(*head, 0, 4)), head->substr(4, 4)};
    if (b.size == 1 && head->size() == 16) {
      b.head = 16;
      b.size = static_cast<std::int64_t>(big(*head, 8, 8));
    } else if (b.size == 0 && end == size_) {
      b.size = end - at;
    }
    if (b.type == "mdat" && b.size > end - at) b.size = end - at;  // the recorder was cut off
    if (b.size < b.head || b.size > end - at) return std::nullopt;
    return b;
  }

  void hide(std::int64_t at, std::int64_t length) {
    if (length <= 0) return;
    if (!out_.hidden.empty() && !out_.hidden.back().named &&
        out_.hidden.back().offset + out_.hidden.back().length == at)
      out_.hidden.back().length += length;
    else out_.hidden.push_back({at, length, false});
  }

  void erase(const box& b) {
    out_.hidden.push_back({b.at + 4, 4, true});
    hide(b.content(), b.end() - b.content());
  }

  /// Hides what is left in a box that holds nothing.
  bool blank(std::int64_t at, std::int64_t end) {
    constexpr std::int64_t piece = 1 << 16;
    for (; at < end; at += piece) {
      const auto n = std::min(piece, end - at);
      const auto text = bytes(at, n);
      if (!text) return false;
      if (text->find_first_not_of('\0') != text->npos) hide(at, n);
    }
    return true;
  }

  bool walk(std::string_view where, std::int64_t at, std::int64_t end) {
    const auto& here = places().at(where);
    while (at < end) {
      const auto b = box_at(at, end);
      if (!b && where == "udta") return blank(at, end);  // QuickTime ends them with a zero
      if (!b || out_.hidden.size() > most_hidden_ranges) return false;
      if (b->type == "free" || b->type == "skip" || b->type == "wide") {
        if (!blank(b->content(), b->end())) return false;
      } else if (among(here.entered, b->type)) {
        if (!enter(*b)) return false;
      } else if (!among(here.kept, b->type)) {
        if (b->type == "cmov" || b->type == "rmra") return false;
        erase(*b);
      }
      at = b->end();
    }
    return true;
  }

  bool enter(const box& b) {
    if (b.type.ends_with("hd")) return hide_times(b);
    if (b.type == "trak") return enter_track(b);
    if (b.type == "meta") return enter_meta(b);
    if (b.type == "covr") return look_at_cover(b);
    if (b.type == "moof") fragments_ = true;
    return walk(b.type, b.content(), b.end());
  }

  /// When it was made, and when it was changed.
  bool hide_times(const box& b) {
    const auto head = bytes(b.content(), std::min<std::int64_t>(20, b.end() - b.content()));
    if (!head || head->size() < 20) return false;
    const std::int64_t width = (*head)[0] == 1 ? 16 : 8;
    if (head->find_first_not_of('\0', 4) < static_cast<std::size_t>(4 + width))
      hide(b.content() + 4, width);
    return true;
  }

  /// Words of music players stay; all other forms are those of cameras.
  bool enter_meta(const box& b) {
    const auto head = bytes(b.content(), std::min<std::int64_t>(24, b.end() - b.content()));
    if (!head) return false;
    const std::int64_t version = head->size() >= 8 && head->substr(4, 4) == "hdlr" ? 0 : 4;
    const auto handler = box_at(b.content() + version, b.end());
    const auto words = handler && handler->type == "hdlr" && handler->size >= 20
                           ? bytes(handler->content() + 8, 4)
                           : std::nullopt;
    if (words == "mdir") return walk("meta", b.content() + version, b.end());
    erase(b);
    return true;
  }

  bool look_at_cover(const box& b) {
    const auto picture = bytes(b.content(), b.end() - b.content());
    if (!picture || picture->find("Exif\0"sv) != picture->npos ||
        picture->find("ns.adobe.com/xap") != picture->npos)
      erase(b);
    return true;
  }

  bool enter_track(const box& track) {
    std::optional<box> media, tables;
    if (auto b = find(track, "mdia")) media = b;
    if (auto b = media ? find(*media, "minf") : std::nullopt) tables = find(*b, "stbl");
    const auto handler = media ? find(*media, "hdlr") : std::nullopt;
    const auto kind = handler ? bytes(handler->content() + 8, 4) : std::nullopt;
    if (!kind) return false;
    const bool text = among(text_tracks, *kind);
    if (!text && among(shown_tracks, *kind)) return walk("trak", track.content(), track.end());
    std::vector<hidden_range> samples;
    if (tables && !find_samples(*tables, samples)) return false;
    if (text && !shows_place(samples)) return walk("trak", track.content(), track.end());
    track_gone_ = true;
    erase(track);
    for (const auto& s : samples) hide(s.offset, s.length);
    return out_.hidden.size() <= most_hidden_ranges;
  }

  bool shows_place(const std::vector<hidden_range>& samples) {
    std::string text;
    for (const auto& s : samples) {
      if (std::int64_t(text.size()) + s.length > most_text_bytes) return true;
      const auto more = bytes(s.offset, s.length);
      if (!more) return true;
      text += *more;
    }
    return tells_a_place(std::move(text));
  }

  std::optional<box> find(const box& in, std::string_view type) {
    for (auto at = in.content(); at < in.end();) {
      auto b = box_at(at, in.end());
      if (!b || b->type == type) return b;
      at = b->end();
    }
    return std::nullopt;
  }

  std::optional<std::string> table(const box& in, std::string_view type) {
    const auto b = find(in, type);
    return b ? bytes(b->content(), b->end() - b->content()) : std::nullopt;
  }

  /// The bytes of a track, chunk by chunk.
  bool find_samples(const box& tables, std::vector<hidden_range>& to) {
    const auto sizes = table(tables, "stsz"), runs = table(tables, "stsc");
    auto chunks = table(tables, "stco");
    const std::size_t width = chunks ? 4 : 8;
    if (!chunks) chunks = table(tables, "co64");
    if (!sizes || !runs || !chunks || sizes->size() < 12 || runs->size() < 8 || chunks->size() < 8)
      return false;
    const auto equal = big(*sizes, 4, 4), samples = big(*sizes, 8, 4), run_count = big(*runs, 4, 4),
               chunk_count = big(*chunks, 4, 4);
    if ((equal == 0 && samples > (sizes->size() - 12) / 4) || run_count > (runs->size() - 8) / 12 ||
        chunk_count > (chunks->size() - 8) / width)
      return false;
    std::uint64_t sample = 0;
    for (std::uint64_t chunk = 0, run = 0; chunk < chunk_count && sample < samples; ++chunk) {
      if (run_count == 0) return false;
      while (run + 1 < run_count && big(*runs, 8 + 12 * (run + 1), 4) <= chunk + 1) ++run;
      hidden_range r{static_cast<std::int64_t>(big(*chunks, 8 + width * chunk, width)), 0, false};
      const auto n = std::min(big(*runs, 8 + 12 * run + 4, 4), samples - sample);
      if (equal != 0) r.length = static_cast<std::int64_t>(equal * n);
      else
        for (auto i = sample; i < sample + n; ++i)
          r.length += static_cast<std::int64_t>(big(*sizes, 12 + 4 * i, 4));
      sample += n;
      if (r.offset < 0 || r.length > size_ || r.offset > size_ - r.length) return false;
      if (!to.empty() && to.back().offset + to.back().length == r.offset)
        to.back().length += r.length;
      else to.push_back(r);
      if (to.size() > most_hidden_ranges) return false;
    }
    return true;
  }

  const std::int64_t size_;
  const film_source& read_;
  film_verdict out_;
  std::size_t boxes_ = 0;
  bool fragments_ = false, track_gone_ = false;
};

}  // namespace

film_verdict find_hidden(std::int64_t size, const film_source& read) {
  return looking(size, read).look();
}

}  // namespace nova::media
