// The table of all settings: one row for each SETTING of the .def files.
#include "config/settings/declare.hpp"

namespace nova::config {

namespace {

#define NOVA_TEXT_OF(x) #x
#define NOVA_TEXT(x) NOVA_TEXT_OF(x)

#define SETTING(type, name, preset, bounds, kind, help)                          \
  rows.push_back(make_declaration(                                               \
      NOVA_TEXT(GROUP) "." #name, help, bounds, kind,                            \
      [](const settings& s) -> setting_value { return to_value(s.GROUP.name); }, \
      [](settings& s, const setting_value& v) { from_value(v, s.GROUP.name); }));

#define SETTING_OF_DOMAIN(domain, name, bounds, kind, help)                               \
  rows.push_back(make_declaration(                                                        \
      NOVA_TEXT(GROUP) "." #name "." #domain, help, bounds, kind,                         \
      [](const settings& s) -> setting_value { return entry_of(s.GROUP.name, #domain); }, \
      [](settings& s, const setting_value& v) { set_entry(s.GROUP.name, #domain, v); }));

#define SETTING_PER_DOMAIN(name, bounds, kind, help) \
  NOVA_EACH_DOMAIN(SETTING_OF_DOMAIN, name, bounds, kind, help)

// The rows of a group within a layer come from its own file.
#define SETTING_GROUP(type, name)

void add_layers(std::vector<declaration>& rows) {
#define GROUP general
#include "config/settings/general.def"
#undef GROUP
#define GROUP gateway
#include "config/settings/gateway.def"
#undef GROUP
#define GROUP gateway.tls
#include "config/settings/gateway_tls.def"
#undef GROUP
#define GROUP storage
#include "config/settings/storage.def"
#undef GROUP
#define GROUP runtime
#include "config/settings/runtime.def"
#undef GROUP
#define GROUP cluster
#include "config/settings/cluster.def"
#undef GROUP
}

void add_domains(std::vector<declaration>& rows) {
#include "config/settings/domains.def"
}

}  // namespace

std::span<const declaration> declarations() {
  static const std::vector<declaration> rows = [] {
    std::vector<declaration> all;
    add_layers(all);
    add_domains(all);
    return all;
  }();
  return rows;
}

}  // namespace nova::config
