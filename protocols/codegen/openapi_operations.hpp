// The paths of the OpenAPI document: operations, parameters, answers. Called by openapi.cpp.
#pragma once

#include "protocols/codegen/schemas.hpp"

namespace nova::codegen {

/// The document's `info` (openapi.cpp).
json::object about(const char* title, const char* description);

/// Whether the route has a body. The body is the request without the fields that stand in the path.
bool takes_body(const method& m, const route& r);

/// Every route, and the paths that the gateway answers itself.
json::object paths(const contract& all);
json::array tags(const contract& all);

/// components.responses: one for each HTTP status of the error table, "Error404" and so on.
json::object error_responses();

}  // namespace nova::codegen
