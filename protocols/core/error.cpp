#include "protocols/core/error.hpp"

#include <algorithm>
#include <stdexcept>

namespace nova {

const std::vector<errc_info>& all_errors() {
  static const std::vector<errc_info> table = {
#define NOVA_ERROR(name, number, status, retry, title) {errc::name, #name, status, retry, title},
#include "protocols/core/errors.def"
#undef NOVA_ERROR
  };
  return table;
}

const errc_info& describe(errc code) noexcept {
  const auto& table = all_errors();
  auto row =
      std::find_if(table.begin(), table.end(), [&](const auto& r) { return r.code == code; });
  return row != table.end() ? *row : describe(errc::internal);
}

error make_error(errc code, std::string detail, std::uint32_t retry_after_ms) {
  return {code, std::move(detail), retry_after_ms, {}};
}

error make_error(errc code, std::string detail, std::vector<field_error> fields) {
  return {code, std::move(detail), 0, std::move(fields)};
}

void throw_exception_from_error(const error& e, const boost::source_location&) {
  throw std::logic_error("value() of a failed result: " + std::string(describe(e.code).name) +
                         ": " + e.detail);
}

}  // namespace nova
