// Handlers of profile_entity for the account's end: set aside, brought back, erased.
#include "actors/user/profile_entity.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "storage/user/erasure_store.hpp"

namespace nova::user {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using decision = runtime::decision<profile_state>;
using outcome = profile_entity::outcome;

// The state is loaded anew from the changed rows.
decision leaves(std::vector<storage::statement> statements) {
  decision d;
  d.statements = std::move(statements);
  d.passivate = true;
  return d;
}

}  // namespace

outcome profile_entity::on_account_closed(const profile_state& s, const auth::AccountClosed&,
                                          const context&, const reads&) {
  return leaves({store::close_profile(s.id)});
}

outcome profile_entity::on_account_reopened(const profile_state& s, const auth::AccountReopened&,
                                            const context&, const reads&) {
  return leaves({store::reopen_profile(s.id)});
}

outcome profile_entity::on_erase_account(const profile_state& s, const auth::EraseAccount& e,
                                         const context&, const reads& r) {
  if (r.size() == 0) return need{{store::erasure_count(s.id)}};
  auto d = leaves(store::erase_person(
      s.id, {auth::erase_account_event().number, auth::confirm_erasure_event().number},
      {{content::PostPublished::kAuthorIdFieldNumber, content::post_published_event().number},
       {content::PostEdited::kAuthorIdFieldNumber, content::post_edited_event().number},
       {content::PostRestored::kAuthorIdFieldNumber, content::post_restored_event().number}}));
  AccountErased gone;
  gone.set_account_id(to_string(s.id));
  d.events.push_back({&account_erased_event(), runtime::share(std::move(gone))});
  ErasureConfirmed answer;
  answer.set_account_id(to_string(s.id));
  answer.set_certificate_id(e.certificate_id());
  answer.set_erased(store::read_erasure_count(r.rows(0)));
  d.events.push_back({&erasure_confirmed_event(), runtime::share(std::move(answer))});
  return d;
}

}  // namespace nova::user
