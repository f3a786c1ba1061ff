// The paths of the OpenAPI document: operations, parameters, answers. Called by openapi.cpp, which
// makes the schemas.
#pragma once

#include "protocols/codegen/contract.hpp"
#include "protocols/core/error.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace nova::codegen {

namespace json = boost::json;

/// {"$ref": …} to a message's schema, and the schema of one field (openapi.cpp).
json::object reference(const pb::Descriptor& message, const contract& all);
json::object field_schema(const pb::FieldDescriptor& f, const contract& all);

/// Every route, and the paths that the gateway itself answers.
json::object paths(const contract& all);
json::array tags(const contract& all);

/// components.responses: one for each HTTP status of the error table, "Error404" and so on.
json::object error_responses();

}  // namespace nova::codegen
