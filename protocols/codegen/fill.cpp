#include "protocols/codegen/fill.hpp"

#include "protocols/core/json.hpp"

#include <google/protobuf/io/printer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

namespace nova::codegen {

std::string fill(const char* text, const holes& values) {
  std::string out;
  google::protobuf::io::StringOutputStream sink(&out);
  google::protobuf::io::Printer(&sink, '$').Print(values, text);
  return out;
}

std::string quoted(const std::string& text) {
  std::string out;
  rpc::json::put(out, text);
  return out;
}

}  // namespace nova::codegen
