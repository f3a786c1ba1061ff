// protoc-gen-nova: run by protoc with --nova_out.
#include "protocols/codegen/generator.hpp"

#include <google/protobuf/compiler/plugin.h>

int main(int argc, char** argv) {
  const nova::codegen::generator generator;
  return google::protobuf::compiler::PluginMain(argc, argv, &generator);
}
