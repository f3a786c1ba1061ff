#include "gateway/transfer/live_windows.hpp"

#include <algorithm>
#include <utility>

namespace nova::gateway {

live_windows::window_ptr live_windows::find(const std::string& stream, time_point now) {
  const std::scoped_lock lock(mutex_);
  const auto at = windows_.find(stream);
  if (at == windows_.end() || at->second.asked_at + window_kept <= now) return nullptr;
  return at->second.window;
}

void live_windows::keep(const std::string& stream, window_ptr window, time_point asked_at) {
  const std::scoped_lock lock(mutex_);
  if (!has_room_for(stream, asked_at)) return;
  auto& known = windows_[stream];
  if (asked_at < known.asked_at || asked_at <= known.changed_at) return;
  known.window = std::move(window);
  known.asked_at = asked_at;
}

void live_windows::changed(const std::string& stream, time_point now) {
  const std::scoped_lock lock(mutex_);
  if (!has_room_for(stream, now)) return;
  auto& known = windows_[stream];
  known.window = nullptr;
  known.changed_at = now;
}

live_windows::file_ptr live_windows::file(const std::string& blob, time_point now) {
  const std::scoped_lock lock(mutex_);
  const auto at = files_.find(blob);
  if (at == files_.end() || at->second.opened_at + file_kept <= now) return nullptr;
  return at->second.file;
}

void live_windows::keep_file(const std::string& blob, file_ptr file, time_point now) {
  if (file->descriptor() < 0) return;
  const std::scoped_lock lock(mutex_);
  if (files_.size() >= most_files) drop_old(now);
  if (files_.size() >= most_files) return;
  files_.insert_or_assign(blob, known_file{std::move(file), now});
}

void live_windows::forget_old(time_point now) {
  const std::scoped_lock lock(mutex_);
  drop_old(now);
}

bool live_windows::has_room_for(const std::string& stream, time_point now) {
  if (windows_.size() < most_streams || windows_.contains(stream)) return true;
  drop_old(now);
  return windows_.size() < most_streams;
}

// A window that is asked for is answered long before `file_kept`: until then the time of its change is known.
void live_windows::drop_old(time_point now) {
  std::erase_if(windows_, [&](const auto& w) {
    return std::max(w.second.asked_at, w.second.changed_at) + file_kept <= now;
  });
  std::erase_if(files_, [&](const auto& f) { return f.second.opened_at + file_kept <= now; });
}

}  // namespace nova::gateway
