// Reads multipart/form-data (RFC 7578) piece by piece: the bytes of the first part with a file name go on, small fields are kept.
// At most one boundary and one header are held back. Used by upload.
#pragma once

#include "protocols/core/error.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace nova::gateway {

class form_reader {
 public:
  static constexpr std::size_t most_header_bytes = 8 * 1024, most_field_bytes = 8 * 1024,
                               most_parts = 32;

  /// The boundary of a Content-Type; empty: it is no form.
  static std::optional<std::string> boundary_of(std::string_view content_type);

  explicit form_reader(std::string_view boundary)
      : delimiter_("\r\n--" + std::string(boundary)), held_("\r\n") {}

  /// `file` is called with the bytes of the file. Errors: invalid_request.
  result<void> read(std::string_view bytes, const std::function<void(std::string_view)>& file);

  /// The last boundary was read.
  bool complete() const noexcept { return state_ == state::after; }
  bool has_file() const noexcept { return has_file_; }
  const std::string& file_name() const noexcept { return file_name_; }
  const std::string& content_type() const noexcept { return content_type_; }
  /// Of a field without file name; empty: none.
  std::string field(std::string_view name) const;

 private:
  enum class state { before, delimiter, header, file, small, ignored, after };
  result<bool> step(const std::function<void(std::string_view)>& file);
  result<void> begin_part(std::string_view header);
  bool pass_content(const std::function<void(std::string_view)>& file);

  const std::string delimiter_;
  std::string held_;  ///< not interpreted yet
  state state_ = state::before;
  std::size_t parts_ = 0;
  bool has_file_ = false;
  std::string file_name_, content_type_, name_;
  std::map<std::string, std::string, std::less<>> fields_;
};

/// A parameter of a header field (`name="…"`, or the extended form name*=UTF-8''…); empty: none.
std::string parameter_of(std::string_view field, std::string_view name);

}  // namespace nova::gateway
