#include "tests/simulation/memory_domains.hpp"

namespace nova::simulation {

std::span<const memory_double> memory_doubles() {
  static constexpr memory_double list[] = {
      {"auth", add_auth_tables}, {"user", add_user_tables}, {"messaging", add_messaging_tables}};
  return list;
}

std::optional<std::size_t> double_of(std::string_view domain) {
  for (std::size_t i = 0; i < memory_doubles().size(); ++i)
    if (memory_doubles()[i].domain == domain) return i;
  return std::nullopt;
}

}  // namespace nova::simulation
