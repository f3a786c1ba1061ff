#include "actors/content/content_descriptor.hpp"

#include "actors/content/comment_entity.hpp"
#include "actors/content/content_intake.hpp"
#include "actors/content/content_services.hpp"
#include "actors/content/hashtag_entity.hpp"
#include "actors/content/post_entity.hpp"
#include "actors/content/shelf_entity.hpp"
#include "protocols/content/content.nova.hpp"
#include "storage/content/migrations.hpp"

namespace nova::content {
namespace {

runtime::domain make(const config::content_settings& settings, const runtime::kept_keys&) {
  runtime::domain d;
  d.name = "content";
  d.kinds = {post_entity::kind(), comment_entity::kind(), shelf_entity::kind(),
             hashtag_entity::kind()};
  d.intakes = intakes();
  d.read_model = {"person", "follow", "block"};
  d.services = std::make_shared<content_services>(content_services{settings});
  d.pushes = false;
  return d;
}

}  // namespace

runtime::domain_module<config::content_settings> descriptor() {
  return {.name = "content",
          .migrations = storage::content_migrations(),
          .make = make,
          .confirms_registration = &registration_confirmed_event(),
          .confirms_erasure = &erasure_confirmed_event()};
}

}  // namespace nova::content
