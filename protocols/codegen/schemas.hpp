// JSON Schemas of messages and fields, as openapi.json and asyncapi.json have them: the rules of a
// field are those that the generated validation checks.
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

/// {"$ref": …} to a message's schema; of one without fields the schema itself.
json::object reference(const pb::Descriptor& message, const contract& all);
json::object field_schema(const pb::FieldDescriptor& f, const contract& all, bool sent);

/// Fields that a message's schema leaves out because they stand elsewhere, in the path.
using left_out = std::map<const pb::Descriptor*, std::vector<std::string>>;
/// The schemas of what `sent` and `received` reach, by name; `Problem` among them.
json::object schemas_of(const std::vector<const pb::Descriptor*>& sent,
                        const std::vector<const pb::Descriptor*>& received, const contract& all,
                        const left_out& without = {});

/// A problem document of this error, as an example.
json::object problem_example(const errc_info& e);

}  // namespace nova::codegen
