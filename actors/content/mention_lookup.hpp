// Finds the accounts that a text mentions, in content's read model of people. Used by handlers that write texts: they ask for its reads
// behind their own.
#pragma once

#include "actors/content/content_rules.hpp"
#include "actors/runtime/api/decision.hpp"

#include <optional>

namespace nova::content {

class mention_lookup {
 public:
  using items =
      std::vector<std::variant<storage::statement, runtime::job, runtime::ask, runtime::pause>>;

  explicit mention_lookup(std::string_view text)
      : parts_(parts_of(text)), handles_(handles_in(parts_)) {}

  /// The reads that are still to be made. At first `others`, which the handler itself reads, and the handles. Then, for at most
  /// `wait_ms`, handles without an account: user may not have told of a new account yet. Empty: all is there.
  std::optional<runtime::need> wants(items others, const uuid& author, visibility v,
                                     const runtime::reads& r, std::int64_t wait_ms = 0) const;

  /// Fills the entities of `body`; `others` as above.
  mentioned_accounts fill(TextBody& body, const runtime::reads& r, std::size_t others,
                          const uuid& writer) const;
  bool names_accounts() const { return !handles_.empty(); }

 private:
  std::vector<text_part> parts_;
  std::vector<std::string> handles_;
};

}  // namespace nova::content
