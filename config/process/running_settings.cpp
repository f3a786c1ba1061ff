#include "config/process/running_settings.hpp"

#include "config/process/doctor.hpp"
#include "config/settings/declaration.hpp"
#include "protocols/core/log.hpp"

namespace nova::config {

namespace {

std::string shown(const setting_value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text ? *text : to_toml(value);
}

}  // namespace

result<running_settings> running_settings::read(const command_line& line, environment env) {
  auto loaded = load_settings(line.file, env, line.values);
  if (!loaded) return loaded.error();
  fit_to_machine(*loaded);
  return running_settings(line, std::move(env), std::move(*loaded));
}

bool running_settings::read_again() {
  auto loaded = load_settings(file_, environment_, values_);
  if (!loaded) {
    for (const auto& f : loaded.error().fields)
      log::error("settings.refused", {{"setting", f.field}, {"reason", f.detail}});
    return false;
  }
  fit_to_machine(*loaded);
  std::vector<const declaration*> changed, waiting;
  for (const auto& row : declarations()) {
    const auto value = row.get(*loaded);
    if (value == row.get(now_)) continue;
    (row.when == applies::live ? changed : waiting).push_back(&row);
    if (row.when == applies::live) row.set(now_, value);
  }
  log::set_level(now_.general.log_level);
  log::set_form(now_.general.log_form);
  for (const auto* row : changed)
    log::info("settings.changed", {{"setting", row->name}, {"value", shown(row->get(now_))}});
  for (const auto* row : waiting) log::warn("settings.need_restart", {{"setting", row->name}});
  log::info("settings.read_again");
  return true;
}

}  // namespace nova::config
