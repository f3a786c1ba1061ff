// The media that a request names to be shown with what it makes: each has to be the caller's own. Used by composing_bus.
#pragma once

#include "protocols/core/ids.hpp"
#include "protocols/core/method.hpp"
#include "protocols/views/views.pb.h"

#include <google/protobuf/descriptor.h>

namespace nova::gateway {

/// The field `media_ids` of a request; null: it names no media. The picture of a profile is not one: its address shows nothing
/// when it is another's.
const google::protobuf::FieldDescriptor* media_field(const google::protobuf::Descriptor& request);

/// The question after the media in this field, each once, with `account` as their owner. No items: none is named.
views::MediaRequest media_named(const rpc::message& request,
                                const google::protobuf::FieldDescriptor& field,
                                const uuid& account);

/// Whether the answer has each medium of the question.
bool all_there(const views::MediaRequest& asked, const views::MediaReply& answer);

}  // namespace nova::gateway
