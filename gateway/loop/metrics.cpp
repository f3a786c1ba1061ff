#include "gateway/loop/metrics.hpp"

namespace nova::gateway {

void metrics::collect(metric_samples& out) const {
#define NOVA_GATEWAY_COUNTER(name, help) \
  out.add(metric::nova_gateway_##name, static_cast<double>(name.get()));
#include "protocols/core/metrics.def"
  times.collect(out);
}

}  // namespace nova::gateway
