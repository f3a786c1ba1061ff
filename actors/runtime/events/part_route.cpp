#include "actors/runtime/events/part_route.hpp"

#include "actors/runtime/entities/needs.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace nova::runtime {

namespace {

const rpc::caller node_caller{rpc::caller_kind::node, {}, {}, 0, {}, {}};

/// One run of a route, with the results of its needs so far.
struct run : std::enable_shared_from_this<run> {
  domain_link& domain;
  const intake& in;
  const std::uint32_t shard;
  const part_ptr part;
  const std::function<void()> then;
  reads results = {};
  std::vector<need_result> got = {};
  std::atomic<std::size_t> left{0};

  run(domain_link& d, const intake& i, std::uint32_t s, part_ptr p, std::function<void()> f)
      : domain(d), in(i), shard(s), part(std::move(p)), then(std::move(f)) {}

  void go_on() {
    const context ctx{
        part->key, node_caller, domain.services.wall(),  domain.services.random, "intake",
        "",        0,           &domain.domain.services, domain.domain.shards,   part->seq};
    effect out;
    try {
      out = in.route(*part->body, ctx, results);
    } catch (const std::exception& x) {
      return part->end(event_end::failed, x.what());
    }
    if (auto* more = std::get_if<need>(&out); more != nullptr && !more->items.empty())
      return begin(std::move(*more));
    auto* several = std::get_if<shard_effects>(&out);
    if (several == nullptr) return part->end(event_end::applied);
    const auto mine = std::ranges::find(several->parts, shard, &shard_part::shard);
    if (mine == several->parts.end()) return part->end(event_end::applied);
    part->part = std::move(*mine);
    then();
  }

  void begin(need&& what) {
    got = std::vector<need_result>(what.items.size());
    left = what.items.size();
    carry_out(domain, std::move(what),
              {&node_caller, "intake", domain.services.now() + event_needs_within},
              [self = shared_from_this()](std::size_t i, need_result r) {
                self->got[i] = std::move(r);
                if (--self->left == 0) self->arrived();
              });
  }

  void arrived() {
    for (auto& one : got) {
      if (one.failed) return part->end(event_end::suspended, "a read failed");
      results.append(std::move(one.value));
    }
    go_on();
  }
};

}  // namespace

void route_part(domain_link& d, const intake& in, std::uint32_t shard, part_ptr part,
                std::function<void()> then) {
  std::make_shared<run>(d, in, shard, std::move(part), std::move(then))->go_on();
}

}  // namespace nova::runtime
