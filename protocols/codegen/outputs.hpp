// The texts that the plugin writes; one function, one source file each. Called by generator.cpp
// with a checked contract.
#pragma once

#include "protocols/codegen/contract.hpp"

namespace nova::codegen {

/// <noun>.nova.hpp and .cpp: the interface structs, bindings, events, pushes (cpp_interface.cpp).
std::string cpp_header(const pb::FileDescriptor& file, const contract& declared);
std::string cpp_source(const pb::FileDescriptor& file, const contract& declared);

/// The four functions of one message that row_of (protocols/core/json.hpp) calls (cpp_json.cpp).
std::string cpp_json(const pb::Descriptor& message);

/// nova_contracts.cpp: all_methods, find_method, openapi_json … (tables.cpp).
struct documents {
  std::string openapi, asyncapi, contracts;
};
std::string tables_source(const contract& all, const documents& texts);

/// contracts.txt (contracts_text.cpp), openapi.json (openapi.cpp), asyncapi.json (asyncapi.cpp),
/// nova_types.ts (typescript.cpp).
std::string contracts_text(const contract& all);
std::string openapi_text(const contract& all);
std::string asyncapi_text(const contract& all);
std::string typescript_text(const contract& all);

/// Names for the edge: "SendRequest", or "AuthEmpty" where several domains have an Empty
/// (edge_names.cpp).
std::string edge_name(const pb::Descriptor& message, const contract& all);

/// The messages that clients send and the messages that clients receive. A message can be in both;
/// the fields that may be missing differ between the two directions.
struct directions {
  std::vector<const pb::Descriptor*> sent;      ///< reachable from requests that come from outside
  std::vector<const pb::Descriptor*> received;  ///< reachable from their replies and from pushes
  bool sends(const pb::Descriptor& message) const;
  std::vector<const pb::Descriptor*> all() const;  ///< each once, by name
};
directions directions_of(const contract& all);

/// Whether the member is always present. `sent`: whether clients must fill the member in a message that they send.
bool always_there(const pb::FieldDescriptor& field, bool sent);
/// Whether JSON's null may stand for the member.
bool takes_null(const pb::FieldDescriptor& field);

}  // namespace nova::codegen
