// The scenario `live`. See streaming_scenarios.hpp.
#include "bench/media/nginx_files.hpp"
#include "bench/streaming/encoders.hpp"
#include "bench/streaming/players.hpp"
#include "bench/streaming/streaming_scenarios.hpp"
#include "bench/support/goals.hpp"
#include "bench/support/run_folder.hpp"

#include "tests/support/client/json_text.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

namespace nova::bench {

namespace {

constexpr unsigned reference_workers = 2;  ///< as many as Nova has I/O threads
constexpr std::size_t playlist_segments = 6;
constexpr double gib = 1'073'741'824;

struct sizes {
  std::size_t players = 1'000, streams = 20, rounds = 3, segment_bytes = 250'000;
  unsigned segment_s = 2, kbit_per_s = 1'000;
  double look_every_s = 0.1, begin_within_s = 60;
};
constexpr sizes tiny_sizes{16, 2, 1, 20'000, 1, 200, 0.05, 60};

run_options for_streams(run_options options) {
  options.environment.emplace_back("NOVA_STREAMING__STREAMS_PER_ACCOUNT", "1000");
  return options;
}

std::string path_of(const std::string& address) {
  const auto host = address.find("://");
  return host == address.npos ? address : address.substr(address.find('/', host + 3));
}

std::string base_of(const std::string& playlist) {
  return playlist.substr(0, playlist.rfind('/', playlist.find('?')) + 1);
}

struct made_stream {
  std::string id, put_url, playlist;
};

std::optional<made_stream> make_stream(client::http_client& http, const client::account& owner) {
  const auto r =
      http.post("/v1/streams", R"({"title":"Live","visibility":"public"})", owner.access_token);
  if (r.status != 201) return std::nullopt;
  const auto made = r.json();
  const auto text = [](const boost::json::value& v) { return std::string(v.as_string()); };
  return made_stream{text(made.at("stream_id")), text(made.at("ingest").at("hls_put_url")),
                     path_of(text(made.at("playback_url")))};
}

/// Puts segments of made bytes and the playlists that name them, in their own time, until it is destroyed.
class own_encoder {
 public:
  own_encoder(const client::endpoint& to, std::string url, const sizes& s)
      : http_(to), url_(std::move(url)), sizes_(s) {}
  ~own_encoder() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    ended_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  own_encoder(const own_encoder&) = delete;
  own_encoder& operator=(const own_encoder&) = delete;

  /// A full playlist at once, then one segment in each segment's time. False: a segment was refused.
  bool begin() {
    while (next_ < 2 * playlist_segments)
      if (!put_next()) return false;
    thread_ = std::thread([this] {
      auto due = std::chrono::steady_clock::now();
      for (std::unique_lock lock(mutex_); !over_;) {
        due += std::chrono::seconds(sizes_.segment_s);
        if (ended_.wait_until(lock, due, [this] { return over_; })) return;
        lock.unlock();
        refused_ += put_next() ? 0 : 1;
        lock.lock();
      }
    });
    return true;
  }
  std::size_t refused() const { return refused_; }

 private:
  bool put_next() {
    const auto n = next_++;
    std::string bytes(sizes_.segment_bytes, static_cast<char>('a' + n % 26));
    std::string list = fmt::format(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:{}\n",
        sizes_.segment_s, next_ - std::min(next_, playlist_segments));
    for (auto i = next_ - std::min(next_, playlist_segments); i < next_; ++i)
      list += fmt::format("#EXTINF:{}.0,\n{}.ts\n", sizes_.segment_s, i);
    return http_.put(fmt::format("{}/{}.ts", url_, n), std::move(bytes)).status == 204 &&
           http_.put(url_ + "/index.m3u8", std::move(list)).status == 204;
  }

  client::http_client http_;
  const std::string url_;
  const sizes sizes_;
  std::size_t next_ = 0;
  std::atomic<std::size_t> refused_{0};
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::thread thread_;
};

/// What a viewer has seen of one stream: when each segment was named first, beside what the playlist says of it.
struct watched {
  made_stream stream;
  std::int64_t last = -1;     ///< number
  std::uint64_t last_at = 0;  ///< when it was seen, by the steady clock
  double media_s = 0;         ///< duration of all segments seen
  std::vector<double> behind =
      {};  ///< when seen, less `media_s`: by this the stream's own clock is known
};

double unix_now_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Seconds since 1970 of a time such as 2026-11-30T22:10:00.123Z.
double unix_s(const std::string& rfc3339) {
  std::tm t{};
  const char* rest = ::strptime(rfc3339.c_str(), "%Y-%m-%dT%H:%M:%S", &t);
  return static_cast<double>(::timegm(&t)) +
         (rest != nullptr && *rest == '.' ? std::atof(rest) : 0);
}

class live_run {
 public:
  live_run(const run_options& options, report& out)
      : options_(options),
        out_(out),
        sizes_(options.tiny ? tiny_sizes : sizes{}),
        stage_(for_streams(options)),
        folder_("live") {}

  void run() {
    std::string problem;
    if (!allow_files(sizes_.players * 2 + 500)) return out_.broken("too few file descriptors");
    if (!stage_.open(problem)) return out_.broken("start: " + problem);
    const auto accounts = stage_.accounts(1);
    if (accounts.empty()) return out_.broken("accounts were refused");
    me_ = accounts.front();
    http_ = std::make_unique<client::http_client>(stage_.at());
    if (many_players()) many_streams();
  }

 private:
  bool broken(const std::string& what) {
    out_.broken(what);
    return false;
  }

  // ---- many players of one stream

  bool many_players() {
    const auto s = make_stream(*http_, me_);
    if (!s) return broken("a stream was not made");
    own_encoder encoder(stage_.at(), path_of(s->put_url), sizes_);
    if (!encoder.begin()) return broken("a segment was refused");
    // An address of its own for each player: each is a viewer.
    std::vector<std::string> playlists;
    while (playlists.size() < sizes_.players) {
      const auto seen = http_->get("/v1/streams/" + s->id).json();
      if (!seen.is_object()) return broken("a stream cannot be seen");
      playlists.push_back(path_of(std::string(seen.at("playback_url").as_string())));
    }
    nginx_files nginx;
    std::string problem;
    const bool beside = options_.reference_seconds > 0 && nginx_files::installed();
    if (beside && (!copy_files(playlists.front(), problem) ||
                   !nginx.open(folder_.path(), reference_workers, problem)))
      return broken(problem);
    if (!beside) out_.set("nginx", "not installed");
    return play_in_turn(*s, playlists, beside ? &nginx : nullptr) &&
           (encoder.refused() == 0 || broken("a segment was refused meanwhile"));
  }

  /// The playlist and its segments as files for nginx.
  bool copy_files(const std::string& playlist, std::string& problem) {
    const auto list = http_->get(playlist);
    const auto named = addresses_of(list.body);
    problem = "the files of the stream cannot be copied";
    std::ofstream(folder_.path() + "/index.m3u8") << list.body;
    for (const auto& address : named) {
      const auto segment = http_->get(base_of(playlist) + address);
      if (segment.body.size() != sizes_.segment_bytes) return false;
      std::ofstream(folder_.path() + '/' + address.substr(0, address.find('?')), std::ios::binary)
          << segment.body;
    }
    return !named.empty();
  }

  struct side {
    double cpu = 0, bytes = 0;
    std::uint64_t rounds = 0;
    latencies took;

    bool add(playing p, double used, report& out, const std::string& server) {
      if (!p.problem.empty()) out.broken(server + ": " + p.problem);
      cpu += used, bytes += p.bytes, rounds += p.rounds;
      took.merge(p.took);
      return p.problem.empty();
    }
    double cost() const { return cpu / std::max(1.0, bytes) * gib; }
  };

  bool play_in_turn(const made_stream& s, const std::vector<std::string>& playlists,
                    const nginx_files* nginx) {
    const auto seconds =
        options_.seconds / static_cast<double>(sizes_.rounds * (nginx != nullptr ? 2 : 1));
    const double period = options_.tiny ? 0.2 : sizes_.segment_s;
    side ours, theirs;
    std::int64_t viewers = 0;
    double publishing = 0;  // Nova's CPU meanwhile nginx is asked: the encoder's, which goes on
    for (std::size_t i = 0; i < sizes_.rounds; ++i) {
      const auto before = stage_.cpu();
      auto from_nova = play(stage_.at(), playlists, period, seconds);
      const auto used = stage_.cpu() - before;
      if (!ours.add(std::move(from_nova), used.server + used.postgres, out_, "Nova")) return false;
      viewers = std::max(viewers, viewers_of(s));
      if (nginx == nullptr) continue;
      const auto nginx_before = nginx->cpu();
      const auto nova_before = stage_.cpu();
      auto from_nginx = play(nginx->at(), {playlists.size(), "/index.m3u8"}, period, seconds);
      const auto meanwhile = stage_.cpu() - nova_before;
      publishing += meanwhile.server + meanwhile.postgres;
      if (!theirs.add(std::move(from_nginx), nginx->cpu() - nginx_before, out_, "nginx"))
        return false;
    }
    out_.set("players", sizes_.players);
    out_.number("viewers_counted", static_cast<double>(viewers), "by Nova, at most");
    out_.number("rounds", static_cast<double>(ours.rounds), "a playlist and its newest segment");
    out_.timing("round", ours.took);
    out_.number("cpu_s_per_gib", ours.cost(), "CPU seconds of nova and its PostgreSQL");
    if (nginx == nullptr) return true;
    out_.timing("nginx_round", theirs.took);
    out_.number("nginx_cpu_s_per_gib", theirs.cost(), "CPU seconds of its processes, same files");
    out_.number("publishing_cpu_s_per_gib", publishing / std::max(1.0, ours.bytes) * gib,
                "of it for the encoder, which goes on while nginx is asked");
    ours.cpu = std::max(0.0, ours.cpu - publishing);
    if (theirs.cpu <= 0) return true;  // a short run: less than the clock of the processes tells
    out_.goal("play_cpu_beside_nginx", ours.cost() / theirs.cost(), goals::play_cpu_beside_nginx,
              false, fmt::format("nginx {:.3f} CPU s a GiB; without the encoder", theirs.cost()));
    return true;
  }

  std::int64_t viewers_of(const made_stream& s) {
    return client::find_number(http_->get("/v1/streams/" + s.id).body, "viewers").value_or(0);
  }

  // ---- many streams

  bool many_streams() {
    if (!encoders::installed()) {
      out_.set("ffmpeg", "not installed");
      return true;
    }
    encoders ffmpeg(folder_.path());
    if (!ffmpeg.film(sizes_.segment_s, sizes_.kbit_per_s)) return broken("ffmpeg made no film");
    const auto count = options_.tiny || options_.entities == 0 ? sizes_.streams : options_.entities;
    std::vector<watched> all;
    while (all.size() < count) {
      auto s = make_stream(*http_, me_);
      if (!s || !ffmpeg.publish(s->put_url + "/index.m3u8"))
        return broken("a stream did not begin");
      all.push_back({*std::move(s)});
    }
    const auto began = now_us();
    while (!std::ranges::all_of(all, [](const watched& w) { return w.behind.size() >= 2; })) {
      if (!ffmpeg.all_run()) return broken("an encoder has ended");
      if (now_us() - began > static_cast<std::uint64_t>(sizes_.begin_within_s * 1e6))
        return broken("not every stream began");
      if (!look(all)) return false;
    }
    gaps_ = {}, after_time_ = {}, late_ = 0, segments_ = 0;
    const auto cpu = stage_.cpu();
    const auto from = now_us(), ends = from + static_cast<std::uint64_t>(options_.seconds * 1e6);
    const auto encoding = ffmpeg.cpu();
    while (now_us() < ends)
      if (!look(all)) return false;
    const auto used = stage_.cpu() - cpu;
    const auto seconds = static_cast<double>(now_us() - from) / 1e6;
    if (!ffmpeg.all_run()) return broken("an encoder has ended");
    for (const auto& w : all) late_ += now_us() - w.last_at > late_us() ? 1 : 0;
    tell(all, used, seconds, ffmpeg.cpu() - encoding);
    return true;
  }

  void tell(std::vector<watched>& all, const cpu_split& used, double seconds, double encoding) {
    latencies behind;
    for (auto& w : all) {
      const auto earliest = *std::ranges::min_element(w.behind);
      for (const auto b : w.behind) behind.add_us(static_cast<std::uint64_t>((b - earliest) * 1e6));
    }
    out_.set("streams", all.size());
    out_.number("segments", static_cast<double>(segments_), "named and fetched whole");
    out_.timing("behind_the_streams_clock", behind);
    out_.timing("after_program_date_time", after_time_);
    out_.timing("between_segments", gaps_);
    out_.number("streams_cpu_server_share", used.server / seconds, "CPU seconds a second, nova");
    out_.number("streams_cpu_postgres_share", used.postgres / seconds, "its PostgreSQL");
    out_.number("streams_cpu_encoders_share", encoding / seconds, "all ffmpeg");
    out_.goal(
        "late_segments", static_cast<double>(late_), goals::late_segments, false,
        fmt::format("of {}, more than 1.5 target durations behind the one before", segments_));
  }

  std::uint64_t late_us() const { return sizes_.segment_s * 1'500'000ull; }

  /// One look at each stream's playlist; new segments are fetched.
  bool look(std::vector<watched>& all) {
    const auto next =
        std::chrono::steady_clock::now() +
        std::chrono::microseconds(static_cast<std::int64_t>(sizes_.look_every_s * 1e6));
    for (auto& w : all) {
      const auto list = http_->get(w.stream.playlist);
      if (list.status == 404 && w.last < 0) continue;  // it has not begun
      if (list.status != 200)
        return broken("a playlist was answered " + std::to_string(list.status));
      if (!see(w, list.body)) return false;
    }
    std::this_thread::sleep_until(next);
    return true;
  }

  bool see(watched& w, const std::string& playlist) {
    const auto at = now_us();
    const auto clock = unix_now_s();
    std::string time;
    double duration = 0;
    for (std::size_t from = 0; from < playlist.size();) {
      const auto end = std::min(playlist.find('\n', from), playlist.size());
      const auto line = playlist.substr(from, end - from);
      from = end + 1;
      if (line.starts_with("#EXT-X-PROGRAM-DATE-TIME:")) time = line.substr(line.find(':') + 1);
      if (line.starts_with("#EXTINF:")) duration = std::atof(line.c_str() + line.find(':') + 1);
      if (line.empty() || line.front() == '#') continue;
      std::int64_t number = -1;
      std::from_chars(line.data(), line.data() + line.size(), number);
      if (number <= w.last) continue;
      if (w.last >= 0 && number != w.last + 1) return broken("a segment is missing");
      const auto got = http_->get(base_of(w.stream.playlist) + line);
      if (got.status != 200 || got.body.empty() || got.body.front() != 0x47)
        return broken("a segment is not the encoder's");
      w.media_s += duration;
      w.behind.push_back(static_cast<double>(at) / 1e6 - w.media_s);
      after_time_.add_us(
          static_cast<std::uint64_t>(std::max(0.0, clock - unix_s(time) - duration) * 1e6));
      if (w.last >= 0) {
        gaps_.add_us(at - w.last_at);
        late_ += at - w.last_at > late_us() ? 1 : 0;
      }
      w.last = number;
      w.last_at = at;
      ++segments_;
    }
    return true;
  }

  const run_options options_;
  report& out_;
  const sizes sizes_;
  stage stage_;
  const run_folder folder_;
  client::account me_;
  std::unique_ptr<client::http_client> http_;
  latencies gaps_, after_time_;
  std::size_t late_ = 0, segments_ = 0;
};

}  // namespace

void live(const run_options& options, report& out) { live_run(options, out).run(); }

}  // namespace nova::bench
