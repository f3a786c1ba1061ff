// The paths of the OpenAPI document: operations, parameters, answers. Called by openapi.cpp.
#pragma once

#include "protocols/codegen/schemas.hpp"

#include <set>

namespace nova::codegen {

/// The document's `info` (openapi.cpp).
json::object about(const char* title, const char* description);

/// Whether the route has a body. The body is the request without the fields that stand in the path.
bool takes_body(const method& m, const route& r);

/// Whether the answer is a file and not the declared message: the archive of an export.
bool answers_file(const method& m);

/// Every route, and the paths that the gateway answers itself.
json::object paths(const contract& all);

/// The paths whose bytes pass by the actors: uploads, contents, live streams. A path stands here when
/// a method of the contract declares its step (openapi_transfers.cpp).
json::object transfer_paths(const contract& all);
/// The media that answers of these paths contain.
std::vector<const pb::Descriptor*> transfer_messages(const contract& all);

/// The statuses that any request can be answered with, and these.
json::object error_answers(std::set<int> more);
/// The security of a path that guests may use.
json::array with_or_without_token();
json::array tags(const contract& all);

/// components.responses: one for each HTTP status of the error table, "Error404" and so on.
json::object error_responses();

}  // namespace nova::codegen
