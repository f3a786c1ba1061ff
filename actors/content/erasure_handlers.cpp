// Handlers for the end of an account: shelf_entity walks over all that the account has made, in bounded steps by reminder;
// post_entity gives up what belongs to it.
#include "actors/content/content_rules.hpp"
#include "actors/content/content_services.hpp"
#include "actors/content/post_entity.hpp"
#include "actors/content/shelf_entity.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/user/user.pb.h"
#include "storage/content/content_store.hpp"
#include "storage/content/erasure_store.hpp"

#include <google/protobuf/wrappers.pb.h>

namespace nova::content {

using runtime::need;
using runtime::reads;

namespace {

using decision = runtime::decision<shelf_state>;

/// Texts that are given up in one step.
constexpr std::int64_t texts_at_once = 50;
constexpr unix_ms retry_ms = 500;
/// Goes on with the certificate's id. Behind user's AccountErased the same steps run once more, and are not confirmed.
constexpr std::string_view erase_reminder = "erase:", sweep_reminder = "sweep";

std::vector<storage::runtime_queries::worded_event> events_with_texts() {
  return {{PostPublished::kAuthorIdFieldNumber, post_published_event().number},
          {PostRestored::kAuthorIdFieldNumber, post_restored_event().number}};
}

need give_up_texts(const std::vector<store::written_row>& written, bool comments_stay) {
  need n;
  for (const auto& row : written) {
    if (row.comment_id) {
      RemoveCommentRequest ask;
      ask.set_post_id(to_string(row.post_id));
      ask.set_comment_id(to_string(*row.comment_id));
      ask.set_erased(true);
      ask.set_stays(comments_stay);
      n.items.emplace_back(
          runtime::ask{&content_interface::remove_comment::info(), runtime::share(std::move(ask))});
    } else {
      ErasePostRequest ask;
      ask.set_post_id(to_string(row.post_id));
      n.items.emplace_back(
          runtime::ask{&content_interface::erase_post::info(), runtime::share(std::move(ask))});
    }
  }
  return n;
}

// One that could not be given up is found again by the next step.
decision count_texts(const shelf_state& s, const std::vector<store::written_row>& written,
                     const std::string& reminder, const runtime::context& c, const reads& r,
                     std::size_t first_answer) {
  const bool stay = settings_of(c).keep_comments;
  std::int64_t erased = 0, anonymised = 0, failed = 0;
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (r.answer(first_answer + i).has_error()) ++failed;
    else if (written[i].comment_id && stay) ++anonymised;
    else ++erased;
  }
  decision d;
  d.statements.push_back(store::count_erased(s.account, erased, anonymised));
  d.reminders.push_back({reminder, c.now + (failed > 0 ? retry_ms : 1)});
  return d;
}

decision confirmed(const shelf_state& s, std::string_view certificate,
                   const store::erasure_row& counts) {
  decision d;
  d.statements =
      store::forget_person(s.account, {auth::erase_account_event().number}, events_with_texts());
  if (certificate.empty()) return d;
  d.statements.push_back(store::end_erasure(s.account));
  ErasureConfirmed answer;
  answer.set_account_id(to_string(s.account));
  answer.set_certificate_id(std::string(certificate));
  answer.set_erased(counts.erased);
  answer.set_anonymised(counts.anonymised);
  d.events.push_back({&erasure_confirmed_event(), runtime::share(std::move(answer))});
  return d;
}

// The words leave the event; ids, times and its place stay.
template <class Event>
std::string without_words(const std::string& payload) {
  Event e;
  if (!e.ParseFromString(payload)) return {};
  e.clear_hashtags();
  if constexpr (requires { e.clear_text(); }) {
    e.clear_text();
    e.clear_language();
  }
  return e.SerializeAsString();
}

std::string without_words(const store::told_row& row) {
  const auto type = static_cast<std::uint32_t>(row.type);
  if (type == post_published_event().number) return without_words<PostPublished>(row.payload);
  if (type == post_edited_event().number) return without_words<PostEdited>(row.payload);
  if (type == post_restored_event().number) return without_words<PostRestored>(row.payload);
  return without_words<PostVisibilityChanged>(row.payload);
}

}  // namespace

shelf_entity::outcome shelf_entity::on_erase_account(const state& s, const auth::EraseAccount& e,
                                                     const context& c, const reads&) {
  decision d;
  d.statements.push_back(store::begin_erasure(s.account));
  d.reminders.push_back({std::string(erase_reminder) + e.certificate_id(), c.now});
  return d;
}

shelf_entity::outcome shelf_entity::on_account_erased(const state&, const user::AccountErased&,
                                                      const context& c, const reads&) {
  decision d;
  d.reminders.push_back({std::string(sweep_reminder), c.now});
  return d;
}

/// Reads: the texts, whether rows are left, the counts; then an answer for each text.
shelf_entity::outcome shelf_entity::on_due(const state& s,
                                           const google::protobuf::StringValue& name,
                                           const context& c, const reads& r) {
  const std::string_view due = name.value();
  const bool erases = due.starts_with(erase_reminder);
  if (!erases && due != sweep_reminder) return decision{};
  if (r.size() == 0)
    return need{{store::written_by(s.account, texts_at_once), store::rows_left(s.account),
                 store::erasure(s.account)}};
  constexpr std::size_t first_answer = 3;
  const auto written = store::read_written(r.rows(0));
  if (!written.empty() && r.size() == first_answer)
    return give_up_texts(written, settings_of(c).keep_comments);
  if (!written.empty()) return count_texts(s, written, name.value(), c, r, first_answer);
  if (read_flag(r.rows(1))) {
    decision d;
    d.statements = store::erase_rows(s.account, settings_of(c).purge_rows, c.now);
    d.reminders.push_back({name.value(), c.now + 1});
    return d;
  }
  return confirmed(s, erases ? due.substr(erase_reminder.size()) : std::string_view(),
                   store::read_erasure(r.rows(2)));
}

post_entity::outcome post_entity::erase_post(const state& s, const ErasePostRequest&,
                                             const context& c, const reads& r) {
  runtime::decision<post_state> d;
  d.reply = runtime::share(Empty());
  if (!s.exists) return d;
  if (r.size() == 0) return need{{store::texts_told(s.id)}};
  d.statements = {store::blank_post(s.id, c.now), store::purge_words(s.id)};
  for (auto& row : store::read_told(r.rows(0))) {
    row.payload = without_words(row);
    d.statements.push_back(store::replace_told(row));
  }
  if (s.out()) {
    PostDeleted e;
    e.set_post_id(to_string(s.id));
    e.set_author_id(to_string(s.author));
    e.set_at(c.now);
    if (s.quote) e.set_quote_id(to_string(*s.quote));
    d.events.push_back({&post_deleted_event(), runtime::share(std::move(e))});
  }
  d.reminders = {{std::string(publish_reminder), 0, true},
                 {std::string(poll_reminder), 0, true},
                 {std::string(purge_reminder), c.now + 1}};
  d.apply = [now = c.now](state& x) {
    x.author = {};
    x.scheduled = false;
    x.deleted_at = now;
    x.quote.reset();
    x.poll_ends_at.reset();
  };
  return d;
}

}  // namespace nova::content
