#include "actors/content/shelf_entity.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/content/content.nova.hpp"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"

#include <google/protobuf/wrappers.pb.h>

namespace nova::content {
namespace {

result<std::string> normalised(const rpc::method&, std::string raw) {
  const auto id = parse_uuid(raw);
  if (!id) return make_error(errc::not_found, "There is no such account.");
  return to_string(*id);
}

}  // namespace

runtime::entity_kind shelf_entity::kind() {
  runtime::methods<shelf_entity> shelf("shelf");
  bind_shelf<shelf_entity>(shelf);
  shelf.on<auth::EraseAccount>(auth::erase_account_event(), &shelf_entity::on_erase_account);
  shelf.on<user::RegistrationConfirmed>(user::registration_confirmed_event(),
                                        &shelf_entity::on_registration_confirmed);
  shelf.on<user::AccountErased>(user::account_erased_event(), &shelf_entity::on_account_erased);
  shelf.on_reminder<google::protobuf::StringValue>(&shelf_entity::on_due);
  shelf.kind().normalise_key = &normalised;
  return shelf.take();
}

runtime::loading<shelf_state> shelf_entity::load(std::string_view key, const reads&) {
  return state{parse_uuid(key).value_or(uuid{})};
}

}  // namespace nova::content
