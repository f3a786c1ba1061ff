#include "actors/runtime/placement/known_lists.hpp"

#include "actors/runtime/placement/envelopes.hpp"

namespace nova::runtime {

namespace {

/// A set of other lists is made anew; those that are not pushed to any more go with the first one too many.
constexpr std::size_t most_sets = 64;

}  // namespace

bool known_lists::read(const link::Push& p, audience& to) {
  for (const auto& told : p.told())
    lists_[told.number()] = {std::make_shared<const std::vector<uuid>>(ids_of(told.accounts())),
                             told.of_set()};
  bool known = true;
  for (const auto number : p.lists()) known &= lists_.contains(number);
  if (known && p.lists_size() > 0) {
    const auto& first = lists_.at(p.lists(0));
    if (first.of_set) to.many = set_of(p);
    else to.accounts = first.accounts;
  }
  for (const auto number : p.dropped()) lists_.erase(number);
  return known;
}

std::shared_ptr<const account_set> known_lists::set_of(const link::Push& p) {
  const std::string name(reinterpret_cast<const char*>(p.lists().data()),
                         static_cast<std::size_t>(p.lists_size()) * sizeof(std::uint32_t));
  if (const auto i = sets_.find(name); i != sets_.end()) return i->second;
  std::vector<uuid> all;
  for (const auto number : p.lists()) {
    const auto& accounts = *lists_.at(number).accounts;
    all.insert(all.end(), accounts.begin(), accounts.end());
  }
  if (sets_.size() >= most_sets) sets_.clear();
  return sets_[name] = std::make_shared<const account_set>(all);
}

}  // namespace nova::runtime
