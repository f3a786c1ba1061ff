// The scenario `download`. See media_scenarios.hpp.
#include "bench/media/media_scenarios.hpp"
#include "bench/media/nginx_files.hpp"
#include "bench/media/raw_transfers.hpp"
#include "bench/support/goals.hpp"
#include "bench/support/run_folder.hpp"

#include "config/process/programs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <random>

namespace nova::bench {

namespace {

constexpr double gib = 1'073'741'824;
constexpr std::size_t write_bytes = 256 * 1024, slow_body_bytes = 64 * 1024;
constexpr std::int64_t slow_upload_bytes = 1 << 20;
constexpr auto transfer_within = std::chrono::seconds(120);
constexpr auto picture_within_us = 60'000'000ull;

struct sizes {
  std::size_t file = 64 << 20, slow = 1'000, first_slow = 100, rounds = 3, uploads = 5,
              pictures = 5;
  const char* picture = "4000x3000";
};
constexpr sizes tiny_sizes{4 << 20, 16, 4, 1, 1, 1, "400x300"};

run_options for_transfers(run_options options) {
  options.environment.emplace_back("NOVA_MEDIA__UPLOADS_PER_ACCOUNT", "2000");
  options.environment.emplace_back("NOVA_MEDIA__SCRUB_KIB_S", "0");
  return options;
}

std::string noise(std::size_t bytes, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string out(bytes, '\0');
  for (std::size_t at = 0; at + 8 <= bytes; at += 8) {
    const auto x = random();
    std::copy_n(reinterpret_cast<const char*>(&x), 8, out.data() + at);
  }
  return out;
}

class transfers {
 public:
  transfers(const run_options& options, report& out)
      : options_(options),
        out_(out),
        sizes_(options.tiny ? tiny_sizes : sizes{}),
        stage_(for_transfers(options)),
        folder_("download") {}

  void run() {
    std::string problem;
    if (!stage_.open(problem)) return out_.broken("start: " + problem);
    const auto accounts = stage_.accounts(1);
    if (accounts.empty()) return out_.broken("accounts were refused");
    me_ = accounts.front();
    http_ = std::make_unique<client::http_client>(stage_.at(), transfer_within);
    if (upload() && fetch_in_turn() && slow_readers() && slow_writers()) pictures();
  }

 private:
  client::http_reply send(const std::string& verb, const std::string& target, std::string body,
                          const std::string& type,
                          std::vector<std::pair<std::string, std::string>> fields) {
    fields.emplace_back("Tus-Resumable", "1.0.0");
    return http_->send({verb, target, std::move(body), me_.access_token, type, std::move(fields)});
  }

  bool broken(const std::string& what) {
    out_.broken(what);
    return false;
  }

  /// Bytes a second of a bare write in pieces, with fsync of file and folder.
  double bare_write(const std::string& bytes, std::size_t round) const {
    const auto folder = folder_.path() + "/bare";
    std::filesystem::create_directories(folder);
    const auto path = folder + '/' + std::to_string(round);
    const auto began = now_us();
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = fd >= 0;
    for (std::size_t at = 0; good && at < bytes.size(); at += write_bytes) {
      const auto n = std::min(write_bytes, bytes.size() - at);
      good = ::write(fd, bytes.data() + at, n) == static_cast<ssize_t>(n);
    }
    good = good && ::fsync(fd) == 0;
    if (fd >= 0) ::close(fd);
    const int parent = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    good = good && parent >= 0 && ::fsync(parent) == 0;
    if (parent >= 0) ::close(parent);
    const auto took = static_cast<double>(now_us() - began) / 1e6;
    return good ? static_cast<double>(bytes.size()) / took : 0;
  }

