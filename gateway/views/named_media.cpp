#include "gateway/views/named_media.hpp"

#include <algorithm>
#include <set>

namespace nova::gateway {

namespace pb = google::protobuf;

namespace {

/// As media writes it: letters of an id may be large or small.
std::string plain(const std::string& id) {
  const auto known = parse_uuid(id);
  return known ? to_string(*known) : id;
}

}  // namespace

const pb::FieldDescriptor* media_field(const pb::Descriptor& request) {
  const auto* field = request.FindFieldByName("media_ids");
  return field != nullptr && field->is_repeated() ? field : nullptr;
}

views::MediaRequest media_named(const rpc::message& request, const pb::FieldDescriptor& field,
                                const uuid& account) {
  const auto& fields = *request.GetReflection();
  std::set<std::string> named;
  for (int n = 0; n < fields.FieldSize(request, &field); ++n)
    named.insert(plain(fields.GetRepeatedString(request, &field, n)));
  views::MediaRequest out;
  for (const auto& id : named) {
    auto& item = *out.add_items();
    item.set_media_id(id);
    item.set_owner_id(to_string(account));
  }
  return out;
}

bool all_there(const views::MediaRequest& asked, const views::MediaReply& answer) {
  return std::ranges::all_of(asked.items(), [&](const auto& one) {
    return std::ranges::any_of(
        answer.items(), [&](const auto& medium) { return medium.media_id() == one.media_id(); });
  });
}

}  // namespace nova::gateway
