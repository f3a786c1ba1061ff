#include "gateway/transfer/form_reader.hpp"

#include "gateway/codec/route_table.hpp"
#include "gateway/transfer/tus_rules.hpp"
#include "protocols/core/text.hpp"

#include <algorithm>

namespace nova::gateway {
namespace {

error malformed(std::string detail) { return make_error(errc::invalid_request, std::move(detail)); }

/// The rest of `text` behind `name=`, where a parameter begins.
std::optional<std::string_view> behind(std::string_view text, std::string_view name) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && quoted) ++i;
    else if (text[i] == '"') quoted = !quoted;
    else if (text[i] == ';' && !quoted) {
      const auto rest = without_blanks(text.substr(i + 1));
      if (rest.size() > name.size() && rest[name.size()] == '=' &&
          same_ignoring_case(rest.substr(0, name.size()), name))
        return rest.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

}  // namespace

std::string parameter_of(std::string_view field, std::string_view name) {
  if (const auto extended = behind(field, std::string(name) + '*')) {
    auto value = extended->substr(0, extended->find(';'));
    const auto quote = value.rfind('\'');
    if (quote != value.npos && value.size() > 5 && same_ignoring_case(value.substr(0, 5), "utf-8"))
      if (auto text = percent_decode(value.substr(quote + 1)); text && is_plain_text(*text))
        return *text;
  }
  const auto rest = behind(field, name);
  if (!rest) return {};
  if (!rest->starts_with('"')) return std::string(without_blanks(rest->substr(0, rest->find(';'))));
  std::string out;
  for (std::size_t i = 1; i < rest->size() && (*rest)[i] != '"'; ++i) {
    if ((*rest)[i] == '\\' && i + 1 < rest->size() &&
        ((*rest)[i + 1] == '"' || (*rest)[i + 1] == '\\'))
      ++i;
    out += (*rest)[i];
  }
  return out;
}

std::optional<std::string> form_reader::boundary_of(std::string_view content_type) {
  const auto type = without_blanks(content_type.substr(0, content_type.find(';')));
  if (!same_ignoring_case(type, "multipart/form-data")) return std::nullopt;
  auto boundary = parameter_of(content_type, "boundary");
  if (boundary.empty() || boundary.size() > 70) return std::nullopt;
  return boundary;
}

std::string form_reader::field(std::string_view name) const {
  const auto at = fields_.find(name);
  return at == fields_.end() ? std::string() : at->second;
}

result<void> form_reader::read(std::string_view bytes,
                               const std::function<void(std::string_view)>& file) {
  held_ += bytes;
  while (true) {
    auto more = step(file);
    if (!more) return more.error();
    if (!*more) return {};
  }
}

// True: a step was made, and another may follow.
result<bool> form_reader::step(const std::function<void(std::string_view)>& file) {
  switch (state_) {
    case state::before:
    case state::file:
    case state::small:
    case state::ignored: {
      const bool whole = pass_content(file);
      if (state_ == state::small && fields_[name_].size() > most_field_bytes)
        return malformed("A field of the form is too large.");
      return whole;
    }
    case state::delimiter: {
      if (held_.size() < 2) return false;
      if (held_.starts_with("--")) {
        state_ = state::after;
        return true;
      }
      const auto end = held_.find("\r\n");
      if (end == held_.npos)
        return held_.size() > 200 ? result<bool>(malformed("The form is malformed.")) : false;
      if (!without_blanks(std::string_view(held_).substr(0, end)).empty())
        return malformed("The form is malformed.");
      held_.erase(0, end + 2);
      state_ = state::header;
      return true;
    }
    case state::header: {
      const auto end = held_.find("\r\n\r\n");
      if (end == held_.npos)
        return held_.size() > most_header_bytes
                   ? result<bool>(malformed("A header of the form is too large."))
                   : false;
      if (auto begun = begin_part(std::string_view(held_).substr(0, end + 2)); !begun)
        return begun.error();
      held_.erase(0, end + 4);
      return true;
    }
    case state::after: held_.clear(); return false;
  }
  return false;
}

// What may be the beginning of a delimiter is held back. True: the delimiter was read.
bool form_reader::pass_content(const std::function<void(std::string_view)>& file) {
  const auto end = held_.find(delimiter_);
  const bool whole = end != held_.npos;
  const auto size = whole ? end : held_.size() - std::min(held_.size(), delimiter_.size() - 1);
  const auto content = std::string_view(held_).substr(0, size);
  if (state_ == state::file && !content.empty()) file(content);
  if (state_ == state::small) fields_[name_].append(content);
  held_.erase(0, whole ? end + delimiter_.size() : size);
  if (whole) state_ = state::delimiter;
  return whole;
}

result<void> form_reader::begin_part(std::string_view header) {
  if (++parts_ > most_parts) return malformed("The form has too many parts.");
  std::string disposition, type;
  while (!header.empty()) {
    const auto end = header.find("\r\n");
    const auto line = header.substr(0, end);
    header.remove_prefix(std::min(header.size(), end + 2));
    const auto colon = line.find(':');
    if (colon == line.npos) continue;
    const auto value = without_blanks(line.substr(colon + 1));
    if (same_ignoring_case(line.substr(0, colon), "Content-Disposition")) disposition = value;
    if (same_ignoring_case(line.substr(0, colon), "Content-Type")) type = value;
  }
  const auto name = parameter_of(disposition, "name");
  const auto file = parameter_of(disposition, "filename");
  if (!is_plain_text(name) || !is_plain_text(file))
    return malformed("A name in the form is not UTF-8.");
  const bool is_file = !file.empty() || name == "file";
  state_ = is_file && !has_file_ ? state::file : is_file ? state::ignored : state::small;
  name_ = name;
  if (state_ != state::file) return {};
  has_file_ = true;
  file_name_ = clean_file_name(file);
  content_type_ = type;
  return {};
}

}  // namespace nova::gateway
