// JSON Schemas of messages and fields for openapi.json and asyncapi.json. The rules of a field are
// the same rules that the generated validation checks.
#pragma once

#include "protocols/codegen/contract.hpp"
#include "protocols/core/error.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <map>
#include <vector>

namespace nova::codegen {

namespace json = boost::json;

/// {"$ref": …} to a message's schema. A message without fields gets its schema in place.
json::object reference(const pb::Descriptor& message, const contract& all);
json::object field_schema(const pb::FieldDescriptor& f, const contract& all, bool sent);

/// Fields that a message's schema leaves out because they stand in the path.
using left_out = std::map<const pb::Descriptor*, std::vector<std::string>>;
/// The schemas, by name, of all messages that `sent` and `received` reach, and of `Problem`.
json::object schemas_of(const std::vector<const pb::Descriptor*>& sent,
                        const std::vector<const pb::Descriptor*>& received, const contract& all,
                        const left_out& without = {});

/// A problem document of this error, as an example.
json::object problem_example(const errc_info& e);

}  // namespace nova::codegen
