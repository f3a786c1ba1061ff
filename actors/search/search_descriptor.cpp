#include "actors/search/search_descriptor.hpp"

#include "actors/search/search_intake.hpp"
#include "actors/search/search_services.hpp"
#include "actors/search/seeker_entity.hpp"
#include "protocols/search/search.nova.hpp"
#include "storage/search/migrations.hpp"
#include "storage/search/search_queries.hpp"

namespace nova::search {
namespace {

/// Tombstones outlive every event that is still on its way or can be replayed.
constexpr std::chrono::hours tombstones_for{40 * 24};

runtime::domain make(const config::search_settings& settings, const runtime::kept_keys&) {
  namespace q = queries;
  runtime::domain d;
  d.name = "search";
  d.kinds.push_back(seeker_entity::kind());
  d.intakes = intakes();
  d.retention = {
      {"post", &q::posts_due, &q::posts_step, tombstones_for},
      {"message", &q::messages_due, &q::messages_step, tombstones_for},
      {"member", &q::members_due, &q::members_step, tombstones_for},
      {"follow", &q::follows_due, &q::follows_step, tombstones_for},
      {"block", &q::blocks_due, &q::blocks_step, tombstones_for},
  };
  d.read_model = {"post", "message", "person", "closing", "member", "follow", "block"};
  d.services = std::make_shared<search_services>(search_services{settings});
  d.pushes = false;
  return d;
}

}  // namespace

runtime::domain_module<config::search_settings> descriptor() {
  return {.name = "search",
          .migrations = storage::search_migrations(),
          .make = make,
          .confirms_registration = &registration_confirmed_event(),
          .confirms_erasure = &erasure_confirmed_event()};
}

}  // namespace nova::search
