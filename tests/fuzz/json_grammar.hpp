// RFC 8259 as a recogniser of its own, written from the grammar: what the edge's parser is compared with. Header only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace nova::fuzz {

/// Whether a text is JSON; independent of the parser in use.
class json_grammar {
 public:
  explicit json_grammar(std::string_view text) : text_(text) {}

  /// Depth beyond `max_depth` ends the judgement: see too_deep().
  bool accepts(unsigned max_depth) {
    max_depth_ = max_depth;
    blank();
    return value(0) && (blank(), at_ == text_.size());
  }
  bool too_deep() const noexcept { return too_deep_; }
  /// A number so long or with such an exponent that no double holds it: a parser may refuse it.
  bool extreme_number() const noexcept { return extreme_; }

 private:
  bool peek(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool take(char c) { return peek(c) && ++at_; }
  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  void blank() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }
  std::size_t digits() {
    auto from = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ - from;
  }

  bool value(unsigned depth) {
    if (at_ >= text_.size()) return false;
    switch (text_[at_]) {
      case '{': return nested(depth, '}', true);
      case '[': return nested(depth, ']', false);
      case '"': return string();
      case 't': return take("true");
      case 'f': return take("false");
      case 'n': return take("null");
      default: return number();
    }
  }

  bool nested(unsigned depth, char end, bool names) {
    if (depth >= max_depth_) {
      too_deep_ = true;
      return false;
    }
    ++at_;
    blank();
    if (take(end)) return true;
    do {
      blank();
      if (names && !(string() && (blank(), take(':')) && (blank(), true))) return false;
      if (!value(depth + 1)) return false;
      blank();
    } while (take(','));
    return take(end);
  }

  bool number() {
    auto from = at_;
    take('-');
    if (!take('0') && digits() == 0) return false;
    if (take('.') && digits() == 0) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      auto many = digits();
      if (many == 0) return false;
      extreme_ = extreme_ || many > 2;
    }
    extreme_ = extreme_ || at_ - from > 200;
    return true;
  }

  bool string() {
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') return ++at_;
      if (c < 0x20) return false;
      if (c == '\\' ? !escape() : !code_point()) return false;
    }
    return false;
  }

  bool escape() {
    ++at_;
    if (at_ >= text_.size()) return false;
    char c = text_[at_++];
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    for (int i = 0; i < 4; ++i, ++at_)
      if (at_ >= text_.size() ||
          std::string_view("0123456789abcdefABCDEF").find(text_[at_]) == std::string_view::npos)
        return false;
    return true;
  }

  /// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
  bool code_point() {
    auto byte = [&](std::size_t i) -> unsigned {
      return at_ + i < text_.size() ? static_cast<unsigned char>(text_[at_ + i]) : 0;
    };
    unsigned first = byte(0), low = 0x80, high = 0xbf;
    std::size_t tail = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (first >= 0x80 && (first < 0xc2 || first > 0xf4)) return false;
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
    for (std::size_t i = 1; i <= tail; ++i, low = 0x80, high = 0xbf)
      if (byte(i) < low || byte(i) > high) return false;
    at_ += 1 + tail;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned max_depth_ = 0;
  bool too_deep_ = false, extreme_ = false;
};

/// UTF-8 without NUL.
inline bool is_text(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) quoted += c == '"' || c == '\\' || (c > 0 && c < 0x20) ? '.' : c;
  return json_grammar(quoted + '"').accepts(1);
}

}  // namespace nova::fuzz
