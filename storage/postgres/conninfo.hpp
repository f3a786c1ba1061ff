// Connection strings, and the small blocking connection of migrations, checks and the embedded server.
#pragma once

#include "protocols/core/error.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct pg_conn;
struct pg_result;

namespace nova::storage {

using keywords = std::vector<std::pair<std::string, std::string>>;

/// `conninfo` (keywords or URI), where values of `extra` replace values of the same name. `options` are added to the existing ones.
/// Of several hosts the primary is wanted, if `conninfo` does not say which.
result<keywords> parse_conninfo(const std::string& conninfo, const keywords& extra);
/// Adds time limits for a vanished peer, where `words` has none: 10 s of silence end a connection.
keywords with_keepalive(keywords words);
/// How many hosts `words` names; without a host one, libpq's default.
std::size_t host_count(const keywords& words);
/// `words` for the host of that index alone.
keywords only_host(const keywords& words, std::size_t index);
/// Wants the primary instead of a session that can write, which a read-only session can never be.
keywords for_reading(keywords words);
/// Keyword form, quoted.
std::string to_conninfo(const keywords& words);

struct result_deleter {
  void operator()(pg_result* r) const noexcept;
};
using result_ptr = std::unique_ptr<pg_result, result_deleter>;

/// Blocks. Used only before serving and in tests.
class blocking_connection {
 public:
  /// errc::unavailable with libpq's text, which contains no password.
  static result<blocking_connection> open(const std::string& conninfo, int timeout_s = 5);
  /// For commands that only look: the server refuses writes.
  static result<blocking_connection> open_read_only(const std::string& conninfo, int timeout_s = 5);
  blocking_connection(blocking_connection&&) noexcept;
  blocking_connection& operator=(blocking_connection&&) noexcept;
  ~blocking_connection();

  /// Text results. An error carries the server's message and is errc::internal.
  result<result_ptr> run(const std::string& sql, const std::vector<std::string>& params = {});
  /// First cell of the first row, empty when there is none.
  result<std::string> text(const std::string& sql, const std::vector<std::string>& params = {});
  /// Several statements without parameters in one go.
  result<void> script(const std::string& sql);
  std::string quote_name(std::string_view name) const;
  std::string quote_text(std::string_view text) const;
  pg_conn* raw() const noexcept { return connection_; }

 private:
  explicit blocking_connection(pg_conn* c) : connection_(c) {}
  pg_conn* connection_ = nullptr;
};

}  // namespace nova::storage
