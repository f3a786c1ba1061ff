#include "gateway/views/shape.hpp"

#include "protocols/views/views.pb.h"

#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>

namespace nova::gateway {
namespace {

namespace pb = google::protobuf;
using registry = std::unordered_map<const pb::Descriptor*, std::unique_ptr<shape>>;

constexpr std::array picture_fields{"avatar_url", "cover_url"};

shown kind_of(const pb::Descriptor& type) {
  if (&type == views::Card::descriptor()) return shown::card;
  if (&type == views::Post::descriptor()) return shown::post;
  if (&type == views::Message::descriptor()) return shown::message;
  return &type == views::Media::descriptor() ? shown::media : shown::other;
}

bool shows(const pb::Descriptor& type, std::set<const pb::Descriptor*>& seen) {
  if (kind_of(type) != shown::other) return true;
  for (const char* name : picture_fields)
    if (type.FindFieldByName(name) != nullptr) return true;
  if (!seen.insert(&type).second) return false;
  for (int i = 0; i < type.field_count(); ++i)
    if (const auto* inner = type.field(i)->message_type())
      if (!type.field(i)->is_map() && shows(*inner, seen)) return true;
  return false;
}

const shape& build(const pb::Descriptor& type, registry& known) {
  auto& place = known[&type];
  if (place) return *place;
  auto& made = *(place = std::make_unique<shape>());
  made.kind = kind_of(type);
  made.fields = pb::MessageFactory::generated_factory()->GetPrototype(&type)->GetReflection();
  for (std::size_t n = 0; n < picture_fields.size(); ++n)
    made.pictures[n] = type.FindFieldByName(picture_fields[n]);
  made.account_id = type.FindFieldByName("account_id");
  for (int i = 0; i < type.field_count(); ++i) {
    const auto* inner = type.field(i)->message_type();
    if (inner == nullptr || type.field(i)->is_map() || !shows_others(*inner)) continue;
    made.parts.push_back({type.field(i), &build(*inner, known)});
  }
  return made;
}

}  // namespace

const shape& shape_of(const pb::Descriptor& type) {
  static std::mutex one_at_a_time;
  static registry known;
  const std::lock_guard hold(one_at_a_time);
  return build(type, known);
}

bool shows_others(const pb::Descriptor& type) {
  std::set<const pb::Descriptor*> seen;
  return shows(type, seen);
}

}  // namespace nova::gateway
