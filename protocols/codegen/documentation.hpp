// Descriptions and examples of declarations in the documents for people. Called by openapi,
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

/// Returns a value that follows the field's rules. `sent`: the field stands in a message that clients send.
boost::json::value example_of(const pb::FieldDescriptor& f, bool sent);
/// Returns an object with all fields except `left_out`. Of a oneof only the first field is filled.
boost::json::value example_of(const pb::Descriptor& message, bool sent,
                              const std::vector<std::string>& left_out = {});

}  // namespace nova::codegen
