#include "storage/postgres/conninfo.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <cstdlib>

namespace nova::storage {
namespace {

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string* value_of(keywords& words, std::string_view name) {
  const auto at =
      std::find_if(words.begin(), words.end(), [&](auto& x) { return x.first == name; });
  return at == words.end() ? nullptr : &at->second;
}

std::vector<std::string> items_of(const std::string& list) {
  std::vector<std::string> out(1);
  for (const char c : list)
    if (c == ',') out.emplace_back();
    else out.back() += c;
  return out;
}

constexpr const char* attributes = "target_session_attrs";

}  // namespace

result<keywords> parse_conninfo(const std::string& conninfo, const keywords& extra) {
  char* message = nullptr;
  PQconninfoOption* parsed = PQconninfoParse(conninfo.c_str(), &message);
  if (!parsed) {
    std::string text = message ? trimmed(message) : "not a connection string";
    PQfreemem(message);
    return make_error(errc::invalid_request, text);
  }
  keywords out;
  for (auto* o = parsed; o->keyword; ++o)
    if (o->val && *o->val) out.emplace_back(o->keyword, o->val);
  PQconninfoFree(parsed);
  for (const auto& [name, value] : extra) {
    auto at = std::find_if(out.begin(), out.end(), [&](const auto& x) { return x.first == name; });
    if (at == out.end()) out.emplace_back(name, value);
    else if (name == "options") at->second += " " + value;
    else at->second = value;
  }
  if (host_count(out) > 1 && !value_of(out, attributes)) out.emplace_back(attributes, "primary");
  return out;
}

keywords with_keepalive(keywords words) {
  for (const auto& [name, value] : {std::pair{"keepalives_idle", "4"},
                                    {"keepalives_interval", "2"},
                                    {"keepalives_count", "3"},
                                    {"tcp_user_timeout", "10000"}})
    if (std::none_of(words.begin(), words.end(), [&](const auto& x) { return x.first == name; }))
      words.emplace_back(name, value);
  return words;
}

std::size_t host_count(const keywords& words) {
  std::size_t out = 1;
  for (const auto& [name, value] : words)
    if (name == "host" || name == "hostaddr") out = std::max(out, items_of(value).size());
  return out;
}

// A list of one port stands for all hosts.
keywords only_host(const keywords& words, std::size_t index) {
  auto out = words;
  if (host_count(words) == 1) return out;
  for (const char* name : {"host", "hostaddr", "port"})
    if (auto* list = value_of(out, name)) {
      const auto items = items_of(*list);
      *list = items.size() == 1 ? items[0] : index < items.size() ? items[index] : std::string();
    }
  return out;
}

keywords for_reading(keywords words) {
  if (auto* wanted = value_of(words, attributes); wanted && *wanted == "read-write")
    *wanted = "primary";
  return words;
}

std::string to_conninfo(const keywords& words) {
  std::string out;
  for (const auto& [name, value] : words) {
    if (!out.empty()) out += ' ';
    out += name + "='";
    for (char c : value) {
      if (c == '\'' || c == '\\') out += '\\';
      out += c;
    }
    out += '\'';
  }
  return out;
}

void result_deleter::operator()(PGresult* r) const noexcept { PQclear(r); }

result<blocking_connection> blocking_connection::open(const std::string& conninfo, int timeout_s) {
  auto words = parse_conninfo(conninfo, {{"connect_timeout", std::to_string(timeout_s)}});
  if (!words) return words.error();
  blocking_connection c(PQconnectdb(to_conninfo(*words).c_str()));
  if (PQstatus(c.connection_) != CONNECTION_OK)
    return make_error(errc::unavailable, trimmed(PQerrorMessage(c.connection_)));
  PQsetNoticeProcessor(
      c.connection_, [](void*, const char*) {}, nullptr);
  return c;
}

result<blocking_connection> blocking_connection::open_read_only(const std::string& conninfo,
                                                                int timeout_s) {
  auto words = parse_conninfo(conninfo, {{"options", "-c default_transaction_read_only=on"}});
  if (!words) return words.error();
  return open(to_conninfo(for_reading(std::move(*words))), timeout_s);
}

blocking_connection::blocking_connection(blocking_connection&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}
blocking_connection& blocking_connection::operator=(blocking_connection&& other) noexcept {
  std::swap(connection_, other.connection_);
  return *this;
}
blocking_connection::~blocking_connection() {
  if (connection_) PQfinish(connection_);
}

result<result_ptr> blocking_connection::run(const std::string& sql,
                                            const std::vector<std::string>& params) {
  std::vector<const char*> values;
  for (const auto& p : params) values.push_back(p.c_str());
  result_ptr r(PQexecParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr,
                            values.data(), nullptr, nullptr, 0));
  auto status = PQresultStatus(r.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    return make_error(errc::internal, trimmed(PQerrorMessage(connection_)));
  return r;
}

result<std::string> blocking_connection::text(const std::string& sql,
                                              const std::vector<std::string>& params) {
  auto r = run(sql, params);
  if (!r) return r.error();
  return PQntuples(r->get()) ? std::string(PQgetvalue(r->get(), 0, 0)) : std::string();
}

result<void> blocking_connection::script(const std::string& sql) {
  result_ptr r(PQexec(connection_, sql.c_str()));
  auto status = PQresultStatus(r.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    return make_error(errc::internal, trimmed(PQerrorMessage(connection_)));
  return {};
}

std::string blocking_connection::quote_name(std::string_view name) const {
  char* quoted = PQescapeIdentifier(connection_, name.data(), name.size());
  std::string out = quoted ? quoted : "";
  PQfreemem(quoted);
  return out;
}

std::string blocking_connection::quote_text(std::string_view text) const {
  char* quoted = PQescapeLiteral(connection_, text.data(), text.size());
  std::string out = quoted ? quoted : "";
  PQfreemem(quoted);
  return out;
}

}  // namespace nova::storage
