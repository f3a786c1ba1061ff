// Handlers of library_entity for the account's end: out of sight, back in sight, erased.
#include "actors/media/library_entity.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/media/media.nova.hpp"
#include "protocols/media/media.pb.h"
#include "protocols/messaging/messaging.nova.hpp"
#include "protocols/messaging/messaging.pb.h"
#include "protocols/streaming/streaming.nova.hpp"
#include "protocols/streaming/streaming.pb.h"
#include "protocols/user/user.pb.h"
#include "storage/media/media_store.hpp"

namespace nova::media {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using decision = runtime::decision<library_state>;
using outcome = library_entity::outcome;

/// Names in one event.
constexpr std::size_t names_an_event = 1'000;

decision closing(const library_state& s, bool closed) {
  decision d;
  d.statements.push_back(store::set_closed(s.account, closed));
  d.apply = [closed](library_state& x) { x.closed = closed; };
  return d;
}

}  // namespace

outcome library_entity::on_account_closed(const library_state& s, const auth::AccountClosed&,
                                          const context&, const reads&) {
  return closing(s, true);
}

outcome library_entity::on_account_reopened(const library_state& s, const auth::AccountReopened&,
                                            const context&, const reads&) {
  return closing(s, false);
}

namespace {

/// All rows and bytes of the account; `blobs`: of its media.
decision erased(const library_state& s, const std::vector<std::string>& blobs) {
  decision d;
  d.statements = store::erase_account(
      s.account, {auth::erase_account_event().number, auth::confirm_erasure_event().number},
      {{content::PostPublished::kAuthorIdFieldNumber, content::post_published_event().number},
       {content::PostRestored::kAuthorIdFieldNumber, content::post_restored_event().number},
       {messaging::MessageSent::kSenderIdFieldNumber, messaging::message_sent_event().number},
       {messaging::MessageChanged::kSenderIdFieldNumber, messaging::message_changed_event().number},
       {streaming::StreamEnded::kOwnerIdFieldNumber, streaming::stream_ended_event().number}});
  BytesReleased bytes;  // it names no person: the account's own events are emptied before
  bytes.set_account_id(to_string(uuid{}));
  for (const auto& [id, u] : s.uploads) bytes.add_parts(to_string(id));
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    bytes.add_blobs(blobs[i]);
    if ((i + 1) % names_an_event != 0) continue;
    d.events.push_back({&bytes_released_event(), runtime::share(bytes)});
    bytes.clear_blobs();
    bytes.clear_parts();
  }
  d.events.push_back({&bytes_released_event(), runtime::share(std::move(bytes))});
  d.passivate = true;
  return d;
}

}  // namespace

outcome library_entity::on_erase_account(const library_state& s, const auth::EraseAccount& e,
                                         const context&, const reads& r) {
  if (r.size() == 0) return need{{store::account_bytes(s.account)}};
  const auto blobs = read_names(r.rows(0));
  auto d = erased(s, blobs);
  ErasureConfirmed answer;
  answer.set_account_id(to_string(s.account));
  answer.set_certificate_id(e.certificate_id());
  answer.set_erased(static_cast<std::int64_t>(blobs.size() + s.uploads.size()));
  d.events.push_back({&erasure_confirmed_event(), runtime::share(std::move(answer))});
  return d;
}

outcome library_entity::on_account_erased(const library_state& s, const user::AccountErased&,
                                          const context&, const reads& r) {
  if (r.size() == 0) return need{{store::account_bytes(s.account)}};
  return erased(s, read_names(r.rows(0)));
}

}  // namespace nova::media
