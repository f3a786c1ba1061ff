#include "gateway/transfer/steps.hpp"

#include <utility>

namespace nova::gateway {

transfer_steps::transfer_steps() {
  const std::pair<std::string_view, const rpc::method**> places[] = {
      {"limits", &limits}, {"open", &open},     {"state", &state},
      {"grant", &grant},   {"report", &report}, {"finish", &finish},
      {"end", &end},       {"read", &read},     {"kept", &kept}};
  for (const auto* method : rpc::all_methods()) {
    if (method->media) media = method;
    for (const auto& [step, place] : places)
      if (method->transfer == step) *place = method;
  }
}

bool transfer_steps::complete() const noexcept {
  return limits && open && state && grant && report && finish && end && read && media;
}

}  // namespace nova::gateway
