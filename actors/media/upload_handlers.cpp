// The steps of an upload. Handlers of library_entity. Reads are addressed by their position.
#include "actors/media/library_entity.hpp"
#include "actors/media/media_rules.hpp"
#include "actors/media/media_services.hpp"
#include "protocols/core/page.hpp"
#include "protocols/media/media.nova.hpp"
#include "protocols/media/media.pb.h"
#include "protocols/transfer/transfer.pb.h"
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

const config::media_settings& settings_of(const context& c) {
  return c.service<media_services>().settings;
}

const open_upload* find(const library_state& s, const std::string& id) {
  const auto key = parse_uuid(id);
  const auto at = key ? s.uploads.find(*key) : s.uploads.end();
  return at == s.uploads.end() ? nullptr : &at->second;
}

error over(const upload_row& row, unix_ms now) {
  return row.expires_at <= now ? make_error(errc::expired, "The time of this upload is over.")
                               : no_such_upload();
}

/// An upload that is not in memory: finished, expired, or none.
std::variant<need, error, upload_row> look_up(const library_state& s, const std::string& id,
                                              const context& c, const reads& r) {
  const auto key = parse_uuid(id);
  if (!key) return no_such_upload();
  if (r.size() == 0) return need{{store::upload(s.account, *key)}};
  const auto found = read_uploads(r.rows(0));
  if (found.empty()) return no_such_upload();
  if (!found.front().media_id) return over(found.front(), c.now);
  return found.front();
}

std::int64_t reserved(const library_state& s, const std::vector<uuid>& without) {
  std::int64_t sum = 0;
  for (const auto& [id, u] : s.uploads)
    if (std::ranges::find(without, id) == without.end() && u.row.expires_at > 0)
      sum += u.row.length;
  return sum;
}

/// Adds the parts of a concatenation to `row`.
std::optional<error> add_parts(const library_state& s, const transfer::OpenRequest& q,
                               upload_row& row) {
  for (const auto& id : q.parts()) {
    const auto* part = find(s, id);
    if (part == nullptr) return no_such_upload();
    if (!part->row.partial || !part->row.done)
      return make_error(errc::invalid_request,
                        "Only complete partial uploads can be concatenated.");
    row.parts.push_back(part->row.upload_id);
    row.length += part->row.length;
  }
  return std::nullopt;
}

}  // namespace

outcome library_entity::open_upload(const library_state& s, const transfer::OpenRequest& q,
                                    const context& c, const reads&) {
  const auto& settings = settings_of(c);
  if (auto ok = check_open(q, settings); !ok) return ok.error();
  if (s.uploads.size() >= settings.uploads_per_account)
    return make_error(errc::conflict, "Too many uploads of this account are not finished.");
  upload_row row{c.new_id(),
                 s.account,
                 q.length(),
                 0,
                 c.now + std::int64_t{settings.upload_ttl_s} * 1000,
                 q.metadata(),
                 q.file_name(),
                 q.content_type(),
                 q.purpose(),
                 q.at_once(),
                 q.partial(),
                 false,
                 {},
                 std::nullopt};
  if (q.parts_size() > 0) {
    row.length = 0;
    if (auto wrong = add_parts(s, q, row)) return *wrong;
    if (row.length > settings.max_upload_bytes)
      return make_error(
          errc::payload_too_large,
          "An upload has at most " + std::to_string(settings.max_upload_bytes) + " bytes.");
  }
  if (auto ok = check_quota(row.length, s.used, reserved(s, row.parts), settings); !ok)
    return ok.error();
  decision d;
  d.statements.push_back(store::insert_upload(row));
  d.reminders.push_back({"expire:" + to_string(row.upload_id), row.expires_at});
  d.reply = share(upload_message(row));
  d.apply = [row](library_state& x) { x.uploads[row.upload_id] = {row, {}}; };
  return d;
}

outcome library_entity::upload_state(const library_state& s, const transfer::StateRequest& q,
                                     const context& c, const reads& r) {
  decision d;
  if (const auto* u = find(s, q.upload_id())) {
    if (u->row.expires_at <= c.now) return over(u->row, c.now);
    d.reply = share(upload_message(u->row));
    return d;
  }
  auto found = look_up(s, q.upload_id(), c, r);
  if (auto* more = std::get_if<need>(&found)) return std::move(*more);
  if (auto* e = std::get_if<error>(&found)) return std::move(*e);
  d.reply = share(upload_message(std::get<upload_row>(found)));
  return d;
}

