#include "actors/messaging/mention_lookup.hpp"

#include "protocols/core/text.hpp"
#include "storage/messaging/messaging_store.hpp"

#include <algorithm>

namespace nova::messaging {

mention_lookup::mention_lookup(const conversation_state& s, const std::string& text, unix_ms now,
                               named_handles before)
    : kept(std::move(before)), handles(mentioned_handles(text)) {
  must_ask = std::ranges::any_of(handles, [&](const std::string& handle) {
    return !kept.contains(handle) && !s.handles.knows(handle, now);
  });
}

storage::statement mention_lookup::question() const {
  std::vector<std::string> asked;
  for (const auto& handle : handles)
    if (!kept.contains(handle)) asked.push_back(handle);
  return store::persons_by_handle(std::move(asked));
}

mention_lookup::mentioned mention_lookup::among(const conversation_state& s,
                                                const std::optional<std::vector<person_row>>& found,
                                                std::int64_t limit) const {
  mentioned out;
  if (found) {
    for (const auto& handle : handles)
      if (!kept.contains(handle)) out.learned.emplace(handle, uuid{});
    for (const auto& person : *found)
      if (auto at = out.learned.find(ascii_lower(person.handle)); at != out.learned.end())
        if (at->second.is_nil() || s.member(person.account)) at->second = person.account;
  }
  const auto account_of = [&](const std::string& handle) {
    if (const auto same = kept.find(handle); same != kept.end()) return same->second;
    const auto learned = out.learned.find(handle);
    return learned == out.learned.end() ? s.handles.account(handle) : learned->second;
  };
  for (const auto& handle : handles) {
    const auto account = account_of(handle);
    if (!s.member(account)) continue;
    auto id = to_string(account);
    if (std::ranges::find(out.accounts, id) == out.accounts.end()) {
      if (std::ssize(out.accounts) >= limit) continue;
      out.accounts.push_back(std::move(id));
    }
    out.handles.emplace(handle, account);
  }
  return out;
}

}  // namespace nova::messaging
