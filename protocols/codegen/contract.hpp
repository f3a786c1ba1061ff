// The .proto files as the generators see them: methods, events, pushes and messages with Nova's
// options. Built from protobuf's descriptors by the plugin, checked by checks.cpp, read by all
// other files of this folder.
#pragma once

#include "protocols/options/options.pb.h"

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>
#include <vector>

namespace nova::codegen {

namespace pb = google::protobuf;

struct route {
  std::string verb;  ///< "get", "put", "post", "patch" or "delete"
  std::string path;
  int status = 200;
  int status_existing = 0;
  std::vector<std::string> parameters;  ///< names in the path's braces
};

struct method {
  const pb::MethodDescriptor* proto = nullptr;
  options::Method options;
  std::string domain;
  std::string identifier;  ///< the rpc's name in snake_case, usable in C++
  std::string name;        ///< "messaging.Messaging.Send"
  std::vector<route> routes;

  bool outside() const { return options.caller() != options::NODE; }
};

struct event {
  const pb::Descriptor* proto = nullptr;
  options::Event options;
  std::string domain;
  std::string identifier;  ///< "message_sent"
};

struct push {
  const pb::Descriptor* proto = nullptr;
  options::Push options;
  std::string identifier;  ///< "message"; of TypingPush: "typing"
};

/// The declarations of several .proto files, in the order of the files.
struct contract {
  std::vector<method> methods;
  std::vector<event> events;
  std::vector<push> pushes;
  std::vector<const pb::Descriptor*> messages;  ///< nested ones after their parent; no map entries

  void add(const pb::FileDescriptor& file);
  /// Sorts by number, and pushes by name.
  void sort();
};

/// Every message that `roots` contain, the roots included; each message stands once.
std::vector<const pb::Descriptor*> reachable(const std::vector<const pb::Descriptor*>& roots);

const options::Field& rules(const pb::FieldDescriptor& field);
std::string snake_case(std::string_view camel);
/// The domain's noun: the last part of the file's package, "messaging" for "nova.messaging".
std::string noun_of(const pb::FileDescriptor& file);
/// "::nova::messaging::SendRequest"
std::string cpp_class(const pb::Descriptor& message);
/// "nova::messaging"
std::string cpp_namespace(const pb::FileDescriptor& file);
/// "protocols/messaging/messaging": the path without its suffix.
std::string stem_of(const pb::FileDescriptor& file);
/// The type as the declaration spells it: "repeated string", "map<string, nova.session.Seen>",
/// "optional int64".
std::string type_text(const pb::FieldDescriptor& field);

// Lower-case names of the options' enums, as in contracts.txt and the C++ enums.
std::string caller_name(options::Caller caller);
std::string rate_name(options::RateClass rate);
std::string idempotency_name(options::Idempotency idempotency);
/// "field", "account", "fresh" or "single".
std::string key_source_name(const options::Method& method);

}  // namespace nova::codegen
