// What is made of one medium: the variants of a picture by the program nova-media, size, length and poster of a film or a sound by
// ffprobe and ffmpeg in bubblewrap. The answers are data: no name and no path of theirs is used. Called by media_works.
#pragma once

#include "config/settings/media_settings.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nova::media {

struct made_file {
  std::string name, type, bytes;
  std::int64_t width = 0, height = 0;
};

struct made_media {
  bool readable = true;
  std::int64_t width = 0, height = 0, duration_ms = 0;
  std::string blurhash;
  std::vector<made_file> variants;
  std::optional<made_file> shown;
};

class workshop {
 public:
  explicit workshop(const config::media_settings& settings);

  /// False: the program nova-media is not beside this one, and no picture can be made ready.
  bool has_pictures() const { return !picture_program_.empty(); }
  bool has_films() const { return ffprobe_ && ffmpeg_; }

  /// `path`: of the content. `kind`: image, video, audio. A film is taken as it is when its programs are not installed.
  made_media make(const std::string& path, const std::string& kind) const;
  /// Ends the programs; what they were making is not readable then.
  void stop() { stop_ = true; }

 private:
  made_media make_picture(int input) const;
  made_media make_film(const std::string& path) const;
  /// In bubblewrap, if it is there, with the content as /in.
  std::vector<std::string> caged(const std::string& path, std::vector<std::string> command) const;

  const config::media_settings settings_;
  std::atomic<bool> stop_{false};
  std::string picture_program_;
  std::optional<std::string> ffprobe_, ffmpeg_, bwrap_, prlimit_;
};

/// The answer of nova-media; empty: it is not of the agreed form.
std::optional<made_media> read_picture_answer(std::string_view answer);
/// The answer of ffprobe in JSON; empty: no stream that can be shown.
std::optional<made_media> read_probe_answer(std::string_view json);

}  // namespace nova::media
