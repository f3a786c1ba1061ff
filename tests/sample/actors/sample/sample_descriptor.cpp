#include "actors/sample/sample_descriptor.hpp"

#include "actors/sample/notebook_entity.hpp"
#include "actors/sample/sample_intake.hpp"
#include "actors/sample/sample_services.hpp"
#include "storage/sample/migrations.hpp"

namespace nova::sample {
namespace {

runtime::domain make(const config::sample_settings& settings, const runtime::kept_keys&) {
  runtime::domain d;
  d.name = "sample";
  d.kinds.push_back(notebook_entity::kind());
  d.intakes = intakes();
  d.services = std::make_shared<sample_services>(sample_services{settings});
  return d;
}

}  // namespace

runtime::domain_module<config::sample_settings> descriptor() {
  return {.name = "sample", .migrations = storage::sample_migrations(), .make = make};
}

}  // namespace nova::sample
