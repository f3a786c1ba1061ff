// Protobuf messages by name, made from the .proto files at run time: the tests speak nova.v1.proto without the server's own
// generated code. JSON text in and out, names as in the .proto.
#pragma once

#include <memory>
#include <string>

namespace nova::flow {

class proto_codec {
 public:
  /// `root` holds protocols/.
  explicit proto_codec(const std::string& root);
  ~proto_codec();

  /// Both fail the test with the reason when type or text is wrong. 64-bit numbers are strings in the JSON that comes out.
  std::string encode(const std::string& type, const std::string& json);
  std::string decode(const std::string& type, const std::string& bytes);

 private:
  struct body;
  std::unique_ptr<body> body_;
};

}  // namespace nova::flow
