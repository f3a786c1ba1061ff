#include "tests/feed/feed_model.hpp"

#include <algorithm>
#include <optional>

namespace nova::test {
namespace {

/// When and why a post comes into a feed; the first way counts.
using way = std::tuple<unix_ms, int, uuid>;

}  // namespace

std::vector<feed_model::entry> feed_model::feed(const uuid& account) const {
  const auto hidden = [&](const uuid& other) {
    return blocked(account, other) || mutes.contains({account, other});
  };
  std::vector<std::tuple<unix_ms, uuid, way>> found;
  for (const auto& [id, p] : posts) {
    if (p.deleted || hidden(p.author)) continue;
    if (plain.contains(account) && p.quote && p.author != account) continue;
    const bool mentioned = std::ranges::count(p.mentions, account) != 0;
    std::set<way> ways;
    if (p.author == account) ways.insert({p.at, 1, p.author});
    if (follows.contains({account, p.author}) && (p.visibility != "mentioned" || mentioned))
      ways.insert({p.at, 1, p.author});
    if (p.visibility == "public") {
      for (const auto& tag : p.tags)
        if (tags.contains({account, tag})) ways.insert({p.at, 3, p.author});
      if (p.author != account && !plain.contains(account))
        for (const auto& [who, at] : shares)
          if (who.second == id && follows.contains({account, who.first}) && !hidden(who.first))
            ways.insert({at, 2, who.first});
    }
    if (!ways.empty()) found.emplace_back(std::get<0>(*ways.begin()), id, *ways.begin());
  }
  std::ranges::sort(found, std::greater());
  std::vector<entry> out;
  for (const auto& [at, id, first] : found) {
    const auto& [when, reason, via] = first;
    out.push_back({id,
                   reason == 1   ? "following"
                   : reason == 2 ? "share"
                                 : "hashtag",
                   reason == 2 ? via : uuid{}});
  }
  return out;
}

std::vector<std::string> feed_model::describe(const std::vector<entry>& of) const {
  std::vector<std::string> out;
  for (const auto& e : of) {
    const auto& p = posts.at(e.post);
    out.push_back(to_string(e.post) + ' ' + e.reason + ' ' + to_string(e.shared_by) + " by " +
                  to_string(p.author) + ' ' + p.visibility + (p.deleted ? " deleted" : ""));
  }
  return out;
}

}  // namespace nova::test
