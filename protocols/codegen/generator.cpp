#include "protocols/codegen/generator.hpp"

#include "protocols/codegen/checks.hpp"
#include "protocols/codegen/outputs.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include <memory>

namespace nova::codegen {

namespace {

void write(pb::compiler::GeneratorContext& context, const std::string& path,
           const std::string& text) {
  const std::unique_ptr<pb::io::ZeroCopyOutputStream> file(context.Open(path));
  pb::io::CodedOutputStream(file.get()).WriteString(text);
}

/// Empty, or what is wrong with the contract, a line each.
std::string faults_of(const contract& all) {
  std::string text;
  for (const auto& fault : check(all)) text += (text.empty() ? "" : "\n") + fault;
  return text;
}

}  // namespace

bool generator::Generate(const pb::FileDescriptor* file, const std::string&,
                         pb::compiler::GeneratorContext* context, std::string* error) const {
  contract declared;
  declared.add(*file);
  *error = faults_of(declared);
  if (!error->empty()) return false;
  write(*context, stem_of(*file) + ".nova.hpp", cpp_header(*file, declared));
  write(*context, stem_of(*file) + ".nova.cpp", cpp_source(*file, declared));
  return true;
}

bool generator::GenerateAll(const std::vector<const pb::FileDescriptor*>& files,
                            const std::string& parameter, pb::compiler::GeneratorContext* context,
                            std::string* error) const {
  if (parameter.empty()) {
    for (const auto* file : files)
      if (!Generate(file, parameter, context, error)) return false;
    return true;
  }
  if (parameter != "tables") {
    *error = "the only parameter is \"tables\", not \"" + parameter + "\"";
    return false;
  }
  contract all;
  for (const auto* file : files) all.add(*file);
  all.sort();
  *error = faults_of(all);
  if (!error->empty()) return false;
  const documents texts{openapi_text(all), asyncapi_text(all), contracts_text(all)};
  write(*context, "protocols/nova_contracts.cpp", tables_source(all, texts));
  write(*context, "protocols/contracts.txt", texts.contracts);
  write(*context, "protocols/openapi.json", texts.openapi);
  write(*context, "protocols/asyncapi.json", texts.asyncapi);
  write(*context, "nova_types.ts", typescript_text(all));
  return true;
}

}  // namespace nova::codegen
