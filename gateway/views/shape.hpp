// Where a type of protobuf message can show something of another domain: read from its descriptor once, because a reply is walked
// several times and reflection by names is slow. Used by composition.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <array>
#include <vector>

namespace nova::gateway {

enum class shown { other, card, post, message, media };

struct shape {
  shown kind = shown::other;
  const google::protobuf::Reflection* fields = nullptr;
  /// avatar_url and cover_url; null: the type has no such field.
  std::array<const google::protobuf::FieldDescriptor*, 2> pictures{};
  const google::protobuf::FieldDescriptor* account_id = nullptr;
  struct part {
    const google::protobuf::FieldDescriptor* field;
    const shape* of;
  };
  /// The fields that hold a shown message or a picture at any depth. Maps hold none.
  std::vector<part> parts;
};

/// Made at the first use of a generated type and kept until the process ends; from any thread.
const shape& shape_of(const google::protobuf::Descriptor& type);

/// Whether messages of this type can hold a card, a post, a conversation's message, a medium or a picture at any depth.
bool shows_others(const google::protobuf::Descriptor& type);

/// Calls f(message, its shape) for the message and each one in it that can show something.
template <class F>
void walk(google::protobuf::Message& m, const shape& s, const F& f) {
  f(m, s);
  for (const auto& [field, of] : s.parts) {
    if (field->is_repeated()) {
      const int all = s.fields->FieldSize(m, field);
      for (int n = 0; n < all; ++n) walk(*s.fields->MutableRepeatedMessage(&m, field, n), *of, f);
    } else if (s.fields->HasField(m, field)) {
      walk(*s.fields->MutableMessage(&m, field), *of, f);
    }
  }
}

}  // namespace nova::gateway
