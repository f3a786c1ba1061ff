#include "protocols/core/trace.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <system_error>

namespace nova::trace {
namespace {

constexpr std::array<std::string_view, station_count> names{"route",  "decide", "append",
                                                            "commit", "answer", "push"};

void append_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else out += c;
  }
  out += '"';
}

double micros(std::chrono::steady_clock::duration d) {
  return std::chrono::duration<double, std::micro>(d).count();
}

}  // namespace

std::string_view name_of(station s) noexcept { return names[static_cast<std::size_t>(s)]; }

struct session::state {
  std::mutex mutex;
  std::FILE* file = nullptr;
  std::uint64_t bytes = 0, max_bytes = 0, dropped = 0;
  time_point start = std::chrono::steady_clock::now();

  void add(const std::string& line) {
    std::lock_guard lock(mutex);
    if (bytes + line.size() > max_bytes) {
      ++dropped;
      return;
    }
    bytes += line.size();
    std::fwrite(line.data(), 1, line.size(), file);
  }
};

namespace {
std::mutex current_mutex;
session::state* current = nullptr;
}  // namespace

void write(station s, const subject& about, time_point begin, time_point end) {
  std::string line = ",\n{\"ph\":\"X\",\"cat\":\"nova\",\"name\":";
  append_text(line, name_of(s));
  line += ",\"args\":{\"request_id\":";
  append_text(line, about.request_id);
  line += ",\"what\":";
  append_text(line, about.what);
  std::lock_guard lock(current_mutex);
  if (current == nullptr) return;
  line += fmt::format("}},\"pid\":{},\"tid\":{},\"ts\":{:.3f},\"dur\":{:.3f}}}", ::getpid(),
                      ::gettid(), micros(begin - current->start), micros(end - begin));
  current->add(line);
}

void span::begin(station s, const subject& about) {
  open_ = std::make_unique<open>(open{s, std::string(about.request_id), std::string(about.what),
                                      std::chrono::steady_clock::now()});
}

session::session(const std::string& path, std::uint64_t max_bytes)
    : state_(std::make_unique<state>()) {
  state_->file = std::fopen(path.c_str(), "we");
  if (state_->file == nullptr)
    throw std::runtime_error(path + ": " + std::generic_category().message(errno));
  state_->max_bytes = max_bytes;
  // An array that begins with what names the process, so that each span can start with a comma.
  std::fprintf(state_->file,
               "[{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%d,\"args\":{\"name\":\"nova\"}}",
               static_cast<int>(::getpid()));
  std::lock_guard lock(current_mutex);
  current = state_.get();
  detail::enabled = true;
}

session::~session() {
  {
    std::lock_guard lock(current_mutex);
    detail::enabled = false;
    current = nullptr;
  }
  std::fputs("]\n", state_->file);
  std::fclose(state_->file);
}

std::uint64_t session::dropped() const {
  std::lock_guard lock(state_->mutex);
  return state_->dropped;
}

}  // namespace nova::trace
