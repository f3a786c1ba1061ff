#include "actors/feed/feed_descriptor.hpp"

#include "actors/feed/feed_intake.hpp"
#include "actors/feed/feed_services.hpp"
#include "actors/feed/home_entity.hpp"
#include "protocols/feed/feed.nova.hpp"
#include "storage/feed/feed_queries.hpp"
#include "storage/feed/migrations.hpp"

#include <stdexcept>

namespace nova::feed {
namespace {

constexpr std::string_view secret_key = "feed";
/// A deleted post can come back, and be shared, within 30 days.
constexpr std::chrono::hours withheld_for{40 * 24};
constexpr std::chrono::hours ranking_for{24};

runtime::domain make(const config::feed_settings& settings, const runtime::kept_keys& keys) {
  const auto secret = keys.find(secret_key);
  if (secret == keys.end()) throw std::invalid_argument("feed's key is missing");
  runtime::domain d;
  d.name = "feed";
  d.kinds.push_back(home_entity::kind());
  d.intakes = intakes();
  d.retention = {
      {"withheld", &queries::withheld_due, &queries::withheld_step, withheld_for},
      {"ranking", &queries::ranking_due, &queries::ranking_step, ranking_for},
  };
  d.services =
      std::make_shared<feed_services>(feed_services{settings, page_tokens(secret->second)});
  return d;
}

}  // namespace

runtime::domain_module<config::feed_settings> descriptor() {
  return {.name = "feed",
          .migrations = storage::feed_migrations(),
          .keys = {secret_key},
          .make = make,
          .paces = {{&post_push(), &post_pace}},
          .confirms_erasure = &erasure_confirmed_event()};
}

}  // namespace nova::feed
