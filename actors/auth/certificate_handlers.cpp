// Handler of certificate_entity.
#include "actors/auth/certificate_entity.hpp"
#include "actors/auth/deletion_saga.hpp"
#include "protocols/auth/auth.pb.h"

namespace nova::auth {

certificate_entity::outcome certificate_entity::get_deletion(const certificate_state&,
                                                             const GetDeletionRequest& q,
                                                             const runtime::context&,
                                                             const runtime::reads& r) {
  const auto id = parse_uuid(q.certificate_id());
  if (!id) return make_error(errc::not_found);
  if (r.size() == 0) return runtime::need{{storage::find_saga(deletion_saga_name, to_string(*id))}};
  const auto saga = storage::read_saga(r.rows(0));
  DeletionRecord record;
  if (!saga || saga->phase != storage::saga_phase::done || !record.ParseFromString(saga->detail))
    return make_error(errc::not_found);
  Deletion reply;
  reply.set_completed_at(saga->step_at);
  *reply.mutable_domains() = record.domains();
  runtime::decision<certificate_state> d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

}  // namespace nova::auth
