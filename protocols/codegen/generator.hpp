// The protoc plugin. Without a parameter it writes <noun>.nova.hpp and .cpp for each file; with the
// parameter "tables" it writes the lists of all methods, once for all files: nova_contracts.cpp,
// contracts.txt, openapi.json, nova_types.ts. Run by protocols/CMakeLists.txt, and in memory by
// tests/protocols/codegen_test.cpp.
#pragma once

#include <google/protobuf/compiler/code_generator.h>

namespace nova::codegen {

class generator : public google::protobuf::compiler::CodeGenerator {
 public:
  bool Generate(const google::protobuf::FileDescriptor* file, const std::string& parameter,
                google::protobuf::compiler::GeneratorContext* context,
                std::string* error) const override;
  bool GenerateAll(const std::vector<const google::protobuf::FileDescriptor*>& files,
                   const std::string& parameter,
                   google::protobuf::compiler::GeneratorContext* context,
                   std::string* error) const override;
  std::uint64_t GetSupportedFeatures() const override { return FEATURE_PROTO3_OPTIONAL; }
};

}  // namespace nova::codegen
