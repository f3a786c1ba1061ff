// Handlers of library_entity for recordings of live streams: a row when the stream ends, its bytes when the works have kept them.
#include "actors/media/library_entity.hpp"
#include "actors/media/media_rules.hpp"
#include "actors/media/media_services.hpp"
#include "protocols/media/media.nova.hpp"
#include "protocols/media/media.pb.h"
#include "protocols/streaming/streaming.pb.h"
#include "protocols/views/views.pb.h"
#include "storage/media/media_store.hpp"

namespace nova::media {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using runtime::share;
using decision = runtime::decision<library_state>;
using outcome = library_entity::outcome;

/// Tells streaming that the segments are not needed any more.
runtime::event made(const library_state& s, const uuid& stream, std::string media_id) {
  RecordingMade e;
  e.set_account_id(to_string(s.account));
  e.set_stream_id(to_string(stream));
  e.set_media_id(std::move(media_id));
  return {&recording_made_event(), share(std::move(e))};
}

runtime::event released(const library_state& s, const std::string& blob) {
  BytesReleased e;
  e.set_account_id(to_string(s.account));
  e.add_blobs(blob);
  return {&bytes_released_event(), share(std::move(e))};
}

std::int64_t reserved(const library_state& s) {
  std::int64_t sum = 0;
  for (const auto& [id, u] : s.uploads) sum += u.row.length;
  return sum;
}

void make_ready(decision& d, const library_state& s, media_row& row, const context& c) {
  const auto& services = c.service<media_services>();
  row.state = media_state::ready;
  d.statements.push_back(store::set_processed(row));
  MediaReady push;
  push.set_media_id(to_string(row.media_id));
  push.set_state("ready");
  *push.mutable_media() =
      media_message(row, {}, {true, c.now}, services.signer, services.settings.url_ttl_s);
  d.pushes.push_back(
      {{std::make_shared<const std::vector<uuid>>(1, s.account)}, make_push(std::move(push))});
}

}  // namespace

outcome library_entity::on_stream_ended(const library_state& s, const streaming::StreamEnded& e,
                                        const context& c, const reads&) {
  media_row m;
  m.media_id = c.new_id();
  m.account = s.account;
  m.kind = "video";
  m.content_type = "video/mp4";
  m.file_name = e.title() + ".mp4";
  m.created_at = c.now;
  m.stream = parse_uuid(e.stream_id()).value();
  RecordingOrdered order;
  order.set_account_id(to_string(s.account));
  order.set_stream_id(e.stream_id());
  order.set_media_id(to_string(m.media_id));
  decision d;
  d.statements.push_back(store::insert_media(m));
  d.events.push_back({&recording_ordered_event(), share(std::move(order))});
  return d;
}

outcome library_entity::note_recorded(const library_state& s, const RecordedRequest& q,
                                      const context& c, const reads& r) {
  const auto id = parse_uuid(q.media_id());
  if (!id) return no_such_media();
  if (r.size() == 0) return need{{store::media(*id)}};
  auto found = read_media(r.rows(0));
  decision d;
  d.reply = share(Empty());
  const bool waits = !found.empty() && found.front().account == s.account && found.front().stream &&
                     found.front().blob.empty();
  if (!waits) {  // its owner is gone, or another node was quicker
    if (!q.blob().empty()) d.events.push_back(released(s, q.blob()));
    return d;
  }
  auto& row = found.front();
  const auto& settings = c.service<media_services>().settings;
  if (q.blob().empty() || !check_quota(q.size(), s.used, reserved(s), settings)) {
    d.statements = store::delete_media(row.media_id);
    if (!q.blob().empty()) d.events.push_back(released(s, q.blob()));
    d.events.push_back(made(s, *row.stream, {}));
    return d;
  }
  row.blob = q.blob();
  row.size = q.size();
  row.content_type = q.content_type();
  d.statements = {store::set_recorded(row), store::add_used(s.account, row.size),
                  store::attach({row.media_id}, s.account, "stream", *row.stream, {})};
  if (settings.workers == 0) make_ready(d, s, row, c);
  MediaUploaded e;
  e.set_account_id(to_string(s.account));
  e.set_media_id(q.media_id());
  e.set_kind(row.kind);
  e.set_content_type(row.content_type);
  e.set_size(row.size);
  e.set_blob(row.blob);
  d.events.push_back({&media_uploaded_event(), share(std::move(e))});
  d.events.push_back(made(s, *row.stream, q.media_id()));
  d.apply = [size = row.size](library_state& x) { x.used += size; };
  return d;
}

}  // namespace nova::media
