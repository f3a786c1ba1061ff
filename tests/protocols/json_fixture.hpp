// Reading and writing through rpc::message_type, as the gateway does. For the JSON tests.
#pragma once

#include "protocols/core/json_text.hpp"
#include "tests/protocols/sample.nova.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace nova::sample {

template <class M>
std::string written(const M& m) {
  std::string out;
  rpc::message_type_of<M>().write_json(m, out);
  return out;
}

/// Reads `text` into `m`; the errors as "field: detail".
template <class M>
std::vector<std::string> read_into(M& m, std::string_view text) {
  std::vector<field_error> errors;
  boost::system::error_code failure;
  rpc::message_type_of<M>().read_json(rpc::json::parse(text, 32, failure), m, errors);
  REQUIRE(!failure);
  std::vector<std::string> lines;
  for (const auto& e : errors) lines.push_back(e.field + ": " + e.detail);
  return lines;
}

template <class M = Everything>
std::vector<std::string> read_errors(std::string_view text) {
  M m;
  return read_into(m, text);
}

template <class M>
std::vector<std::string> broken_limits(const M& m) {
  std::vector<field_error> errors;
  rpc::message_type_of<M>().validate(m, errors);
  std::vector<std::string> lines;
  for (const auto& e : errors) lines.push_back(e.field + ": " + e.detail);
  return lines;
}

using lines = std::vector<std::string>;

}  // namespace nova::sample
