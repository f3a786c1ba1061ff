// Handlers of stream_entity: what its owner does, and looking at it. Reads are addressed by their position.
#include "actors/streaming/stream_entity.hpp"
#include "actors/streaming/streaming_rules.hpp"
#include "actors/streaming/streaming_services.hpp"
#include "protocols/streaming/streaming.nova.hpp"

namespace nova::streaming {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using decision = runtime::decision<stream_state>;
using outcome = stream_entity::outcome;

std::int64_t viewers_of(const stream_state& s, unix_ms now) {
  return s.is(stream_state_name::ended) ? 0 : s.viewers.at(now);
}

Stream shown(const stream_state& s, const stream_row& row, const context& c) {
  auto out = stream_message(row, viewers_of(s, c.now));
  out.set_playback_url(playback_url(row.stream_id, query_for_caller(row.stream_id, c)));
  return out;
}

/// Nothing for the stream's owner; else what tells another's stream from one that the caller may not see.
std::optional<outcome> not_the_owner(const stream_state& s, const context& c, const reads& r) {
  if (!s.exists) return no_such_stream();
  if (s.row.owner == c.caller.account) return std::nullopt;
  if (r.size() == 0) return need{{store::may_see(s.row.stream_id, c.caller.account)}};
  if (!read_flag(r.rows(0))) return no_such_stream();
  return make_error(errc::forbidden, "This stream belongs to another account.");
}

void tell_change(decision& d, const stream_row& row) {
  StreamChanged e;
  e.set_stream_id(to_string(row.stream_id));
  e.set_conversation_id(to_string(row.conversation));
  e.set_title(row.title);
  e.set_visibility(std::string(name_of(row.visible_to)));
  d.events.push_back({&stream_changed_event(), runtime::share(std::move(e))});
}

}  // namespace

outcome stream_entity::create_stream(const state&, const CreateStreamRequest& q, const context& c,
                                     const reads& r) {
  const auto& settings = settings_of(c);
  auto row = checked_stream(q, c.now);
  if (row.has_error()) return row.error();
  const std::int64_t most = settings.streams_per_account;
  if (r.size() == 0) return need{{store::count_open(c.caller.account, most)}};
  if (read_count(r.rows(0)) >= most)
    return make_error(errc::conflict, "This account has as many open streams as it may.");
  row->stream_id = parse_uuid(c.key).value();
  row->owner = c.caller.account;
  row->conversation = c.new_id();
  auto key = make_key(row->stream_id, c.random);
  row->key_hash = hash_of_key(key);

  decision d;
  d.statements.push_back(store::insert_stream(*row));
  StreamCreated e;
  e.set_stream_id(to_string(row->stream_id));
  e.set_conversation_id(to_string(row->conversation));
  e.set_owner_id(to_string(row->owner));
  e.set_title(row->title);
  e.set_visibility(std::string(name_of(row->visible_to)));
  d.events.push_back({&stream_created_event(), runtime::share(std::move(e))});
  auto reply = shown(state{}, *row, c);
  *reply.mutable_ingest() = ingest_message(row->stream_id, std::move(key), settings);
  d.reply = runtime::share(std::move(reply));
  d.apply = [now = *std::move(row)](state& x) {
    x.exists = true;
    x.row = now;
  };
  return d;
}

outcome stream_entity::get_stream(const state& s, const StreamRequest&, const context& c,
                                  const reads& r) {
  if (!s.exists) return no_such_stream();
  if (r.size() == 0) return need{{store::may_see(s.row.stream_id, c.caller.account)}};
  if (!read_flag(r.rows(0))) return no_such_stream();
  decision d;
  d.reply = runtime::share(shown(s, s.row, c));
  return d;
}

outcome stream_entity::update_stream(const state& s, const UpdateStreamRequest& q, const context& c,
                                     const reads& r) {
  if (auto other = not_the_owner(s, c, r)) return std::move(*other);
  if (s.is(stream_state_name::ended) && q.has_record() && q.record() != s.row.record)
    return make_error(errc::conflict, "This stream has ended.");
  auto changed = changed_stream(s.row, q, c.now);
  if (changed.has_error()) return changed.error();
  auto row = *std::move(changed);
  decision d;
  d.statements.push_back(store::update_stream(row));
  if (row.title != s.row.title || row.visible_to != s.row.visible_to) tell_change(d, row);
  if (q.has_state()) {
    auto ending = s;
    ending.row = row;
    end_stream(d, ending, c);
    if (!s.is(stream_state_name::ended)) {
      row.state = stream_state_name::ended;
      row.ended_at = c.now;
    }
  }
  d.reply = runtime::share(shown(s, row, c));
  d.apply = [row = std::move(row)](state& x) mutable { x.row = std::move(row); };
  return d;
}

outcome stream_entity::delete_stream(const state& s, const StreamRequest&, const context& c,
                                     const reads& r) {
  if (auto other = not_the_owner(s, c, r)) return std::move(*other);
  decision d;
  end_stream(d, s, c);
  for (auto& statement : store::delete_stream(s.row.stream_id))
    d.statements.push_back(std::move(statement));
  // Those of a recording stay until it is made.
  if (!s.row.keeps_segments()) d.statements.push_back(store::delete_segments(s.row.stream_id));
  StreamEnded e;
  e.set_stream_id(to_string(s.row.stream_id));
  e.set_owner_id(to_string(s.row.owner));
  e.set_at(c.now);
  e.set_deleted(true);
  d.events.push_back({&stream_ended_event(), runtime::share(std::move(e))});
  d.reply = runtime::share(Empty());
  d.passivate = true;
  return d;
}

outcome stream_entity::renew_key(const state& s, const StreamRequest&, const context& c,
                                 const reads& r) {
  if (auto other = not_the_owner(s, c, r)) return std::move(*other);
  if (s.is(stream_state_name::ended)) return make_error(errc::conflict, "This stream has ended.");
  auto row = s.row;
  auto key = make_key(row.stream_id, c.random);
  row.key_hash = hash_of_key(key);
  decision d;
  d.statements.push_back(store::update_stream(row));
  NewKey reply;
  *reply.mutable_ingest() = ingest_message(row.stream_id, std::move(key), settings_of(c));
  d.reply = runtime::share(std::move(reply));
  d.apply = [hash = row.key_hash](state& x) { x.row.key_hash = hash; };
  return d;
}

}  // namespace nova::streaming
