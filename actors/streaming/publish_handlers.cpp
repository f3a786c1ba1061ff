// Handlers of stream_entity: what an encoder puts, and what its silence means. A decision is made from its files alone, so encoders
// need no session: the publisher is the encoder that has the key and goes on where the last playlist ended.
#include "actors/streaming/stream_entity.hpp"
#include "actors/streaming/streaming_rules.hpp"
#include "actors/streaming/streaming_services.hpp"
#include "protocols/streaming/streaming.nova.hpp"

#include <google/protobuf/wrappers.pb.h>

namespace nova::streaming {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using decision = runtime::decision<stream_state>;
using outcome = stream_entity::outcome;

// Files that wait for a playlist, and taken ones that are remembered: another encoder shows by putting one of them anew.
constexpr std::size_t max_uploads = 1'000;
constexpr std::int64_t remembered = 64;

unix_ms silence_ms(const context& c) { return settings_of(c).publisher_silence_s * 1000LL; }
unix_ms grace_ms(const context& c) { return settings_of(c).publisher_grace_s * 1000LL; }

error second_encoder() {
  return make_error(errc::conflict, "Another encoder publishes to this stream.");
}

/// True when the encoder that published is there: another one is refused.
bool taken(const stream_state& s, const context& c) {
  return s.row.last_at != 0 && s.row.last_at + silence_ms(c) > c.now;
}

std::optional<error> refused(const stream_state& s, std::string_view key,
                             std::string_view publisher, const context& c) {
  if (!s.exists || s.row.closed || !is_key(s.row, key))
    return make_error(errc::forbidden, "This key is not valid.");
  if (s.is(stream_state_name::ended)) return make_error(errc::expired, "This stream has ended.");
  if (taken(s, c) && publisher != s.row.publisher) return second_encoder();
  return std::nullopt;
}

/// The row when `q` comes: a new run when the encoder is another one, or comes back.
stream_row arrived(const stream_state& s, const live::PublishRequest& q, const context& c) {
  auto row = s.row;
  if (!taken(s, c)) {
    ++row.run;
    row.sequence = -1;
    row.publisher = q.publisher();
  }
  row.last_at = c.now;
  return row;
}

/// A new run begins without the files of the one before.
void clear_uploads(decision& d, const stream_state& s, const stream_row& row) {
  if (row.run != s.row.run && !s.uploads.empty())
    d.statements.push_back(store::delete_uploads(row.stream_id));
}

void start(decision& d, const stream_state& s, stream_row& row, const context& c) {
  if (row.state == stream_state_name::live) return;
  row.state = stream_state_name::live;
  if (!row.started_at) {
    row.started_at = c.now;
    StreamStarted e;
    e.set_stream_id(to_string(row.stream_id));
    e.set_owner_id(to_string(row.owner));
    e.set_at(c.now);
    d.events.push_back({&stream_started_event(), runtime::share(std::move(e))});
  }
  push_state(d, s, row);
}

outcome take_segment(const stream_state& s, const live::PublishRequest& q, const context& c) {
  auto row = arrived(s, q, c);
  const bool new_run = row.run != s.row.run;
  if (!new_run) {
    const auto there = s.uploads.find(q.file());
    if (there != s.uploads.end() && there->second.blob != q.blob()) return second_encoder();
    if (s.uploads.size() >= max_uploads)
      return make_error(errc::conflict,
                        "Too many files; an encoder deletes those that left its playlist.");
  }
  decision d;
  clear_uploads(d, s, row);
  upload_row file{q.file(), q.blob(), q.size(), -1};
  d.statements.push_back(store::put_upload(row.stream_id, file, c.now));
  d.statements.push_back(store::set_course(row));
  if (new_run) d.reminders.push_back({std::string(silence_reminder), c.now + silence_ms(c)});
  d.reply = runtime::share(live::PublishReply());
  d.apply = [row = std::move(row), file = std::move(file), new_run](stream_state& x) mutable {
    x.row = std::move(row);
    if (new_run) x.uploads.clear();
    x.uploads[file.file] = std::move(file);
  };
  return d;
}

outcome take_playlist(const stream_state& s, const live::PublishRequest& q, const context& c) {
  auto parsed = parse_playlist(q.playlist());
  if (parsed.has_error()) return parsed.error();
  auto row = arrived(s, q, c);
  const bool new_run = row.run != s.row.run;
  // The publisher's playlist never goes back.
  if (!new_run && row.sequence >= 0 &&
      (parsed->segments.empty() ? !parsed->ended : parsed->segments.back().sequence < row.sequence))
    return second_encoder();
  static const std::map<std::string, upload_row> none;
  auto more = new_segments(row, *parsed, new_run ? none : s.uploads, c.now);
  decision d;
  clear_uploads(d, s, row);
  row.sequence = more.sequence;
  row.next_number += std::ssize(more.added);
  for (const auto& segment : more.added)
    d.statements.push_back(store::insert_segment(row.stream_id, segment));
  for (const auto& [file, number] : more.taken)
    d.statements.push_back(store::delete_upload(row.stream_id, file));
  if (!more.added.empty()) start(d, s, row, c);

  auto window = s.window;
  for (auto& segment : more.added) window.push_back(std::move(segment));
  while (window.size() > settings_of(c).window_segments) {
    row.discontinuities += window.front().discontinuous ? 1 : 0;
    window.pop_front();
  }
  if (!more.added.empty())
    d.statements.push_back(store::cut_segments(
        row.stream_id, row.keeps_segments() ? row.next_number - settings_of(c).recorded_segments
                                            : window.front().number));
  const bool ends = parsed->ended;
  if (new_run) d.reminders.push_back({std::string(silence_reminder), c.now + silence_ms(c)});
  if (ends) {
    auto last = s;
    last.row = row;
    end_stream(d, last, c);
    row.state = stream_state_name::ended;
    row.ended_at = c.now;
  } else {
    d.statements.push_back(store::set_course(row));
  }
  d.reply = runtime::share(live::PublishReply());
  d.apply = [row = std::move(row), window = std::move(window), taken = std::move(more.taken),
             new_run](stream_state& x) mutable {
    x.row = std::move(row);
    x.window = std::move(window);
    if (new_run) x.uploads.clear();
    for (const auto& [file, number] : taken) x.uploads[file].number = number;
    std::erase_if(x.uploads, [&](const auto& u) {
      return u.second.number >= 0 && u.second.number < x.row.next_number - remembered;
    });
  };
  return d;
}

outcome remove_file(const stream_state& s, const live::PublishRequest& q, const context& c) {
  decision d;
  d.reply = runtime::share(live::PublishReply());
  if (!s.uploads.contains(q.file())) return d;
  auto row = s.row;
  row.last_at = c.now;
  d.statements = {store::delete_upload(row.stream_id, q.file()), store::set_course(row)};
  d.apply = [at = row.last_at, file = q.file()](stream_state& x) {
    x.row.last_at = at;
    x.uploads.erase(file);
  };
  return d;
}

/// While a number of viewers stands: a gateway whose viewers have all left tells nothing.
outcome look_again(const stream_state& s, const context& c) {
  constexpr unix_ms pause_ms = 16'000;
  auto d = viewers_now(s, s.viewers.at(c.now), c);
  if (d.reminders.empty() && d.statements.empty() && s.row.viewers > 0)
    d.reminders.push_back({std::string(viewers_reminder), c.now + pause_ms});
  return d;
}

outcome interrupt(const stream_state& s, const context& c) {
  decision d;
  d.reply = runtime::share(live::PublishReply());
  if (!s.is(stream_state_name::live)) return d;
  auto row = s.row;
  row.state = stream_state_name::interrupted;
  row.last_at = 0;  // the encoder is gone: the next one with the key may come
  d.statements.push_back(store::set_course(row));
  d.reminders.push_back({std::string(silence_reminder), c.now + grace_ms(c)});
  push_state(d, s, row);
  d.apply = [row = std::move(row)](stream_state& x) mutable { x.row = std::move(row); };
  return d;
}

}  // namespace

