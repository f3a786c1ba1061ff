// The log on spdlog: an asynchronous logger with a formatter that keeps every record on one line.
#include "protocols/core/log.hpp"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unicode/utf8.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <mutex>
#include <utility>

namespace nova::log {

namespace {

bool is_control(std::string_view text, std::size_t i) {
  const auto c = static_cast<unsigned char>(text[i]);
  if (c < 0x20 || c == 0x7f) return true;
  if (c != 0xc2 || i + 1 >= text.size())
    return false;  // U+0080–U+009F: the 8-bit terminal controls
  const auto next = static_cast<unsigned char>(text[i + 1]);
  return next >= 0x80 && next <= 0x9f;
}

void append_escaped(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_control(text, i)) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i]));
    else out += text[i];
  }
}

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t at = 0; at < size;) {
    const auto begin = static_cast<std::size_t>(at);
    UChar32 c = 0;
    U8_NEXT(bytes, at, size, c);
    if (c < 0) out += "\\ufffd";
    else if (c < 0x20 || (c >= 0x7f && c < 0xa0)) out += fmt::format("\\u{:04x}", c);
    else if (c == '"' || c == '\\') (out += '\\') += static_cast<char>(c);
    else out += text.substr(begin, static_cast<std::size_t>(at) - begin);
  }
  out += '"';
}

std::string text_record(std::string_view event, fields values) {
  std::string line = "event=";
  append_value(line, event);
  for (const auto& f : values) {
    line += ' ';
    line += f.key;
    line += '=';
    append_value(line, f.value);
  }
  return line;
}

constexpr std::string_view json_begin = "\"event\":";

std::string json_record(std::string_view event, fields values) {
  std::string line(json_begin);
  append_json_text(line, event);
  for (const auto& f : values) {
    line += ',';
    append_json_text(line, f.key);
    line += ':';
    if (f.bare) line += f.value;
    else append_json_text(line, f.value);
  }
  return line;
}

/// Puts time and level before the record, in the record's own form.
class line_formatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
    using namespace std::chrono;
    const auto ms = duration_cast<milliseconds>(message.time.time_since_epoch()).count();
    const std::time_t seconds = ms / 1000;
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    char when[32];
    std::strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);
    const auto name = spdlog::level::to_string_view(message.level);
    const auto level =
        message.level == spdlog::level::warn ? "warn" : std::string_view(name.data(), name.size());
    const std::string_view record(message.payload.data(), message.payload.size());
    const auto line =
        record.starts_with(json_begin)
            ? fmt::format("{{\"ts\":\"{}.{:03}Z\",\"level\":\"{}\",{}}}\n", when, ms % 1000, level,
                          record)
            : fmt::format("ts={}.{:03}Z level={} {}\n", when, ms % 1000, level, record);
    to.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<line_formatter>();
  }
};

class fd_sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit fd_sink(int fd) : fd_(fd) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    const char* at = line.data();
    auto left = line.size();
    while (left > 0) {
      const auto written = ::write(fd_, at, left);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;  // a log that nobody takes must not stop Nova
      at += written;
      left -= static_cast<std::size_t>(written);
    }
  }
  void flush_() override {}

  int fd_;
};

spdlog::level::level_enum to_spdlog(level l) {
  static constexpr spdlog::level::level_enum levels[] = {spdlog::level::trace, spdlog::level::debug,
                                                         spdlog::level::info, spdlog::level::warn,
                                                         spdlog::level::err};
  return levels[static_cast<std::size_t>(l)];
}

std::atomic<form> record_form{form::text};

std::shared_ptr<spdlog::logger> direct_logger() {
  auto sink = std::make_shared<fd_sink>(2);
  sink->set_formatter(std::make_unique<line_formatter>());
  return std::make_shared<spdlog::logger>("nova", std::move(sink));
}

}  // namespace

void append_value(std::string& out, std::string_view value) {
  const bool plain = !value.empty() && value.find_first_of(" \"=\\") == value.npos;
  if (plain) return append_escaped(out, value);
  out += '"';
  std::string inner;
  for (const char c : value) {
    if (c == '"' || c == '\\') inner += '\\';
    inner += c;
  }
  append_escaped(out, inner);
  out += '"';
}

namespace {

thread_local capture* capturing = nullptr;

spdlog::logger& current_logger() {
  static const bool ready = [] {
    // The first record may come before any session; spdlog's own default writes to stdout, which belongs to the ready line.
    if (spdlog::default_logger()->name().empty()) spdlog::set_default_logger(direct_logger());
    return true;
  }();
  (void)ready;
  return *spdlog::default_logger_raw();
}

}  // namespace

capture::capture(taker to) : to_(std::move(to)), outer_(std::exchange(capturing, this)) {}

capture::~capture() { capturing = outer_; }

void write(level l, std::string_view event, fields values) {
  if (capturing != nullptr) return capturing->to_(l, text_record(event, values));
  auto& logger = current_logger();
  const auto severity = to_spdlog(l);
  if (!logger.should_log(severity)) return;
  const auto line =
      record_form == form::json ? json_record(event, values) : text_record(event, values);
  logger.log(severity, spdlog::string_view_t(line.data(), line.size()));
}

bool writes(level l) { return capturing != nullptr || current_logger().should_log(to_spdlog(l)); }

void set_level(std::string_view least_level) {
  const auto l = spdlog::level::from_str(std::string(least_level));
  if (l != spdlog::level::off || least_level == "off") current_logger().set_level(l);
}

void set_form(std::string_view text_or_json) {
  if (text_or_json == "text") record_form = form::text;
  if (text_or_json == "json") record_form = form::json;
}

struct session::state {
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
};

session::session(std::string_view least_level, std::size_t queue_records, int fd)
    : state_(std::make_unique<state>()) {
  state_->pool = std::make_shared<spdlog::details::thread_pool>(queue_records, 1, [] {
    sigset_t broken_pipe;  // stderr's reader may go; that must not end the process
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  });
  auto sink = std::make_shared<fd_sink>(fd);
  sink->set_formatter(std::make_unique<line_formatter>());
  state_->logger = std::make_shared<spdlog::async_logger>(
      "nova", std::move(sink), state_->pool, spdlog::async_overflow_policy::overrun_oldest);
  spdlog::set_default_logger(state_->logger);
  set_level(least_level);
}

session::~session() {
  auto direct = direct_logger();
  direct->set_level(state_->logger->level());
  spdlog::set_default_logger(std::move(direct));
  state_->pool.reset();  // writes what waits to the logger's sink, then ends its thread
  state_->logger.reset();
}

std::uint64_t session::dropped() const { return state_->pool->overrun_counter(); }

}  // namespace nova::log
