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

  /// `before`: the mentions of the text that this one replaces. Those that it still holds keep their accounts.
  explicit mention_lookup(std::string_view text, const named_accounts& before = {});

  /// The reads that are still to be made. At first `others`, which the handler itself reads, and the handles; when the reads of
  /// `others` are there already, the handles alone. Then, for at most `wait_ms`, handles without an account: user may not have
  /// told of a new account yet. Empty: all is there.
  std::optional<runtime::need> wants(items others, const uuid& author, visibility v,
                                     const runtime::reads& r, std::int64_t wait_ms = 0) const;

  /// Fills the entities of `body`; `others` is the number of the handler's own reads.
  mentioned_accounts fill(TextBody& body, const runtime::reads& r, std::size_t others,
                          const uuid& writer) const;

 private:
  bool names_accounts() const { return !handles_.empty() || !kept_.empty(); }
  storage::statement question(const uuid& author, visibility v) const;
  bool all_found(const std::vector<mentioned_row>& found) const;

  std::vector<text_part> parts_;
  std::vector<std::string> handles_;  ///< without those of kept_
  named_accounts kept_;
};

}  // namespace nova::content
