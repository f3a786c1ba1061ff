// See proto_codec.hpp.
#include "tests/flow/proto_codec.hpp"

#include <doctest/doctest.h>
#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>

namespace nova::flow {

namespace pb = google::protobuf;

struct proto_codec::body {
  struct errors : pb::compiler::MultiFileErrorCollector {
    void AddError(const std::string& file, int line, int, const std::string& what) override {
      FAIL_CHECK(file, ":", line, ": ", what);
    }
  };

  explicit body(const std::string& root) {
    tree.MapPath("", root);
    tree.MapPath("", "/usr/include");
  }

  // "nova.messaging.SendRequest" stands in protocols/messaging/messaging.proto.
  std::unique_ptr<pb::Message> make(const std::string& type) {
    const auto dot = type.find('.');
    const auto noun = type.substr(dot + 1, type.find('.', dot + 1) - dot - 1);
    REQUIRE(importer.Import("protocols/" + noun + '/' + noun + ".proto"));
    const auto* descriptor = importer.pool()->FindMessageTypeByName(type);
    INFO(type);
    REQUIRE(descriptor);
    return std::unique_ptr<pb::Message>(factory.GetPrototype(descriptor)->New());
  }

  errors problems;
  pb::compiler::DiskSourceTree tree;
  pb::compiler::Importer importer{&tree, &problems};
  pb::DynamicMessageFactory factory;
};

proto_codec::proto_codec(const std::string& root) : body_(std::make_unique<body>(root)) {}
proto_codec::~proto_codec() = default;

std::string proto_codec::encode(const std::string& type, const std::string& json) {
  auto m = body_->make(type);
  const auto status = pb::util::JsonStringToMessage(json, m.get());
  INFO(status.ToString(), " in ", json);
  REQUIRE(status.ok());
  return m->SerializeAsString();
}

std::string proto_codec::decode(const std::string& type, const std::string& bytes) {
  auto m = body_->make(type);
  REQUIRE(m->ParseFromString(bytes));
  pb::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string out;
  REQUIRE(pb::util::MessageToJsonString(*m, &out, options).ok());
  return out;
}

}  // namespace nova::flow