outcome library_entity::grant_writing(const library_state& s, const transfer::GrantRequest& q,
                                      const context& c, const reads& r) {
  decision d;
  transfer::Grant grant;
  const auto* u = find(s, q.upload_id());
  if (u == nullptr) {  // of a finished one there is nothing left to write
    auto found = look_up(s, q.upload_id(), c, r);
    if (auto* more = std::get_if<need>(&found)) return std::move(*more);
    if (auto* e = std::get_if<error>(&found)) return std::move(*e);
    const auto& row = std::get<upload_row>(found);
    if (!q.at_once() && q.offset() != row.length)
      return make_error(errc::conflict, "The upload is finished.");
    if (!q.at_once() && q.length() > 0)
      return make_error(errc::payload_too_large, "The upload is finished; no byte is missing.");
    if (q.at_once()) {  // the same Idempotency-Key: the bytes must be the same too
      if (r.size() == 1) return need{{store::media(*row.media_id)}};
      const auto media = read_media(r.rows(1));
      if (media.empty()) return no_such_media();
      grant.set_first_blob(media.front().blob);
      grant.set_length(media.front().size);
    }
    d.reply = share(std::move(grant));
    return d;
  }
  const auto& row = u->row;
  if (row.expires_at <= c.now) return over(row, c.now);
  if (!row.parts.empty() && !q.at_once())
    return make_error(errc::forbidden, "A concatenation takes no bytes.");
  if (!u->writer.empty())
    return make_error(errc::locked, "Another request writes to this upload.", 1000);
  if (q.offset() != row.written)
    return make_error(errc::conflict, "The upload has " + std::to_string(row.written) + " bytes.");
  const auto left = row.length - row.written;
  if (q.length() > left)
    return make_error(errc::payload_too_large, "The upload has " + std::to_string(row.length) +
                                                   " bytes; " + std::to_string(left) +
                                                   " are missing.");
  if (row.done) {
    d.reply = share(std::move(grant));
    return d;
  }
  grant.set_grant_id(to_string(c.new_id()));
  const auto& settings = settings_of(c);
  grant.set_length(q.at_once() ? std::min(settings.at_once_bytes, settings.max_upload_bytes)
                               : left);
  grant.set_partial(row.partial);
  grant.set_part(to_string(row.upload_id));
  d.apply = [id = row.upload_id, writer = grant.grant_id()](library_state& x) {
    if (const auto at = x.uploads.find(id); at != x.uploads.end()) at->second.writer = writer;
  };
  d.reply = share(std::move(grant));
  return d;
}

outcome library_entity::report_written(const library_state& s, const transfer::ReportRequest& q,
                                       const context& c, const reads&) {
  const auto* u = find(s, q.upload_id());
  if (u == nullptr || (!u->writer.empty() && u->writer != q.grant_id())) return no_such_upload();
  if (q.offset() < 0 || q.offset() > u->row.length)
    return make_error(errc::invalid_request, "The offset lies beyond the upload.");
  auto row = u->row;
  decision d;
  if (q.offset() != row.written)
    d.statements.push_back(store::set_written(row.upload_id, q.offset()));
  row.written = q.offset();
  if (q.over() && row.partial && row.written == row.length && !row.done) {
    d.statements.push_back(store::set_done(row.upload_id));
    row.done = true;
  }
  d.reply = share(upload_message(row));
  d.apply = [row, writer = q.over() ? std::string() : q.grant_id()](library_state& x) {
    if (const auto at = x.uploads.find(row.upload_id); at != x.uploads.end())
      at->second = {row, writer};
  };
  return d;
}

namespace {

runtime::event released(const library_state& s, std::vector<std::string> blobs,
                        std::vector<uuid> parts) {
  BytesReleased e;
  e.set_account_id(to_string(s.account));
  for (auto& b : blobs) e.add_blobs(std::move(b));
  for (const auto& p : parts) e.add_parts(to_string(p));
  return {&bytes_released_event(), share(std::move(e))};
}

/// The upload is over and nothing was made of it.
decision refuse_content(const library_state& s, const upload_row& row, const std::string& blob,
                        error why) {
  decision d;
  d.statements.push_back(store::delete_uploads({row.upload_id}));
  d.events.push_back(released(s, {blob}, {row.upload_id}));
  d.reminders.push_back({"expire:" + to_string(row.upload_id), 0, true});
  d.refusal = std::move(why);
  d.apply = [id = row.upload_id](library_state& x) { x.uploads.erase(id); };
  return d;
}

media_row media_of(const upload_row& u, const transfer::FinishRequest& q, content_kind content,
                   const context& c) {
  media_row m;
  m.media_id = c.new_id();
  m.account = u.account;
  const bool waits = settings_of(c).workers > 0 && needs_worker(content.kind);
  m.state = waits ? media_state::processing : media_state::ready;
  m.kind = std::move(content.kind);
  m.content_type = std::move(content.type);
  m.size = q.size();
  m.file_name = u.file_name;
  m.purpose = u.purpose;
  m.blob = q.blob();
  m.created_at = c.now;
  return m;
}

MediaUploaded uploaded(const media_row& m) {
  MediaUploaded e;
  e.set_account_id(to_string(m.account));
  e.set_media_id(to_string(m.media_id));
  e.set_kind(m.kind);
  e.set_content_type(m.content_type);
  e.set_size(m.size);
  e.set_blob(m.blob);
  e.set_purpose(m.purpose);
  return e;
}

}  // namespace