  bool upload() {
    double ours = 0, bare = 0, cpu = 0;
    for (std::size_t i = 0; i < sizes_.uploads; ++i) {
      auto bytes = noise(sizes_.file, static_cast<unsigned>(i + 1));
      bare += bare_write(bytes, i);
      if (i == 0) std::ofstream(folder_.path() + "/film", std::ios::binary) << bytes;
      const auto before = stage_.cpu();
      const auto began = now_us();
      const auto r =
          send("POST", "/v1/uploads", std::move(bytes), "application/offset+octet-stream",
               {{"Upload-Length", std::to_string(sizes_.file)}});
      ours += static_cast<double>(sizes_.file) / (static_cast<double>(now_us() - began) / 1e6);
      cpu += (stage_.cpu() - before).server;
      if (r.status != 201) return broken("an upload was answered " + std::to_string(r.status));
      if (i == 0) medium_ = r.header("Upload-Media-Id");
    }
    const auto n = static_cast<double>(sizes_.uploads);
    out_.number("upload_mib_per_s", ours / n / 1048576, "one request, until it is answered");
    out_.number("upload_cpu_server_s_per_gib", cpu / n / static_cast<double>(sizes_.file) * gib,
                "CPU seconds of nova");
    out_.number("bare_write_mib_per_s", bare / n / 1048576, "write, fsync of file and folder");
    out_.goal("upload_beside_write", ours / std::max(1.0, bare), goals::upload_beside_write, true,
              fmt::format("bare write {:.0f} MiB/s", bare / n / 1048576));
    return true;
  }

  bool fetch_in_turn() {
    const auto seen = http_->get("/v1/media/" + medium_, me_.access_token).json();
    if (!seen.is_object()) return broken("the medium cannot be seen");
    url_ = std::string(seen.at("url").as_string());
    if (http_->get(url_).body != noise(sizes_.file, 1))
      return broken("the content is not what was uploaded");
    nginx_files nginx;
    std::string problem;
    const bool beside = options_.reference_seconds > 0 && nginx_files::installed();
    if (beside && !nginx.open(folder_.path(), reference_workers, problem)) return broken(problem);
    if (!beside) out_.set("nginx", "not installed");
    double ours = 0, theirs = 0, our_cpu = 0, their_cpu = 0, our_bytes = 0, their_bytes = 0;
    const auto size = static_cast<std::int64_t>(sizes_.file);
    const auto seconds = options_.seconds / static_cast<double>(2 * sizes_.rounds);
    for (std::size_t i = 0; i < sizes_.rounds; ++i) {
      const auto before = stage_.cpu().server;
      const auto from_nova = fetch(stage_.at(), url_, size, connections, seconds);
      our_cpu += stage_.cpu().server - before;
      if (!from_nova.sound) return broken("a download was not whole");
      ours += from_nova.bytes_per_s;
      our_bytes += from_nova.bytes_per_s * seconds;
      if (!beside) continue;
      const auto nginx_before = nginx.cpu();
      const auto from_nginx = fetch(nginx.at(), "/film", size, connections, seconds);
      their_cpu += nginx.cpu() - nginx_before;
      if (!from_nginx.sound) return broken("a download from nginx was not whole");
      theirs += from_nginx.bytes_per_s;
      their_bytes += from_nginx.bytes_per_s * seconds;
    }
    const auto rounds = static_cast<double>(sizes_.rounds);
    const auto our_cost = our_cpu / our_bytes * gib, their_cost = their_cpu / their_bytes * gib;
    out_.number("download_mib_per_s", ours / rounds / 1048576, "over 8 connections");
    out_.number("download_cpu_s_per_gib", our_cost, "CPU seconds of nova");
    if (!beside) return true;
    out_.number("nginx_mib_per_s", theirs / rounds / 1048576, "the same file");
    out_.number("nginx_cpu_s_per_gib", their_cost, "CPU seconds of its processes");
    out_.goal("download_beside_nginx", ours / theirs, goals::download_beside_nginx, true,
              fmt::format("nginx {:.0f} MiB/s", theirs / rounds / 1048576));
    out_.goal("download_cpu_beside_nginx", our_cost / their_cost, goals::download_cpu_beside_nginx,
              false, fmt::format("nginx {:.3f} CPU s a GiB", their_cost));
    return true;
  }

