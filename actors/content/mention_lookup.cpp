#include "actors/content/mention_lookup.hpp"

namespace nova::content {
namespace {

constexpr std::int64_t retry_every_ms = 50;

// The latest answer: behind the first one, pauses and answers alternate.
std::size_t latest(const runtime::reads& r, std::size_t others) {
  const auto behind = r.size() - others - 1;
  return others + behind / 2 * 2;
}

}  // namespace

std::optional<runtime::need> mention_lookup::wants(items others, const uuid& author, visibility v,
                                                   const runtime::reads& r,
                                                   std::int64_t wait_ms) const {
  const auto first = others.size();
  if (r.size() == 0) {
    if (!handles_.empty()) others.emplace_back(store::mentioned(handles_, author, v));
    if (others.empty()) return std::nullopt;
    return runtime::need{std::move(others)};
  }
  if (handles_.empty()) return std::nullopt;
  const auto behind = r.size() - first - 1;
  const bool paused = behind % 2 == 1;
  if (paused) return runtime::need{{store::mentioned(handles_, author, v)}};
  const bool all = r.rows(latest(r, first)).size() >= handles_.size();
  const auto waited = static_cast<std::int64_t>(behind / 2) * retry_every_ms;
  if (all || waited >= wait_ms) return std::nullopt;
  return runtime::need{{runtime::pause{std::chrono::milliseconds(retry_every_ms)}}};
}

mentioned_accounts mention_lookup::fill(TextBody& body, const runtime::reads& r, std::size_t others,
                                        const uuid& writer) const {
  std::vector<mentioned_row> found;
  if (!handles_.empty()) found = read_mentioned(r.rows(latest(r, others)));
  return set_entities(body, parts_, found, writer);
}

}  // namespace nova::content
