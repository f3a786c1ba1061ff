// What the documents for people say of a declaration, and the examples in them. Called by openapi,
// asyncapi and typescript.
#pragma once

#include "protocols/codegen/contract.hpp"

#include <boost/json/value.hpp>

namespace nova::codegen {

/// The comment before the declaration, as sentences; empty: none.
std::string description_of(const pb::MethodDescriptor& m);
std::string description_of(const pb::Descriptor& message);
std::string description_of(const pb::ServiceDescriptor& service);
/// The field's `doc`, or the comment behind or before it.
std::string description_of(const pb::FieldDescriptor& f);

/// A value that fits the field's rules; `sent`: in a message from clients.
boost::json::value example_of(const pb::FieldDescriptor& f, bool sent);
/// An object with the fields that are no part of `left_out`. Of a oneof's fields the first.
boost::json::value example_of(const pb::Descriptor& message, bool sent,
                              const std::vector<std::string>& left_out = {});

}  // namespace nova::codegen
