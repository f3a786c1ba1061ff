// Media of an account after their upload. Handlers of library_entity. Reads are addressed by their position.
#include "actors/media/library_entity.hpp"
#include "actors/media/media_rules.hpp"
#include "actors/media/media_services.hpp"
#include "protocols/core/page.hpp"
#include "protocols/core/text.hpp"
#include "protocols/media/media.nova.hpp"
#include "protocols/media/media.pb.h"
#include "protocols/views/views.pb.h"
#include "storage/media/media_store.hpp"

#include <google/protobuf/wrappers.pb.h>

namespace nova::media {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using runtime::share;
using decision = runtime::decision<library_state>;
using outcome = library_entity::outcome;

views::Media shown(const media_row& row, std::span<const variant_row> variants, const context& c) {
  const auto& services = c.service<media_services>();
  return media_message(row, variants, {true, c.now}, services.signer, services.settings.url_ttl_s);
}

std::vector<std::string> blobs_of(const media_row& row, std::span<const variant_row> variants) {
  std::vector<std::string> out{row.blob};
  if (row.shown_blob) out.push_back(*row.shown_blob);
  for (const auto& v : variants) out.push_back(v.blob);
  return out;
}

/// The medium, its variants and its places, as they are in rows 0, 1 and 2.
need about(const uuid& id) {
  return {{store::media(id), store::variants({id}), store::references(id, 200)}};
}

decision release(const library_state& s, std::vector<std::string> blobs) {
  decision d;
  d.reply = share(Empty());
  if (blobs.empty()) return d;
  BytesReleased bytes;
  bytes.set_account_id(to_string(s.account));
  for (auto& b : blobs) bytes.add_blobs(std::move(b));
  d.events.push_back({&bytes_released_event(), share(std::move(bytes))});
  return d;
}

std::vector<std::string> blobs_of(const ProcessedRequest& q) {
  std::vector<std::string> out;
  for (const auto& v : q.variants()) out.push_back(v.blob());
  if (!q.shown_blob().empty()) out.push_back(q.shown_blob());
  return out;
}

void take_shown(media_row& row, const ProcessedRequest& q) {
  if (q.shown_blob().empty()) return;
  row.shown_blob = q.shown_blob();
  row.shown_size = q.shown_size();
  row.content_type = q.shown_type();
}

std::vector<variant_row> add_variants(decision& d, const uuid& id, const ProcessedRequest& q) {
  std::vector<variant_row> out;
  for (const auto& v : q.variants()) {
    out.push_back({id, v.name(), v.blob(), v.content_type(), v.width(), v.height(), v.size()});
    d.statements.push_back(store::insert_variant(out.back()));
  }
  return out;
}

/// A picture that is ready has its variants made in the current way. One that cannot be read any more loses them: they may show
/// more than the current way lets through.
decision made_anew(const library_state& s, media_row row, std::span<const variant_row> variants,
                   const ProcessedRequest& q) {
  std::vector<std::string> before;
  for (const auto& v : variants) before.push_back(v.blob);
  if (row.shown_blob && !q.shown_blob().empty()) before.push_back(*row.shown_blob);
  for (const auto& blob : blobs_of(q)) std::erase(before, blob);
  auto d = release(s, std::move(before));
  row.making = current_making;
  take_shown(row, q);
  d.statements = {store::set_processed(row), store::delete_variants(row.media_id)};
  add_variants(d, row.media_id, q);
  return d;
}

decision gone(const library_state& s, const media_row& row, std::span<const variant_row> variants) {
  decision d;
  d.statements = store::delete_media(row.media_id);
  d.statements.push_back(store::add_used(s.account, -row.size));
  BytesReleased bytes;
  bytes.set_account_id(to_string(s.account));
  for (auto& b : blobs_of(row, variants)) bytes.add_blobs(std::move(b));
  MediaDeleted deleted;
  deleted.set_account_id(to_string(s.account));
  deleted.set_media_id(to_string(row.media_id));
  d.events = {{&bytes_released_event(), share(std::move(bytes))},
              {&media_deleted_event(), share(std::move(deleted))}};
  d.reminders.push_back({"look:" + to_string(row.media_id), 0, true});
  d.apply = [size = row.size](library_state& x) { x.used -= size; };
  return d;
}

}  // namespace