  void rest(double seconds) {
    std::promise<void> over;
    stage_.io().after(std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6)),
                      [&] { over.set_value(); });
    over.get_future().get();
  }

  /// Opens `first_slow` transfers and closes them, so that what the server keeps for good is not counted; then `slow` ones.
  template <class Add>
  bool weigh(const char* name, Add add) {
    double before = 0;
    for (const bool counts : {false, true}) {
      slow_transfers all;
      const auto count = counts ? sizes_.slow : sizes_.first_slow;
      if (counts) before = static_cast<double>(stage_.server_anonymous());
      while (all.count() < count)
        if (!add(all)) return broken(std::string(name) + ": a transfer was not taken");
      rest(options_.tiny ? 0.1 : 2);
      if (!counts) continue;
      const auto grown = static_cast<double>(stage_.server_anonymous()) - before;
      out_.goal(std::string(name) + "_kib_each",
                std::max(0.0, grown) / 1024 / static_cast<double>(count), goals::slow_transfer_kib,
                false, std::to_string(count) + " at once");
    }
    return true;
  }

  bool slow_readers() {
    if (!allow_files(sizes_.slow + 500)) return broken("too few file descriptors");
    return weigh("slow_reader",
                 [&](slow_transfers& to) { return to.add_reader(stage_.at(), url_); });
  }

  bool slow_writers() {
    return weigh("slow_writer", [&](slow_transfers& to) {
      const auto r = send("POST", "/v1/uploads", "", "application/offset+octet-stream",
                          {{"Upload-Length", std::to_string(slow_upload_bytes)}});
      const auto head = fmt::format(
          "PATCH {} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n"
          "Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
          "Content-Type: application/offset+octet-stream\r\nContent-Length: {}\r\n\r\n",
          r.header("Location"), me_.access_token, slow_upload_bytes);
      return r.status == 201 && to.add_writer(stage_.at(), head, slow_body_bytes);
    });
  }

  bool pictures() {
    const auto path = folder_.path() + "/picture.jpg";
    const auto made = fmt::format(
        "ffmpeg -v error -f lavfi -i mandelbrot=size={}:rate=1 -vf noise=alls=20:allf=t "
        "-frames:v 1 -q:v 3 -y {} 2>/dev/null",
        sizes_.picture, path);
    if (!config::find_program("ffmpeg") || std::system(made.c_str()) != 0) {
      out_.set("picture", "ffmpeg is not installed");
      return true;
    }
    std::ifstream file(path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    latencies took;
    for (std::size_t i = 0; i < sizes_.pictures; ++i) {
      const auto began = now_us();
      const auto r = send("POST", "/v1/media", bytes, "image/jpeg", {});
      if (r.status != 201) return broken("a picture was answered " + std::to_string(r.status));
      const auto id = std::string(r.json().at("media_id").as_string());
      std::string state;
      while (state != "ready") {
        rest(0.005);
        const auto seen = http_->get("/v1/media/" + id, me_.access_token).json();
        state = seen.is_object() ? std::string(seen.at("state").as_string()) : "failed";
        if (state == "failed" || now_us() - began > picture_within_us)
          return broken("a picture did not become ready");
      }
      took.add_us(now_us() - began);
    }
    out_.timing("picture_ready", took);
    out_.goal("picture_ready_ms", took.percentile_ms(100), goals::picture_ready_ms, false,
              fmt::format("the slowest of {}, {} and {} bytes", sizes_.pictures, sizes_.picture,
                          bytes.size()));
    return true;
  }

  static constexpr std::size_t connections = 8;
  static constexpr unsigned reference_workers = 2;  ///< as many as Nova has I/O threads

  const run_options options_;
  report& out_;
  const sizes sizes_;
  stage stage_;
  const run_folder folder_;
  client::account me_;
  std::unique_ptr<client::http_client> http_;
  std::string medium_, url_;
};

}  // namespace

void download(const run_options& options, report& out) { transfers(options, out).run(); }

}  // namespace nova::bench
