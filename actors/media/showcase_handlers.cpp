// Handlers of showcase_entity. Reads are addressed by their position.
#include "actors/media/media_rules.hpp"
#include "actors/media/media_services.hpp"
#include "actors/media/showcase_entity.hpp"
#include "protocols/media/media.nova.hpp"
#include "protocols/media/media.pb.h"
#include "protocols/transfer/transfer.pb.h"
#include "protocols/views/views.pb.h"
#include "storage/media/media_store.hpp"

#include <algorithm>

namespace nova::media {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using runtime::share;
using decision = runtime::decision<showcase_state>;
using outcome = showcase_entity::outcome;

/// Places of one medium that a reader is looked for in.
constexpr std::int64_t places_looked_at = 100;
constexpr std::int64_t most_waiting = 1'000;
/// Pictures of an earlier making in one answer, and only when nothing else waits: the works look twice a minute.
constexpr std::int64_t made_anew = 10;

template <class Message>
decision answer(Message m) {
  decision d;
  d.reply = share(std::move(m));
  return d;
}

/// Rows 0 and 1. Variants are asked behind them: reads of one need see different moments, and a medium that is ready has its variants.
need about(const uuid& id) { return {{store::media(id), store::references(id, places_looked_at)}}; }
need variants_of(std::vector<uuid> ids) { return {{store::variants(std::move(ids))}}; }

template <class Message>
void add_places(Message& to, const std::vector<reference_row>& places) {
  for (const auto& place : places) {
    if (!place.active) continue;
    auto& p = *to.add_places();
    p.set_kind(place.kind);
    p.set_id(to_string(place.place));
  }
}

}  // namespace

outcome showcase_entity::get_media(const state&, const MediaRequest& q, const context& c,
                                   const reads& r) {
  const auto id = parse_uuid(q.media_id());
  if (!id) return no_such_media();
  if (r.size() == 0) return about(*id);
  const auto found = nova::media::read_media(r.rows(0));
  if (found.empty()) return no_such_media();
  if (r.size() == 2) return variants_of({*id});
  const bool owner = found.front().account == c.caller.account;
  const auto& services = c.service<media_services>();
  auto m = media_message(found.front(), read_variants(r.rows(2)), {owner, c.now}, services.signer,
                         services.settings.url_ttl_s);
  if (owner) return answer(std::move(m));
  add_places(m, read_references(r.rows(1)));
  if (m.places_size() == 0) return no_such_media();
  return answer(std::move(m));
}

outcome showcase_entity::show_media(const state&, const views::MediaRequest& q, const context& c,
                                    const reads& r) {
  std::vector<uuid> ids, owners;
  for (const auto& item : q.items()) {
    const auto id = parse_uuid(item.media_id()), owner = parse_uuid(item.owner_id());
    if (!id || !owner) continue;
    ids.push_back(*id);
    owners.push_back(*owner);
  }
  if (r.size() == 0) return need{{store::media_of_owners(ids, owners)}};
  if (r.size() == 1) return variants_of(std::move(ids));
  const auto variants = read_variants(r.rows(1));
  const auto& services = c.service<media_services>();
  views::MediaReply reply;
  for (const auto& row : nova::media::read_media(r.rows(0))) {
    *reply.add_items() = media_message(row, variants, {row.account == c.caller.account, c.now},
                                       services.signer, services.settings.url_ttl_s);
  }
  return answer(std::move(reply));
}

outcome showcase_entity::limits(const state&, const transfer::LimitsRequest&, const context& c,
                                const reads&) {
  const auto& settings = c.service<media_services>().settings;
  transfer::Limits l;
  l.set_upload_bytes(settings.max_upload_bytes);
  l.set_at_once_bytes(std::min(settings.at_once_bytes, settings.max_upload_bytes));
  return answer(std::move(l));
}

outcome showcase_entity::read_media(const state&, const transfer::ReadRequest& q, const context& c,
                                    const reads& r) {
  const auto id = parse_uuid(q.media_id());
  if (!id) return no_such_media();
  if (r.size() == 0) return about(*id);
  const auto found = nova::media::read_media(r.rows(0));
  if (found.empty()) return no_such_media();
  if (r.size() == 2 && !q.variant().empty()) return variants_of({*id});
  const bool trusted = q.is_signed() || found.front().account == c.caller.account;
  const auto variants = q.variant().empty() ? std::vector<variant_row>() : read_variants(r.rows(2));
  auto out = readable(found.front(), variants, q.variant(), trusted);
  if (!out) return out.error();
  if (!trusted) {
    add_places(*out, read_references(r.rows(1)));
    if (out->places_size() == 0) return no_such_media();
  }
  return answer(std::move(*out));
}

outcome showcase_entity::list_waiting(const state&, const WaitingRequest& q, const context& c,
                                      const reads& r) {
  if (r.size() == 0)
    return need{{store::waiting(c.now - q.older_than_ms(), std::min(q.limit(), most_waiting)),
                 store::made_before(current_making, std::min(q.limit(), made_anew))}};
  auto waiting = nova::media::read_media(r.rows(0));
  if (waiting.empty()) waiting = nova::media::read_media(r.rows(1));
  WaitingReply reply;
  for (const auto& row : waiting) {
    auto& w = *reply.add_items();
    w.set_account_id(to_string(row.account));
    w.set_media_id(to_string(row.media_id));
    w.set_kind(row.kind);
    w.set_content_type(row.content_type);
    w.set_blob(row.blob);
    if (row.stream && row.blob.empty()) w.set_stream_id(to_string(*row.stream));
  }
  return answer(std::move(reply));
}

outcome showcase_entity::list_unnamed(const state&, const UnnamedRequest& q, const context&,
                                      const reads& r) {
  if (r.size() == 0) {
    std::vector<uuid> parts;
    for (const auto& p : q.parts())
      if (const auto id = parse_uuid(p)) parts.push_back(*id);
    return need{{store::unnamed_blobs({q.blobs().begin(), q.blobs().end()}),
                 store::unnamed_parts(std::move(parts))}};
  }
  UnnamedReply reply;
  for (auto& name : read_names(r.rows(0))) reply.add_blobs(std::move(name));
  for (auto& name : read_names(r.rows(1))) reply.add_parts(std::move(name));
  return answer(std::move(reply));
}

}  // namespace nova::media
