// See page_parts.hpp.
#include "tests/support/page_parts.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace nova::page {

namespace {

constexpr const char* style = R"(<style>
:root{--ground:#fbfbfa;--ink:#1d2125;--soft:#5c666f;--line:#d9dde0;--card:#fff;--nova:#2f6fde;--bare:#9aa4ad;--client:#c9a227;
--server:#2f6fde;--postgres:#2a9d78;--good:#1c7c4a;--bad:#b3372f;--p90:#7aa5ee;--p99:#e0803a;--p999:#b3372f}
@media (prefers-color-scheme:dark){:root{--ground:#14171a;--ink:#e6e9eb;--soft:#9aa5ae;--line:#31383e;--card:#1b2024;
--nova:#6c9ff2;--bare:#6d7881;--client:#d8b84a;--server:#6c9ff2;--postgres:#4cbd97;--good:#5fca90;--bad:#f0837a;--p90:#3f6db8;
--p99:#f0a060;--p999:#f0837a}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1020px;margin:0 auto;padding:28px 24px 60px}
h1{font-size:26px;margin:0 0 4px}h2{font-size:20px;margin:44px 0 4px;padding-top:18px;border-top:1px solid var(--line)}
p{margin:4px 0 14px;color:var(--soft)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;font-weight:600;color:var(--soft);border-bottom:1px solid var(--line);padding:5px 10px 5px 0}
td{border-bottom:1px solid var(--line);padding:5px 10px 5px 0;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td.n{white-space:nowrap}
.rivals td:first-child{min-width:150px}.rivals td:nth-child(2){min-width:250px}th{vertical-align:bottom}
.met{color:var(--good);font-weight:600}.missed{color:var(--bad);font-weight:600}
.broken{color:var(--bad);border-left:3px solid var(--bad);padding-left:10px}
figure{margin:18px 0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px 6px}
figcaption{font-weight:600;font-size:14px;margin-bottom:6px}
svg{width:100%;height:auto;display:block;font:13px system-ui,sans-serif}
.label{fill:var(--ink)}.value{fill:var(--soft);font-variant-numeric:tabular-nums}
.tick{fill:var(--soft);font-size:11px;text-anchor:middle}.grid{stroke:var(--line)}
.range{stroke:var(--bare);stroke-width:3}
rect.nova{fill:var(--nova)}rect.bare{fill:var(--bare)}
rect.client{fill:var(--client)}rect.server{fill:var(--server)}rect.postgres{fill:var(--postgres)}
.p50{fill:var(--nova)}.p90{fill:var(--p90)}.p99{fill:var(--p99)}.p999{fill:var(--p999)}
.key{display:inline-block;width:11px;height:11px;border-radius:3px;margin:0 5px 0 14px;vertical-align:-1px}
details{margin:10px 0}summary{cursor:pointer;color:var(--soft)}
polyline{fill:none;stroke-width:1.4;stroke-linejoin:round}.level{fill:var(--soft);font-size:11px;text-anchor:end}
polyline.rate{stroke:var(--nova)}polyline.middle{stroke:var(--postgres)}polyline.worst{stroke:var(--p99)}
.key.rate{background:var(--nova)}.key.middle{background:var(--postgres)}.key.worst{background:var(--p99)}
.band rect{fill:var(--bad);fill-opacity:.16}.band:hover rect{fill-opacity:.4}
</style>)";

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else if (c == '"') out += "&quot;";
    else out += c;
  }
  return out;
}

std::string shown(double value) {
  if (value == 0) return "0";
  const int digits =
      std::abs(value) >= 100 ? 0 : 2 - static_cast<int>(std::floor(std::log10(std::abs(value))));
  char digits_of[400];
  std::snprintf(digits_of, sizeof digits_of, "%.*f", std::clamp(digits, 0, 6), value);
  std::string text(digits_of);
  const auto point = text.find('.');
  if (point != text.npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  auto end = std::min(text.find('.'), text.size());
  for (const std::size_t sign = text[0] == '-'; end > 3 + sign; end -= 3) text.insert(end - 3, ",");
  return text;
}

std::string whole(std::string_view title, std::string_view body) {
  std::string out =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\"><title>" +
      escaped(title) + "</title>";
  out += style;
  out += "</head><body><main>";
  out += body;
  return out + "</main></body></html>\n";
}

}  // namespace nova::page
