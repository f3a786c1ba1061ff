#include "tests/support/exposition.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <regex>
#include <sstream>

namespace nova::test {
namespace {

struct histogram_lines {
  double last = 0, infinite = -1, count = -1;
  bool falls = false;
};

class reader {
 public:
  explicit reader(exposition_reading& out) : out_(out) {}

  void line(const std::string& text) {
    static const std::regex comment(R"(# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*))");
    static const std::regex sample(R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+))");
    std::smatch m;
    if (std::regex_match(text, m, comment)) about(m[1], m[2], m[3]);
    else if (std::regex_match(text, m, sample)) value(m[1], m[2], m[3]);
    else fault("not a line of the format: " + text);
  }

  void end() {
    for (const auto& f : out_.families) {
      if (f.help.empty()) fault(f.name + " has no HELP");
      if (f.type.empty()) fault(f.name + " has no TYPE");
      const bool total = f.name.ends_with("_total");
      if (total != (f.type == "counter")) fault(f.name + " is a " + f.type);
      for (std::string_view end : {"_bucket", "_sum", "_count"})
        if (f.name.ends_with(end)) fault(f.name + " ends like a part of a histogram");
    }
    for (const auto& [series, h] : histograms_) {
      if (h.falls) fault(series + " has buckets that fall");
      if (h.infinite < 0 || h.infinite != h.count)
        fault(series + " has no +Inf bucket that equals its count");
    }
  }

 private:
  void fault(std::string what) { out_.faults.push_back(std::move(what)); }

  void about(const std::string& what, const std::string& name, const std::string& text) {
    if (out_.families.empty() || out_.families.back().name != name) {
      const bool again = std::any_of(out_.families.begin(), out_.families.end(),
                                     [&](const auto& f) { return f.name == name; });
      if (again) fault(name + " stands in two groups");
      out_.families.push_back({name, {}, {}, {}, 0});
    }
    auto& field = what == "HELP" ? out_.families.back().help : out_.families.back().type;
    if (!field.empty()) fault(name + " has two lines of " + what);
    field = text;
  }

  void value(const std::string& name, const std::string& labels, const std::string& number) {
    if (out_.families.empty()) return fault(name + " stands before any family");
    auto& family = out_.families.back();
    const bool histogram = family.type == "histogram";
    const bool part = histogram && (name == family.name + "_bucket" ||
                                    name == family.name + "_sum" || name == family.name + "_count");
    if (!part && (histogram || name != family.name))
      return fault(name + " stands in the group of " + family.name);
    if (!seen_.insert(name + '{' + labels + '}').second)
      fault(name + '{' + labels + "} stands twice");
    ++family.samples;
    char* end = nullptr;
    const double v = std::strtod(number.c_str(), &end);
    if (*end != '\0') fault(name + " has the value " + number);
    std::string others, le;
    static const std::regex label(R"re(([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?)re");
    for (std::sregex_iterator i(labels.begin(), labels.end(), label), none; i != none; ++i) {
      if ((*i)[1] == "le") {
        le = (*i)[2];
      } else {
        family.labels.insert((*i)[1]);
        others += i->str();
      }
    }
    if (!histogram) return;
    while (others.ends_with(',')) others.pop_back();
    auto& h = histograms_[family.name + '{' + others + '}'];
    if (name.ends_with("_count")) h.count = v;
    if (!name.ends_with("_bucket")) return;
    h.falls |= v < h.last;
    h.last = v;
    if (le == "+Inf") h.infinite = v;
  }

  exposition_reading& out_;
  std::set<std::string> seen_;
  std::map<std::string, histogram_lines> histograms_;
};

}  // namespace

exposition_reading read_exposition(std::string_view text) {
  exposition_reading out;
  if (!text.ends_with('\n')) out.faults.emplace_back("the last line has no end");
  reader r(out);
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) r.line(line);
  r.end();
  return out;
}

}  // namespace nova::test
