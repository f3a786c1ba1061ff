#include "actors/runtime/placement/directory.hpp"

#include "protocols/core/log.hpp"

#include <algorithm>
#include <limits>

namespace nova::runtime {

domain_seats::domain_seats(domain d, std::shared_ptr<storage::database> db, services& s, router& r,
                           directory& all)
    : link(std::move(d), std::move(db), s, r), listeners(link.domain.shards) {
  for (auto& part : link.parts) {
    heads.push_back(std::make_unique<domain_head_seat>(*this, *part, all));
    part->head = heads.back().get();
  }
  for (std::uint32_t i = 0; i < link.domain.shards; ++i)
    shards.push_back(std::make_unique<shard_seat>(link, i));
}

void directory::add(domain d, std::shared_ptr<storage::database> db, router& r) {
  domains_.push_back(
      std::make_unique<domain_seats>(std::move(d), std::move(db), services_, r, *this));
}

namespace {

std::vector<std::int64_t> read_by_all(const domain_seats& source) {
  std::vector<std::int64_t> out;
  for (const auto& readers : source.listeners) {
    auto& read = out.emplace_back(std::numeric_limits<std::int64_t>::max());
    for (const auto* r : readers) read = std::min(read, r->durable.load());
  }
  return out;
}

}  // namespace

void directory::know(const domain& d) {
  auto& known = *foreign_.emplace_back(std::make_unique<foreign_domain>());
  known.name = d.name;
  known.shards = d.shards;
  known.listeners.resize(d.shards);
  for (const auto& i : d.intakes) known.sources.emplace_back(i.event->domain);
  for (const auto& kind : d.kinds)
    for (const auto& [number, handler] : kind.calls) key_rules_[number] = kind.normalise_key;
}

std::vector<std::string_view> directory::consumers_of(std::string_view source) const {
  std::vector<std::string_view> out;
  for (const auto& d : domains_)
    if (std::ranges::any_of(d->link.domain.intakes,
                            [&](const auto& i) { return i.event->domain == source; }))
      out.push_back(d->link.domain.name);
  for (const auto& f : foreign_)
    if (std::ranges::find(f->sources, source) != f->sources.end()) out.push_back(f->name);
  return out;
}

void directory::connect() {
  for (auto& d : domains_) {
    const auto& kinds = d->link.domain.kinds;
    for (std::size_t k = 0; k < kinds.size(); ++k)
      for (const auto& [number, handler] : kinds[k].calls) {
        routes_[number] = {d.get(), k, &handler};
        key_rules_[number] = kinds[k].normalise_key;
      }
    connect(*d);
  }
  for (auto& d : domains_) d->link.outbox_read = [d = d.get()] { return read_by_all(*d); };
  for (auto& d : domains_) {
    for (auto& h : d->heads) services_.timers.watch(*h);
    for (auto& s : d->shards) services_.timers.watch(*s);
  }
  for (auto& c : couriers_.seats()) services_.timers.watch(*c);
}

void directory::connect(domain_seats& consumer) {
  std::vector<std::string_view> sources;
  for (const auto& i : consumer.link.domain.intakes) {
    const auto name = i.event->domain;
    if (std::ranges::find(sources, name) != sources.end()) continue;
    const auto away = std::ranges::find(foreign_, name, [](const auto& f) { return f->name; });
    if (auto* source = find(name)) connect(consumer, source->link.domain.name, source->listeners);
    else if (away != foreign_.end()) connect(consumer, (*away)->name, (*away)->listeners);
    else {
      log::warn("runtime.no_source", {{"domain", name}, {"event", i.event->name}});
      continue;
    }
    sources.push_back(name);
  }
}

void directory::connect(domain_seats& consumer, std::string_view source,
                        std::vector<std::vector<reader_seat*>>& listeners) {
  for (std::uint32_t s = 0; s < listeners.size(); ++s) {
    consumer.readers.push_back(
        std::make_unique<reader_seat>(consumer.link, shard_address{source, s}));
    listeners[s].push_back(consumer.readers.back().get());
  }
}

const std::vector<reader_seat*>& directory::listeners(shard_address source) const {
  static const std::vector<reader_seat*> nobody;
  if (const auto* d = find(source.domain)) return d->listeners[source.shard];
  for (const auto& f : foreign_)
    if (f->name == source.domain) return f->listeners[source.shard];
  return nobody;
}

domain_seats* directory::find(std::string_view domain) const {
  for (const auto& d : domains_)
    if (d->link.domain.name == domain) return d.get();
  return nullptr;
}

const route* directory::find_route(std::uint32_t method) const {
  const auto i = routes_.find(method);
  return i != routes_.end() ? &i->second : nullptr;
}

const directory::key_rule* directory::find_key_rule(std::uint32_t method) const {
  const auto i = key_rules_.find(method);
  return i != key_rules_.end() ? &i->second : nullptr;
}

void directory::tap(const rpc::event_type& event, tap_fn f) {
  auto& tapped = taps_[event.number];
  tapped.type = &event;
  tapped.call.push_back(std::move(f));
}

const directory::tapped* directory::taps(std::uint32_t event) const {
  const auto i = taps_.find(event);
  return i != taps_.end() ? &i->second : nullptr;
}

bool directory::ousted() const {
  return std::any_of(domains_.begin(), domains_.end(), [](const auto& d) {
    return d->link.domain.pushes && d->link.parts.front()->holding == holding::elsewhere;
  });
}

}  // namespace nova::runtime
