#include "actors/media/library_entity.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/media/media.nova.hpp"
#include "protocols/streaming/streaming.nova.hpp"
#include "protocols/user/user.nova.hpp"
#include "storage/media/media_store.hpp"

#include <google/protobuf/wrappers.pb.h>

namespace nova::media {

runtime::entity_kind library_entity::kind() {
  runtime::methods<library_entity> library("library");
  bind_library<library_entity>(library);
  library.on<auth::AccountClosed>(auth::account_closed_event(), &library_entity::on_account_closed);
  library.on<auth::AccountReopened>(auth::account_reopened_event(),
                                    &library_entity::on_account_reopened);
  library.on<auth::EraseAccount>(auth::erase_account_event(), &library_entity::on_erase_account);
  library.on<user::AccountErased>(user::account_erased_event(), &library_entity::on_account_erased);
  library.on<streaming::StreamEnded>(streaming::stream_ended_event(),
                                     &library_entity::on_stream_ended);
  library.on_reminder<google::protobuf::StringValue>(&library_entity::on_due);
  return library.take();
}

runtime::loading<library_state> library_entity::load(std::string_view key, const reads& r) {
  const auto account = parse_uuid(key);
  if (!account) return library_state{};
  if (r.size() == 0)
    return runtime::need{{store::library(*account), store::open_uploads(*account)}};
  const auto row = read_library(r.rows(0));
  library_state s{*account, row.used, row.closed, {}};
  for (auto& u : read_uploads(r.rows(1))) {
    const auto id = u.upload_id;
    s.uploads.emplace(id, nova::media::open_upload{std::move(u), {}});
  }
  return s;
}

}  // namespace nova::media
