#include "actors/media/works/workshop.hpp"

#include "actors/media/works/waveform.hpp"
#include "config/process/programs.hpp"
#include "protocols/core/log.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <sstream>

namespace nova::media {
namespace {

constexpr std::size_t most_answer_bytes = 128u << 20, most_probe_bytes = 1u << 20,
                      most_ranges_bytes = 16u << 20;
constexpr std::array<std::string_view, 4> variant_names{"320", "320_avif", "1280", "1280_avif"};
constexpr std::array<std::string_view, 5> file_types{"image/webp", "image/avif", "image/jpeg",
                                                     "image/png", "image/gif"};
constexpr std::int64_t largest_side = 100'000;
// The status of nova-media when a library or a wall refused.
constexpr int could_not_begin = 1;
constexpr int cage_trials = 3;
// Of a decoded sound: three days at waveform::rate.
constexpr std::size_t most_sound_bytes = 4ull << 30;
// A whole film is copied: that takes longer than a look at it.
constexpr int join_factor = 10;

struct closing {
  int fd;
  ~closing() {
    if (fd >= 0) ::close(fd);
  }
};

template <class List>
bool among(const List& list, std::string_view x) {
  return std::find(list.begin(), list.end(), x) != list.end();
}

std::optional<std::string_view> line_of(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == rest.npos) return std::nullopt;
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

std::optional<made_file> read_file(std::istringstream& words, std::string_view& rest) {
  made_file f;
  std::size_t size = 0;
  words >> f.name >> f.type >> f.width >> f.height >> size;
  if (words.fail() || size > rest.size() || !among(file_types, f.type) || f.width < 1 ||
      f.height < 1 || f.width > largest_side || f.height > largest_side)
    return std::nullopt;
  f.bytes = rest.substr(0, size);
  rest.remove_prefix(size);
  return f;
}

bool is_blurhash(std::string_view text) {
  return text.size() >= 6 && text.size() <= 100 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::int64_t number(const boost::json::object& from, std::string_view name) {
  const auto* v = from.if_contains(name);
  if (v == nullptr) return 0;
  if (v->is_int64()) return v->as_int64();
  return v->is_uint64() ? static_cast<std::int64_t>(v->as_uint64()) : 0;
}

std::string text(const boost::json::object& from, std::string_view name) {
  const auto* v = from.if_contains(name);
  return v != nullptr && v->is_string() ? std::string(v->as_string()) : std::string();
}

double seconds(const boost::json::object& from, std::string_view name) {
  const auto* v = from.if_contains(name);
  if (v == nullptr || !v->is_string()) return 0;
  const std::string text(v->as_string());
  const double s = std::strtod(text.c_str(), nullptr);
  return std::isfinite(s) && s > 0 && s < 1e7 ? s : 0;
}

bool is_cover(const boost::json::object& stream) {
  const auto* is = stream.if_contains("disposition");
  return is != nullptr && is->is_object() && number(is->as_object(), "attached_pic") == 1;
}

bool turned(const boost::json::object& stream) {
  const auto* list = stream.if_contains("side_data_list");
  if (list == nullptr || !list->is_array()) return false;
  for (const auto& item : list->as_array())
    if (item.is_object() && std::abs(number(item.as_object(), "rotation")) % 180 == 90) return true;
  return false;
}

/// Names of tags that cameras and telephones write about the place and themselves.
bool tells_place(const boost::json::object& of) {
  const auto* tags = of.if_contains("tags");
  if (tags == nullptr || !tags->is_object()) return false;
  for (const auto& tag : tags->as_object()) {
    std::string name(tag.key());
    for (auto& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (const char* word : {"location", "gps", "geo", "latitude", "longitude", "coordinate",
                             "exif", "xmp", "com.apple", "com.android", "make", "model"})
      if (name.find(word) != name.npos) return true;
  }
  return false;
}

void wall_is_missing(std::string_view wall, std::string_view of) {
  log::warn("doctor.warning", {{"subject", wall},
                               {"detail", std::string("the kernel refuses it: the cage of ") +
                                              std::string(of) + " has one wall less"}});
}

}  // namespace

std::optional<made_media> read_picture_answer(std::string_view answer) {
  made_media out;
  bool begun = false;
  while (const auto line = line_of(answer)) {
    std::istringstream words{std::string(*line)};
    std::string word;
    words >> word;
    if (word == "end") return begun ? std::optional(std::move(out)) : std::nullopt;
    if (word == "walls" && !begun) {
      out.walls = line->substr(word.size());
      continue;
    }
    if (word == "picture" && !begun) {
      words >> out.width >> out.height >> out.blurhash;
      if (words.fail() || out.width < 1 || out.height < 1 || out.width > largest_side ||
          out.height > largest_side)
        return std::nullopt;
      if (!is_blurhash(out.blurhash)) out.blurhash.clear();
      begun = true;
      continue;
    }
    auto file =
        begun && (word == "variant" || word == "shown") ? read_file(words, answer) : std::nullopt;
    if (!file || (word == "variant" && !among(variant_names, file->name)) ||
        out.variants.size() > variant_names.size())
      return std::nullopt;
    if (word == "shown") out.shown = std::move(*file);
    else out.variants.push_back(std::move(*file));
  }
  return std::nullopt;
}

std::optional<hidden_answer> read_hidden_answer(std::string_view answer) {
  hidden_answer out;
  while (const auto line = line_of(answer)) {
    std::istringstream words{std::string(*line)};
    std::string word;
    words >> word;
    if (word == "end") return out;
    if (word == "walls" || word == "other") continue;
    if (word == "boxes" || word == "unclear") {
      out.boxes = true;
      out.whole = word == "boxes";
      continue;
    }
    hidden_range r;
    r.named = word == "free";
    words >> r.offset >> r.length;
    if (words.fail() || (!r.named && word != "hide") || r.offset < 0 || r.length < 1 ||
        (r.named && r.length != 4) || out.hidden.size() > 2 * most_hidden_ranges)
      return std::nullopt;
    out.hidden.push_back(r);
  }
  return std::nullopt;
}

std::optional<made_media> read_probe_answer(std::string_view json, bool moves) {
  boost::system::error_code ec;
  const auto parsed = boost::json::parse({json.data(), json.size()}, ec);
  if (ec || !parsed.is_object()) return std::nullopt;
  const auto& whole = parsed.as_object();
  const auto* streams = whole.if_contains("streams");
  if (streams == nullptr || !streams->is_array()) return std::nullopt;
  made_media out;
  bool any = false;
  for (const auto& item : streams->as_array()) {
    if (!item.is_object()) continue;
    const auto& stream = item.as_object();
    const auto* type = stream.if_contains("codec_type");
    if (type == nullptr || !type->is_string()) continue;
    out.tells_place = out.tells_place || tells_place(stream);
    any = any || type->as_string() == "audio" || (moves && type->as_string() == "video");
    if (type->as_string() == "audio" && out.sound_codec.empty())
      out.sound_codec = text(stream, "codec_name");
    if (!moves || type->as_string() != "video" || out.width != 0 || is_cover(stream)) continue;
    out.width = number(stream, "width");
    out.height = number(stream, "height");
    out.picture_codec = text(stream, "codec_name");
    out.pixels = text(stream, "pix_fmt");
    if (turned(stream)) std::swap(out.width, out.height);
  }
  if (out.width < 1 || out.height < 1 || out.width > largest_side || out.height > largest_side)
    out.width = out.height = 0;
  if (const auto* format = whole.if_contains("format"); format != nullptr && format->is_object()) {
    const auto& about = format->as_object();
    out.duration_ms = static_cast<std::int64_t>(seconds(about, "duration") * 1000 + 0.5);
    out.tells_place = out.tells_place || tells_place(about);
    out.container = text(about, "format_name");
  }
  if (!any) return std::nullopt;
  return out;
}

bool plays_everywhere(const made_media& made, bool moves) {
  const bool mp4 = made.container.find("mp4") != std::string::npos;
  const bool picture = made.picture_codec == "h264" && made.pixels.ends_with("420p");
  if (moves && !made.picture_codec.empty() && !(mp4 && picture)) return false;
  if (made.sound_codec.empty()) return true;
  if (!moves && made.sound_codec == "mp3") return true;
  return mp4 && made.sound_codec == "aac";
}

std::int64_t read_progress_ms(std::string_view report) {
  constexpr std::string_view name = "out_time_us=";
  const auto at = report.rfind(name);
  if (at == report.npos) return 0;
  std::int64_t us = 0;
  const auto digits = report.substr(at + name.size());
  std::from_chars(digits.data(), digits.data() + digits.size(), us);
  return us > 0 ? (us + 500) / 1000 : 0;
}

workshop::workshop(const config::media_settings& settings) : settings_(settings) {}

void workshop::open() {
  if (settings_.worker_program.empty()) picture_program_ = config::find_beside("nova-media");
  else if (::access(settings_.worker_program.c_str(), X_OK) == 0)
    picture_program_ = settings_.worker_program;
  ffprobe_ = config::find_program("ffprobe");
  ffmpeg_ = config::find_program("ffmpeg");
  bwrap_ = config::find_program("bwrap");
  prlimit_ = config::find_program("prlimit");
  if (!ffprobe_ || !ffmpeg_ || !bwrap_) return;
  for (int i = 0; i < cage_trials; ++i)
    if (cage_stands() || stop_) return;
  bwrap_.reset();
  wall_is_missing("bubblewrap", "ffmpeg and ffprobe");
}

bool workshop::cage_stands() const {
  if (!bwrap_) return true;
  const closing nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  return run_process(caged({"/dev/null"}, {"/usr/bin/true"}), nothing.fd,
                     {std::chrono::seconds(settings_.worker_s), 1, &stop_})
             .status == 0;
}

bool workshop::machine_at_fault(const process_end& end, bool last) const {
  if (last || end.status == 0) return false;
  return end.how == process_end::never_begun || end.how == process_end::late || !cage_stands();
}

std::optional<made_media> workshop::make(const std::string& path, const std::string& kind,
                                         bool last) const {
  if (kind != "image") return make_film(path, kind == "video", last);
  const closing input{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  return make_picture(input.fd, last);
}

std::optional<made_media> workshop::make_picture(int input, bool last) const {
  made_media unreadable;
  unreadable.readable = false;
  if (input < 0 || !picture_program_) return unreadable;
  const auto end = run_process(
      {*picture_program_, std::to_string(settings_.image_megapixels),
       std::to_string(settings_.worker_memory_mib), std::to_string(settings_.worker_cpu_s)},
      input, {std::chrono::seconds(settings_.worker_s), most_answer_bytes, &stop_});
  if (!last && (end.how == process_end::never_begun || end.how == process_end::late ||
                end.status == could_not_begin))
    return std::nullopt;
  auto made = end.status == 0 ? read_picture_answer(end.output) : std::nullopt;
  if (!made) return unreadable;
  for (const char* wall : {"landlock", "seccomp"})
    if (made->walls.find(wall) == std::string::npos && !told_of_walls_.exchange(true))
      wall_is_missing(wall, "nova-media");
  return made;
}

std::string workshop::inside(const std::vector<std::string>& paths, std::size_t index) const {
  if (!bwrap_) return paths[index];
  return index == 0 ? "/in" : "/in" + std::to_string(index);
}

std::vector<std::string> workshop::caged(const std::vector<std::string>& paths,
                                         std::vector<std::string> command,
                                         std::uint32_t cpu_s) const {
  std::vector<std::string> out;
  if (prlimit_)
    out = {*prlimit_, "--cpu=" + std::to_string(cpu_s > 0 ? cpu_s : settings_.worker_s), "--core=0",
           "--as=" + std::to_string(std::uint64_t{settings_.film_memory_mib} << 20)};
  if (bwrap_) {
    const std::vector<std::string> cage{*bwrap_,
                                        "--unshare-all",
                                        "--die-with-parent",
                                        "--new-session",
                                        "--clearenv",
                                        "--setenv",
                                        "PATH",
                                        "/usr/bin",
                                        "--ro-bind",
                                        "/usr",
                                        "/usr",
                                        "--symlink",
                                        "usr/lib",
                                        "/lib",
                                        "--symlink",
                                        "usr/lib64",
                                        "/lib64",
                                        "--symlink",
                                        "usr/bin",
                                        "/bin",
                                        "--ro-bind-try",
                                        "/etc/ld.so.cache",
                                        "/etc/ld.so.cache",
                                        "--ro-bind-try",
                                        "/etc/alternatives",
                                        "/etc/alternatives",
                                        "--proc",
                                        "/proc",
                                        "--dev",
                                        "/dev",
                                        "--tmpfs",
                                        "/tmp"};
    out.insert(out.end(), cage.begin(), cage.end());
    for (std::size_t i = 0; i < paths.size(); ++i)
      out.insert(out.end(), {"--ro-bind", paths[i], inside(paths, i)});
  }
  for (auto& word : command) out.push_back(word == "/in" ? inside(paths, 0) : std::move(word));
  return out;
}

std::optional<made_media> workshop::make_film(const std::string& path, bool moves,
                                              bool last) const {
  made_media as_it_is;
  if (!ffprobe_ || !ffmpeg_)
    return find_hidden_data(as_it_is, path, last) ? std::optional(as_it_is) : std::nullopt;
  const closing nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const auto probed =
      run_process(caged({path}, {*ffprobe_, "-v", "error", "-protocol_whitelist", "file",
                                 "-show_format", "-show_streams", "-of", "json", "/in"}),
                  nothing.fd, {std::chrono::seconds(settings_.worker_s), most_probe_bytes, &stop_});
  if (machine_at_fault(probed, last)) return std::nullopt;
  auto made = probed.status == 0 ? read_probe_answer(probed.output, moves) : std::nullopt;
  if (!made) {
    made.emplace();
    made->readable = false;
    return made;
  }
  if (made->duration_ms == 0 && !measure(*made, path, last)) return std::nullopt;
  if (!moves) draw_waveform(*made, path);
  if (made->width > 0 && !add_poster(*made, path, last)) return std::nullopt;
  if (!find_hidden_data(*made, path, last)) return std::nullopt;
  return made;
}

bool workshop::find_hidden_data(made_media& to, const std::string& path, bool last) const {
  to.unclear = to.tells_place;
  if (!picture_program_) return true;
  const closing input{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  const auto end =
      run_process({*picture_program_, "film", std::to_string(settings_.worker_memory_mib),
                   std::to_string(settings_.worker_cpu_s)},
                  input.fd, {std::chrono::seconds(settings_.worker_s), most_ranges_bytes, &stop_});
  if (!last && (end.how == process_end::never_begun || end.how == process_end::late ||
                end.status == could_not_begin))
    return false;
  auto found = end.status == 0 ? read_hidden_answer(end.output) : std::nullopt;
  if (!found || (found->boxes && !found->whole)) to.unclear = true;
  else if (found->boxes) to.unclear = false, to.hidden = std::move(found->hidden);
  return true;
}

bool workshop::join(const std::vector<std::string>& paths, const std::string& format,
                    std::size_t most_bytes, std::function<bool(std::string_view)> take) const {
  if (!ffmpeg_ || paths.empty()) return false;
  const closing list{::memfd_create("list", MFD_CLOEXEC)};
  std::vector<std::string> command{*ffmpeg_, "-nostdin", "-v", "error"};
  if (paths.size() == 1) {
    command.insert(command.end(), {"-protocol_whitelist", "file", "-i", "/in"});
  } else {
    std::string text = "ffconcat version 1.0\n";
    for (std::size_t i = 0; i < paths.size(); ++i) text += "file '" + inside(paths, i) + "'\n";
    if (::write(list.fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::lseek(list.fd, 0, SEEK_SET) != 0)
      return false;
    command.insert(command.end(), {"-f", "concat", "-safe", "0", "-protocol_whitelist", "file,pipe",
                                   "-i", "pipe:0"});
  }
  command.insert(command.end(), {"-map", "0:v?", "-map", "0:a?", "-map_metadata", "-1",
                                 "-map_chapters", "-1", "-c", "copy"});
  if (format == "mp4")
    command.insert(command.end(), {"-movflags", "frag_keyframe+empty_moov+default_base_moof"});
  command.insert(command.end(), {"-f", format, "pipe:1"});
  const auto end = run_process(caged(paths, std::move(command)), list.fd,
                               {std::chrono::seconds(settings_.worker_s) * join_factor, most_bytes,
                                &stop_, std::move(take)});
  return end.status == 0;
}

bool workshop::code(const std::string& path, const made_media& made, bool moves,
                    std::size_t most_bytes, std::function<bool(std::string_view)> take) const {
  if (!ffmpeg_) return false;
  std::vector<std::string> command{
      *ffmpeg_, "-nostdin", "-v", "error", "-threads", "1", "-protocol_whitelist",
      "file",   "-i",       "/in"};
  if (moves) command.insert(command.end(), {"-map", "0:V:0?"});
  command.insert(command.end(), {"-map", "0:a:0?", "-map_metadata", "-1", "-map_chapters", "-1"});
  if (moves && made.picture_codec == "h264" && made.pixels.ends_with("420p"))
    command.insert(command.end(), {"-c:v", "copy"});
  else if (moves)
    command.insert(command.end(),
                   {"-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p",
                    "-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2", "-threads", "1"});
  if (made.sound_codec == "aac") command.insert(command.end(), {"-c:a", "copy"});
  else command.insert(command.end(), {"-c:a", "aac", "-b:a", "128k", "-ac", "2"});
  command.insert(command.end(), {"-movflags", "frag_keyframe+empty_moov+default_base_moof", "-f",
                                 "mp4", "pipe:1"});
  const closing nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const auto end = run_process(
      caged({path}, std::move(command), settings_.transcode_s), nothing.fd,
      {std::chrono::seconds(settings_.transcode_s), most_bytes, &stop_, std::move(take)});
  return end.status == 0;
}

void workshop::draw_waveform(made_media& to, const std::string& path) const {
  if (to.duration_ms == 0) return;
  waveform drawn(to.duration_ms);
  const closing nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const auto decoded = run_process(
      caged({path}, {*ffmpeg_, "-nostdin", "-v", "error", "-threads", "1", "-protocol_whitelist",
                     "file", "-i", "/in", "-map", "0:a:0", "-ac", "1", "-ar",
                     std::to_string(waveform::rate), "-f", "s16le", "pipe:1"}),
      nothing.fd,
      {std::chrono::seconds(settings_.worker_s), most_sound_bytes, &stop_,
       [&](std::string_view samples) {
         drawn.add(samples);
         return true;
       }});
  if (decoded.status == 0) to.waveform = drawn.hex();
}

bool workshop::measure(made_media& to, const std::string& path, bool last) const {
  const closing nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const auto read = run_process(
      caged({path}, {*ffmpeg_, "-nostdin", "-v", "error", "-protocol_whitelist", "file", "-i",
                     "/in", "-c", "copy", "-f", "null", "-progress", "pipe:1", "-"}),
      nothing.fd, {std::chrono::seconds(settings_.worker_s), most_probe_bytes, &stop_});
  if (read.status == 0) to.duration_ms = read_progress_ms(read.output);
  return !machine_at_fault(read, last);
}

bool workshop::add_poster(made_media& to, const std::string& path, bool last) const {
  const closing nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const auto frame = run_process(
      caged({path}, {*ffmpeg_, "-nostdin", "-v", "error", "-protocol_whitelist", "file", "-i",
                     "/in", "-frames:v", "1", "-vf", "thumbnail=24,scale='min(1280,iw)':-2", "-f",
                     "image2pipe", "-c:v", "png", "pipe:1"}),
      nothing.fd, {std::chrono::seconds(settings_.worker_s), most_answer_bytes, &stop_});
  if (machine_at_fault(frame, last)) return false;
  if (frame.status != 0 || frame.output.empty()) return true;
  const closing memory{::memfd_create("poster", MFD_CLOEXEC)};
  if (memory.fd < 0 ||
      ::write(memory.fd, frame.output.data(), frame.output.size()) !=
          static_cast<ssize_t>(frame.output.size()) ||
      ::lseek(memory.fd, 0, SEEK_SET) != 0)
    return last;
  auto picture = make_picture(memory.fd, last);
  if (!picture) return false;
  to.blurhash = std::move(picture->blurhash);
  for (auto& v : picture->variants)
    if (v.name == "320" || v.name == "1280") {
      if (v.name == "1280") v.name = "poster";
      to.variants.push_back(std::move(v));
    }
  return true;
}

}  // namespace nova::media
