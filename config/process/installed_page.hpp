// The folder of the web page built or installed with this binary. Called by gateway/main.cpp when gateway.web_root is empty.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>

namespace nova::config {

/// `<build>/gateway/nova` has its page in `<build>/web`, `<prefix>/bin/nova` in `<prefix>/share/nova/web`. Empty: no page.
inline std::string installed_page() {
  std::error_code unreadable;
  const auto above =
      std::filesystem::read_symlink("/proc/self/exe", unreadable).parent_path().parent_path();
  for (const auto& folder : {above / "web", above / "share/nova/web"})
    if (std::filesystem::exists(folder / "index.html", unreadable)) return folder.string();
  return {};
}

}  // namespace nova::config