outcome stream_entity::admit(const state& s, const live::AdmitRequest& q, const context& c,
                             const reads&) {
  if (auto e = refused(s, q.key(), q.publisher(), c)) return std::move(*e);
  live::Admission reply;
  const auto kind = checked_file(q.file());
  if (kind.has_error()) return kind.error();
  reply.set_playlist(*kind == file_kind::playlist);
  reply.set_most_bytes(reply.playlist() ? static_cast<std::int64_t>(max_playlist_bytes)
                                        : settings_of(c).max_segment_bytes);
  decision d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

outcome stream_entity::publish(const state& s, const live::PublishRequest& q, const context& c,
                               const reads&) {
  if (auto e = refused(s, q.key(), q.publisher(), c)) return std::move(*e);
  if (q.gone()) return interrupt(s, c);
  const auto kind = checked_file(q.file());
  if (kind.has_error()) return kind.error();
  if (q.removes()) return remove_file(s, q, c);
  return *kind == file_kind::playlist ? take_playlist(s, q, c) : take_segment(s, q, c);
}

// One reminder serves silence and grace: when it comes too early it is set anew, so that a file costs no reminder.
outcome stream_entity::on_due(const state& s, const google::protobuf::StringValue& name,
                              const context& c, const reads&) {
  decision d;
  if (s.exists && name.value() == viewers_reminder) return look_again(s, c);
  if (!s.exists || name.value() != silence_reminder) return d;
  const bool live = s.is(stream_state_name::live);
  if (!live && !s.is(stream_state_name::interrupted)) return d;
  const auto silent_at = s.row.last_at + silence_ms(c);
  if (live && silent_at <= c.now) return interrupt(s, c);
  if (live) d.reminders.push_back({std::string(silence_reminder), silent_at});
  else end_stream(d, s, c);
  return d;
}

}  // namespace nova::streaming
