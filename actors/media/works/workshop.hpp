// The things made of one medium: the variants of a picture by the program nova-media, size, length and poster of a film or a sound by
// ffprobe and ffmpeg in bubblewrap, and what hidden data a film has. The answers are data: no name and no path of theirs is used. Called
// by media_works.
#pragma once

#include "actors/media/worker/film_boxes.hpp"
#include "actors/media/works/process.hpp"
#include "config/settings/media_settings.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nova::media {

struct made_file {
  std::string name, type, bytes;
  std::int64_t width = 0, height = 0;
};

struct made_media {
  bool readable = true;
  std::string walls{};  ///< of the cage in which a picture was read
  std::int64_t width = 0, height = 0, duration_ms = 0;
  std::string blurhash{};
  std::string waveform{};  ///< of a sound: two hex digits for each peak
  std::vector<made_file> variants{};
  std::optional<made_file> shown{};
  // Of a film or a sound, in ffprobe's words:
  std::string container{}, picture_codec{}, pixels{}, sound_codec{};
  bool tells_place = false;            ///< its tags do
  std::vector<hidden_range> hidden{};  ///< bytes that readers must not see
  bool unclear = false;                ///< it is to be copied anew, without its tags
};

class workshop {
 public:
  explicit workshop(const config::media_settings& settings);

  /// Looks for the programs and tries the cage of films. Call once, before `make`. A wall that the kernel refuses is logged; the
  /// doctor tells of programs that are not installed.
  void open();

  /// `path`: of the content. `kind`: image, video, audio. Empty: the machine is at fault, not the medium: memory is short, a program
  /// was late. On the `last` attempt the medium is at fault in any case. Without nova-media no picture is readable; without ffmpeg and
  /// ffprobe a film is taken as it is.
  std::optional<made_media> make(const std::string& path, const std::string& kind, bool last) const;
  /// Makes one film of the pieces, without coding them anew and without their tags, and passes it to `take` in ffmpeg's `format`.
  /// False: it is not whole.
  bool join(const std::vector<std::string>& paths, const std::string& format,
            std::size_t most_bytes, std::function<bool(std::string_view)> take) const;
  /// Codes the film, or the sound if it does not `move`, as H.264 and AAC in MP4; what is coded so already is copied. All without its
  /// tags. False: it is not whole; its time was over, or it is longer than `most_bytes`.
  bool code(const std::string& path, const made_media& made, bool moves, std::size_t most_bytes,
            std::function<bool(std::string_view)> take) const;
  /// Ends the programs; what they were making is not readable then.
  void stop() { stop_ = true; }

 private:
  std::optional<made_media> make_picture(int input, bool last) const;
  std::optional<made_media> make_film(const std::string& path, bool moves, bool last) const;
  /// False: the machine is at fault.
  bool add_poster(made_media& to, const std::string& path, bool last) const;
  bool find_hidden_data(made_media& to, const std::string& path, bool last) const;
  /// Of a file whose head tells none, as recorders of browsers write: the whole is read. 0: unknown.
  bool measure(made_media& to, const std::string& path, bool last) const;
  /// Without one when ffmpeg cannot decode the sound in the time of a worker.
  void draw_waveform(made_media& to, const std::string& path) const;
  /// True: the program did not fail by its input. A cage that cannot be made ends with a status as ffmpeg does.
  bool machine_at_fault(const process_end& end, bool last) const;
  bool cage_stands() const;
  /// In bubblewrap, if it is there. The word `/in` of the command stands for the first path. `cpu_s`: 0 for the time of a worker.
  std::vector<std::string> caged(const std::vector<std::string>& paths,
                                 std::vector<std::string> command, std::uint32_t cpu_s = 0) const;
  /// The name that the path of this index has for the command.
  std::string inside(const std::vector<std::string>& paths, std::size_t index) const;

  const config::media_settings settings_;
  std::atomic<bool> stop_{false};
  std::optional<std::string> picture_program_, ffprobe_, ffmpeg_, bwrap_, prlimit_;
  mutable std::atomic<bool> told_of_walls_{false};
};

/// The answer of nova-media; empty: it is not of the agreed form.
std::optional<made_media> read_picture_answer(std::string_view answer);
/// The answer of nova-media about a film; empty: it is not of the agreed form.
struct hidden_answer {
  bool boxes = false, whole = false;
  std::vector<hidden_range> hidden;
};
std::optional<hidden_answer> read_hidden_answer(std::string_view answer);
/// The answer of ffprobe in JSON; empty: no sound and, when it `moves`, no picture. The cover of a sound is no picture of it.
std::optional<made_media> read_probe_answer(std::string_view json, bool moves);
/// Players of all browsers take it as it is: H.264 and AAC in MP4; of sounds also MP3.
bool plays_everywhere(const made_media& made, bool moves);
/// The last time in ffmpeg's report of its progress, milliseconds; 0: none.
std::int64_t read_progress_ms(std::string_view report);

}  // namespace nova::media