outcome library_entity::edit_media(const library_state& s, const EditMediaRequest& q,
                                   const context& c, const reads& r) {
  const auto id = parse_uuid(q.media_id());
  if (!id) return no_such_media();
  if (count_code_points(q.alt()) > c.service<media_services>().settings.alt_code_points)
    return invalid_field("alt", "This description is too long.");
  if (r.size() == 0) return about(*id);
  auto found = read_media(r.rows(0));
  if (found.empty() || found.front().account != s.account) return no_such_media();
  auto& row = found.front();
  decision d;
  if (q.has_alt()) {
    row.alt = q.alt().empty() ? std::nullopt : std::optional(q.alt());
    d.statements.push_back(store::set_alt(*id, row.alt));
  }
  d.reply = share(shown(row, read_variants(r.rows(1)), c));
  return d;
}

outcome library_entity::delete_media(const library_state& s, const MediaRequest& q, const context&,
                                     const reads& r) {
  const auto id = parse_uuid(q.media_id());
  if (!id) return no_such_media();
  if (r.size() == 0) return about(*id);
  const auto found = read_media(r.rows(0));
  if (found.empty() || found.front().account != s.account) return no_such_media();
  for (const auto& place : read_references(r.rows(2)))
    if (place.active) return make_error(errc::conflict, "Something shows this medium.");
  auto d = gone(s, found.front(), read_variants(r.rows(1)));
  d.reply = share(Empty());
  return d;
}

outcome library_entity::get_usage(const library_state& s, const UsageRequest&, const context& c,
                                  const reads&) {
  Usage usage;
  usage.set_used(s.used);
  usage.set_quota(c.service<media_services>().settings.quota_bytes);
  decision d;
  d.reply = share(std::move(usage));
  return d;
}

outcome library_entity::note_processed(const library_state& s, const ProcessedRequest& q,
                                       const context& c, const reads& r) {
  const auto id = parse_uuid(q.media_id());
  if (!id) return no_such_media();
  if (r.size() == 0) return need{{store::media(*id), store::variants({*id})}};
  auto found = read_media(r.rows(0));
  if (found.empty()) return release(s, blobs_of(q));
  auto& row = found.front();
  decision d;
  d.reply = share(Empty());
  if (row.account != s.account) return d;
  if (row.state == media_state::ready && row.kind == "image" && row.making < current_making)
    return made_anew(s, row, read_variants(r.rows(1)), q);
  if (row.state != media_state::processing) return d;
  // A recording is ready in any case: its encoder is responsible for its bytes.
  row.state = q.failed() && !row.stream ? media_state::failed : media_state::ready;
  if (q.width() > 0) row.width = q.width();
  if (q.height() > 0) row.height = q.height();
  if (q.duration_ms() > 0) row.duration_ms = q.duration_ms();
  if (!q.blurhash().empty()) row.blurhash = q.blurhash();
  if (!q.waveform().empty()) row.waveform = q.waveform();
  take_shown(row, q);
  row.making = current_making;
  d.statements.push_back(store::set_processed(row));
  const auto variants = add_variants(d, *id, q);
  MediaReady push;
  push.set_media_id(q.media_id());
  push.set_state(row.state == media_state::failed ? "failed" : "ready");
  *push.mutable_media() = shown(row, variants, c);
  d.pushes.push_back(
      {{std::make_shared<const std::vector<uuid>>(1, s.account)}, make_push(std::move(push))});
  return d;
}

namespace {

decision upload_over(const library_state& s, const uuid& id) {
  decision d;
  if (!s.uploads.contains(id)) return d;
  BytesReleased e;
  e.set_account_id(to_string(s.account));
  e.add_parts(to_string(id));
  d.events.push_back({&bytes_released_event(), share(std::move(e))});
  d.apply = [id](library_state& x) { x.uploads.erase(id); };
  return d;
}

// Two looks that find no place make a medium unused.
outcome look_at(const library_state& s, const uuid& id, const context& c, const reads& r) {
  if (r.size() == 0) return about(id);
  const auto found = read_media(r.rows(0));
  if (found.empty() || found.front().account != s.account) return decision{};
  const bool idle = read_references(r.rows(2)).empty();
  if (idle && found.front().idle) return gone(s, found.front(), read_variants(r.rows(1)));
  decision d;
  if (idle != found.front().idle) d.statements.push_back(store::set_idle(id, idle));
  d.reminders.push_back(
      {"look:" + to_string(id),
       c.now + std::int64_t{c.service<media_services>().settings.unused_grace_s} * 1000});
  return d;
}

}  // namespace

outcome library_entity::on_due(const library_state& s, const google::protobuf::StringValue& name,
                               const context& c, const reads& r) {
  const std::string_view text = name.value();
  const auto colon = text.find(':');
  const auto id = colon == text.npos ? std::nullopt : parse_uuid(text.substr(colon + 1));
  if (!id) return decision{};
  if (text.starts_with("expire:")) return upload_over(s, *id);
  return look_at(s, *id, c, r);
}

}  // namespace nova::media
