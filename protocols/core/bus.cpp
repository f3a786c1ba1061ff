#include "protocols/core/bus.hpp"

#include "protocols/session/session.pb.h"

namespace nova::rpc {

const std::string& push::json() const {
  std::lock_guard lock(making_);
  if (json_.empty()) {
    json_.reserve(512);
    json_ += R"({"jsonrpc":"2.0","method":")";
    json_ += type_.rpc;
    json_ += R"(","params":)";
    type_.type->write_json(*body_, json_);
    json_ += '}';
  }
  return json_;
}

const std::string& push::binary() const {
  std::lock_guard lock(making_);
  if (binary_.empty()) {
    session::Frame frame;
    auto& out = *frame.mutable_push();
    out.set_method(type_.rpc.data(), type_.rpc.size());
    body_->SerializeToString(out.mutable_params());
    frame.SerializeToString(&binary_);
  }
  return binary_;
}

}  // namespace nova::rpc