outcome library_entity::finish_upload(const library_state& s, const transfer::FinishRequest& q,
                                      const context& c, const reads&) {
  const auto* u = find(s, q.upload_id());
  if (u == nullptr || (!u->writer.empty() && u->writer != q.grant_id())) return no_such_upload();
  auto row = u->row;
  if (row.at_once) {
    if (!q.file_name().empty()) row.file_name = q.file_name();
    if (!q.content_type().empty()) row.content_type = q.content_type();
    if (!q.purpose().empty()) row.purpose = q.purpose();
    auto known = transfer::OpenRequest();
    known.set_purpose(row.purpose);
    known.set_content_type(row.content_type);
    if (auto ok = check_open(known, settings_of(c)); !ok)
      return refuse_content(s, row, q.blob(), ok.error());
    if (auto ok = check_quota(q.size(), s.used, reserved(s, {row.upload_id}), settings_of(c)); !ok)
      return refuse_content(s, row, q.blob(), ok.error());
  } else if (q.size() != row.length) {
    return refuse_content(s, row, q.blob(), make_error(errc::internal));
  }
  auto content = judge_content(row.content_type, q.found_type(), row.purpose);
  if (!content) return refuse_content(s, row, q.blob(), content.error());
  const auto m = media_of(row, q, std::move(*content), c);
  decision d;
  d.statements = {store::insert_media(m), store::add_used(s.account, m.size),
                  store::set_upload_media(row.upload_id, m.media_id, m.size)};
  if (!row.parts.empty()) d.statements.push_back(store::delete_uploads(row.parts));
  d.events.push_back({&media_uploaded_event(), share(uploaded(m))});
  auto spent = row.parts;
  spent.push_back(row.upload_id);
  d.events.push_back(released(s, {}, std::move(spent)));
  d.reminders = {{"expire:" + to_string(row.upload_id), 0, true},
                 {"look:" + to_string(m.media_id),
                  c.now + std::int64_t{settings_of(c).unused_grace_s} * 1000}};
  if (m.state == media_state::ready) {
    MediaReady push;
    push.set_media_id(to_string(m.media_id));
    push.set_state("ready");
    const auto& services = c.service<media_services>();
    *push.mutable_media() =
        media_message(m, {}, {true, c.now}, services.signer, services.settings.url_ttl_s);
    d.pushes.push_back(
        {{std::make_shared<const std::vector<uuid>>(1, s.account)}, make_push(std::move(push))});
  }
  row.written = row.length = m.size;
  row.media_id = m.media_id;
  d.reply = share(upload_message(row));
  d.apply = [row, size = m.size](library_state& x) {
    x.used += size;
    x.uploads.erase(row.upload_id);
    for (const auto& part : row.parts) x.uploads.erase(part);
  };
  return d;
}

outcome library_entity::end_upload(const library_state& s, const transfer::EndRequest& q,
                                   const context& c, const reads& r) {
  const auto* u = find(s, q.upload_id());
  if (u == nullptr) {
    auto found = look_up(s, q.upload_id(), c, r);
    if (auto* more = std::get_if<need>(&found)) return std::move(*more);
    if (auto* e = std::get_if<error>(&found)) return std::move(*e);
  }
  const auto id = parse_uuid(q.upload_id()).value();
  decision d;
  d.statements.push_back(store::delete_uploads({id}));
  d.reminders.push_back({"expire:" + to_string(id), 0, true});
  transfer::EndReply reply;
  reply.set_part(to_string(id));
  d.reply = share(std::move(reply));
  d.apply = [id](library_state& x) { x.uploads.erase(id); };
  return d;
}

}  // namespace nova::media
