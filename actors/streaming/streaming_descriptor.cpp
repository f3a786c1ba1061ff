#include "actors/streaming/streaming_descriptor.hpp"

#include "actors/streaming/guide_entity.hpp"
#include "actors/streaming/owner_entity.hpp"
#include "actors/streaming/stream_entity.hpp"
#include "actors/streaming/streaming_intake.hpp"
#include "actors/streaming/streaming_services.hpp"
#include "protocols/streaming/streaming.nova.hpp"
#include "storage/streaming/migrations.hpp"

namespace nova::streaming {
namespace {

runtime::domain make(const config::streaming_settings& settings, const runtime::kept_keys& keys) {
  runtime::domain d;
  d.name = "streaming";
  d.kinds = {stream_entity::kind(), guide_entity::kind(), owner_entity::kind()};
  d.intakes = intakes();
  d.services = std::make_shared<streaming_services>(
      streaming_services{settings, url_signer(keys.at("urls"))});
  return d;
}

}  // namespace

runtime::domain_module<config::streaming_settings> descriptor() {
  return {.name = "streaming",
          .migrations = storage::streaming_migrations(),
          .keys = {"urls"},
          .make = make,
          .confirms_erasure = &erasure_confirmed_event()};
}

}  // namespace nova::streaming
