#include "actors/media/media_descriptor.hpp"

#include "actors/media/library_entity.hpp"
#include "actors/media/media_intake.hpp"
#include "actors/media/media_services.hpp"
#include "actors/media/showcase_entity.hpp"
#include "actors/media/works/media_works.hpp"
#include "protocols/media/media.nova.hpp"
#include "storage/media/media_store.hpp"
#include "storage/media/migrations.hpp"

#include <stdexcept>

namespace nova::media {
namespace {

runtime::domain make(const config::media_settings& settings, const runtime::kept_keys& keys) {
  const auto key = keys.find("urls");
  if (key == keys.end()) throw std::invalid_argument("media needs the key of signed addresses");
  runtime::domain d;
  d.name = "media";
  d.kinds = {library_entity::kind(), showcase_entity::kind()};
  d.intakes = intakes();
  d.retention = {store::old_uploads()};
  d.services = std::make_shared<media_services>(media_services{settings, url_signer(key->second)});
  return d;
}

}  // namespace

runtime::domain_module<config::media_settings> descriptor() {
  return {
      .name = "media",
      .migrations = storage::media_migrations(),
      .keys = {"urls"},
      .make = make,
      .confirms_erasure = &erasure_confirmed_event(),
      .beside = {{&media_uploaded_event(), &bytes_released_event(), &recording_ordered_event()},
                 [](const config::media_settings& settings, const runtime::side_stores& stores) {
                   return std::make_unique<media_works>(settings, stores.media, stores.segments);
                 }}};
}

}  // namespace nova::media
