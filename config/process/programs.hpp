// Programs of other packages that Nova runs beside itself. Asked by the doctor and by the works of media.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nova::config {

/// The path of a program on PATH; empty: it is not installed.
std::optional<std::string> find_program(std::string_view name);

/// The RTMP module of Debian's package libnginx-mod-rtmp.
inline constexpr std::string_view rtmp_module = "/usr/lib/nginx/modules/ngx_rtmp_module.so";
/// nginx, which not every PATH has: it lies in /usr/sbin.
std::optional<std::string> find_nginx();

/// The path of a program that Nova's build makes, in the folder of this one; empty: it was not built.
std::optional<std::string> find_beside(std::string_view name);

/// Begins a program, named by its path or found on PATH, in a process group of its own and without blocked signals. Its descriptor n
/// is files[n], or /dev/null where that is −1; it gets no others. 0: it did not begin.
pid_t start_program(const std::vector<std::string>& arguments, std::span<const int> files);

}  // namespace nova::config
