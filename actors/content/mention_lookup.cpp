#include "actors/content/mention_lookup.hpp"

#include <algorithm>

namespace nova::content {
namespace {

constexpr std::int64_t retry_every_ms = 50;

// The latest answer: behind the first one, pauses and answers alternate.
std::size_t latest(const runtime::reads& r, std::size_t others) {
  const auto behind = r.size() - others - 1;
  return others + behind / 2 * 2;
}

}  // namespace

mention_lookup::mention_lookup(std::string_view text, const named_accounts& before)
    : parts_(parts_of(text)) {
  for (auto& handle : handles_in(parts_)) {
    const auto same = before.find(handle);
    if (same == before.end()) handles_.push_back(std::move(handle));
    else kept_.insert(*same);
  }
}

storage::statement mention_lookup::question(const uuid& author, visibility v) const {
  std::vector<uuid> accounts;
  for (const auto& [handle, account] : kept_) accounts.push_back(account);
  return store::mentioned(handles_, std::move(accounts), author, v);
}

bool mention_lookup::all_found(const std::vector<mentioned_row>& found) const {
  return std::ranges::all_of(handles_, [&](const std::string& handle) {
    return std::ranges::find(found, handle, &mentioned_row::handle) != found.end();
  });
}

std::optional<runtime::need> mention_lookup::wants(items others, const uuid& author, visibility v,
                                                   const runtime::reads& r,
                                                   std::int64_t wait_ms) const {
  const auto first = others.size();
  if (r.size() == 0) {
    if (names_accounts()) others.emplace_back(question(author, v));
    if (others.empty()) return std::nullopt;
    return runtime::need{std::move(others)};
  }
  if (!names_accounts()) return std::nullopt;
  if (r.size() == first) return runtime::need{{question(author, v)}};
  const auto behind = r.size() - first - 1;
  const bool paused = behind % 2 == 1;
  if (paused) return runtime::need{{question(author, v)}};
  const auto waited = static_cast<std::int64_t>(behind / 2) * retry_every_ms;
  if (waited >= wait_ms || all_found(read_mentioned(r.rows(latest(r, first))))) return std::nullopt;
  return runtime::need{{runtime::pause{std::chrono::milliseconds(retry_every_ms)}}};
}

mentioned_accounts mention_lookup::fill(TextBody& body, const runtime::reads& r, std::size_t others,
                                        const uuid& writer) const {
  std::vector<mentioned_row> found;
  if (names_accounts()) found = read_mentioned(r.rows(latest(r, others)));
  return set_entities(body, parts_, kept_, found, writer);
}

}  // namespace nova::content
