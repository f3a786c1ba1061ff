#include "actors/messaging/mention_lookup.hpp"

#include "protocols/core/text.hpp"
#include "storage/messaging/messaging_store.hpp"

#include <algorithm>

namespace nova::messaging {

mention_lookup::mention_lookup(const conversation_state& s, const std::string& text)
    : handles(mentioned_handles(text)) {
  for (const auto& handle : handles)
    if (!s.handles.knows(handle)) unknown.push_back(handle);
}

storage::statement mention_lookup::question() const { return store::persons_by_handle(unknown); }

mention_lookup::mentioned mention_lookup::among(const conversation_state& s,
                                                const std::vector<person_row>& found,
                                                std::int64_t limit) const {
  mentioned out;
  for (const auto& handle : unknown) out.learned.emplace(handle, uuid{});
  for (const auto& person : found)
    if (auto at = out.learned.find(ascii_lower(person.handle)); at != out.learned.end())
      if (at->second.is_nil() || s.member(person.account)) at->second = person.account;
  for (const auto& handle : handles) {
    const auto learned = out.learned.find(handle);
    const auto account = learned == out.learned.end() ? s.handles.account(handle) : learned->second;
    if (!s.member(account) || std::ssize(out.accounts) >= limit) continue;
    auto id = to_string(account);
    if (std::ranges::find(out.accounts, id) == out.accounts.end())
      out.accounts.push_back(std::move(id));
  }
  return out;
}

}  // namespace nova::messaging
