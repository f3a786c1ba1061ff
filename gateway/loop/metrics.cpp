// Export of the counters; see metrics.hpp.
#include "gateway/loop/metrics.hpp"

namespace nova::gateway {
namespace {

void write_one(std::string_view name, std::string_view help, std::uint64_t value,
               std::string& out) {
  std::string full = "nova_gateway_" + std::string(name);
  out += "# HELP " + full + ' ' + std::string(help) + "\n# TYPE " + full + " counter\n";
  out += full + ' ' + std::to_string(value) + '\n';
}

}  // namespace

void write_metrics(std::span<const metrics* const> threads, std::string& out) {
  auto sum = [&](counter metrics::*member) {
    std::uint64_t total = 0;
    for (const auto* m : threads) total += (m->*member).get();
    return total;
  };
#define NOVA_COUNTER(name, help) write_one(#name, help, sum(&metrics::name), out);
#include "gateway/loop/metrics.def"
#undef NOVA_COUNTER
}

}  // namespace nova::gateway
