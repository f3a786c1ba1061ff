// Handlers of post_entity: what time brings (publication, the end of a poll, the purge), and who quotes it.
#include "actors/content/content_rules.hpp"
#include "actors/content/content_services.hpp"
#include "actors/content/mention_lookup.hpp"
#include "actors/content/post_entity.hpp"
#include "protocols/content/content.nova.hpp"
#include "storage/content/content_store.hpp"

#include <google/protobuf/wrappers.pb.h>

namespace nova::content {

using runtime::need;
using runtime::reads;

namespace {

using decision = runtime::decision<post_state>;
using outcome = post_entity::outcome;

constexpr std::int64_t voters_told_at_once = 500;
constexpr unix_ms purge_pause_ms = 1'000;

/// People may have come since the text was scheduled, and who may see it may have changed. A mention that was found then keeps
/// its account.
outcome on_publish(const post_state& s, const runtime::context& c, const reads& r) {
  if (!s.exists || !s.scheduled) return decision{};
  const mention_lookup::items own{store::own_post(s.id, s.author)};
  if (r.size() == 0) return need{own};
  const auto found = read_posts(r.rows(0));
  if (found.empty()) return decision{};
  auto row = found.front();
  const mention_lookup mentions(row.text, mentions_of(row.text, row.body));
  if (auto more = mentions.wants(own, s.author, row.visible_to, r)) return std::move(*more);
  const auto named = mentions.fill(row.body, r, own.size(), s.author);
  row.scheduled = false;
  row.created_at = c.now;
  if (row.poll_ends_at) row.poll_ends_at = c.now + row.body.poll_ends_in_s() * 1000;
  decision d;
  d.statements = {store::publish_post(s.id, c.now, row.poll_ends_at),
                  store::edit_post(row, named.all)};
  publish(d, row, named.told);
  d.apply = [now = state_of(row)](post_state& x) { x = now; };
  return d;
}

/// Tells the author and the voters, so many at a time: a reminder goes on behind the last of them.
outcome on_poll_end(const post_state& s, std::string_view behind, const runtime::context& c,
                    const reads& r) {
  if (!s.out() || !s.poll_ends_at) return decision{};
  const auto after = behind.empty() ? uuid{} : parse_uuid(behind).value_or(uuid{});
  if (r.size() == 0) return need{{store::voters(s.id, after, voters_told_at_once)}};
  const auto voters = read_ids(r.rows(0));
  PollEnded e;
  e.set_post_id(to_string(s.id));
  e.set_author_id(to_string(s.author));
  e.set_at(*s.poll_ends_at);
  if (behind.empty()) e.add_notify(to_string(s.author));
  for (const auto& account : voters)
    if (account != s.author) e.add_notify(to_string(account));
  decision d;
  d.events.push_back({&poll_ended_event(), runtime::share(std::move(e))});
  if (std::ssize(voters) == voters_told_at_once)
    d.reminders.push_back({std::string(poll_reminder) + ':' + to_string(voters.back()), c.now});
  return d;
}

outcome on_purge(const post_state& s, const runtime::context& c, const reads& r) {
  if (!s.exists || !s.deleted_at) return decision{};
  if (r.size() == 0) return need{{store::purge_left(s.id)}};
  decision d;
  if (read_flag(r.rows(0))) {
    d.statements = store::purge_step(s.id, settings_of(c).purge_rows);
    d.reminders.push_back({std::string(purge_reminder), c.now + purge_pause_ms});
    return d;
  }
  PostPurged e;
  e.set_post_id(to_string(s.id));
  e.set_author_id(to_string(s.author));
  d.statements = store::purge_end(s.id);
  d.events.push_back({&post_purged_event(), runtime::share(std::move(e))});
  d.passivate = true;
  return d;
}

outcome count_quotes(const post_state& s, std::int64_t n) {
  decision d;
  if (s.exists) d.statements.push_back(store::add_quotes(s.id, n));
  return d;
}

}  // namespace

outcome post_entity::on_due(const state& s, const google::protobuf::StringValue& name,
                            const context& c, const reads& r) {
  const std::string_view due = name.value();
  if (due == publish_reminder) return on_publish(s, c, r);
  if (due == purge_reminder) return on_purge(s, c, r);
  if (!due.starts_with(poll_reminder)) return decision{};
  const auto rest = due.substr(poll_reminder.size());
  return on_poll_end(s, rest.starts_with(':') ? rest.substr(1) : rest, c, r);
}

outcome post_entity::on_quoted(const state& s, const PostPublished&, const context&, const reads&) {
  return count_quotes(s, 1);
}
outcome post_entity::on_quote_deleted(const state& s, const PostDeleted&, const context&,
                                      const reads&) {
  return count_quotes(s, -1);
}
outcome post_entity::on_quote_restored(const state& s, const PostRestored&, const context&,
                                       const reads&) {
  return count_quotes(s, 1);
}

}  // namespace nova::content
