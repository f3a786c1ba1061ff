#include "actors/runtime/node/rebuild.hpp"

#include "protocols/core/log.hpp"
#include "storage/runtime/runtime_queries.hpp"

#include <algorithm>

namespace nova::runtime {

namespace queries = storage::runtime_queries;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds short_wait{20};
constexpr int most_waits = 1500;  // 30 s

}  // namespace

rebuild::rebuild(directory& all, domain_seats& consumer, std::shared_ptr<storage::database> beside,
                 std::string id)
    : all_(all), consumer_(consumer), beside_(std::move(beside)), id_(std::move(id)) {
  for (const auto name : consumer_.link.domain.read_model) tables_.emplace_back(name);
  for (const auto& r : consumer_.readers) {
    auto* source = all_.find(r->source.domain);
    cursors_.push_back({r.get(), source, 0, 0, {}});
    if (std::ranges::find(sources_, source) == sources_.end()) sources_.push_back(source);
  }
}

template <class F>
auto rebuild::posted(F f) {
  return [self = shared_from_this(), f = std::move(f)](auto... x) {
    self->consumer_.heads.front()->post([self, f, x...](domain_head&) {
      if (!self->ended_) f(*self, x...);
    });
  };
}

void rebuild::after(milliseconds pause, then go_on) {
  consumer_.link.services.timers.after(pause, posted(std::move(go_on)));
}

rebuild::status rebuild::now() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void rebuild::cancel() {
  posted([](rebuild& r) { r.end(stage::failed, "it was stopped"); })();
}

bool rebuild::gone_within(milliseconds budget) const {
  return gone_.wait_for(budget) == std::future_status::ready;
}

void rebuild::start() {
  posted([](rebuild& r) { r.begin(); })();
}

/// The connection is new: it accepts nothing until it has reached the server.
void rebuild::begin() {
  if (!consumer_.link.serves_all())
    return end(stage::failed, "this node does not own all parts of the domain");
  if (!beside_->lane().accepting()) {
    if (++tries_ > most_waits) return end(stage::failed, "the database does not answer");
    return after(short_wait, [](rebuild& r) { r.begin(); });
  }
  append({{&queries::begin_rebuild, {tables_}, 0}}, false, [](rebuild& r) { r.check_sources(0); });
}

/// Only a source that still has its first events can be read from nothing.
void rebuild::check_sources(std::size_t next) {
  if (next == sources_.size()) {
    look_at_readers();
    return fill(0);
  }
  read(*sources_[next]->link.database, {&queries::outbox_span, {storage::timestamp{0}}, 0},
       [next](rebuild& r, const storage::rows& spans) {
         for (std::size_t i = 0; i < spans.size(); ++i)
           if (spans.int8(i, 1) != 1)
             return r.end(stage::failed, std::string(r.sources_[next]->link.domain.name) +
                                             "'s events of shard " +
                                             std::to_string(spans.int8(i, 0)) + " begin at " +
                                             std::to_string(spans.int8(i, 1)) + ", not at 1");
         r.check_sources(next + 1);
       });
}

void rebuild::look_at_readers() {
  for (auto& c : cursors_)
    c.until = std::max(
        c.until, static_cast<std::uint64_t>(std::max<std::int64_t>(0, c.reader->settled.load())));
}

/// Reads a page for each cursor that has no event waiting, one after another.
void rebuild::fill(std::size_t from) {
  for (; from < cursors_.size(); ++from)
    if (cursors_[from].waiting.empty() && cursors_[from].read < cursors_[from].until) break;
  if (from == cursors_.size()) return apply();
  const auto& c = cursors_[from];
  read(*c.source->link.database,
       {&queries::outbox_page,
        {std::int64_t{c.reader->source.shard}, static_cast<std::int64_t>(c.read),
         static_cast<std::int64_t>(std::min(page_events, std::size_t{c.until - c.read}))},
        0},
       [from](rebuild& r, const storage::rows& page) {
         auto& x = r.cursors_[from];
         if (page.empty()) return r.end(stage::failed, "events are gone");
         for (std::size_t i = 0; i < page.size(); ++i) {
           relay_event e;
           e.seq = static_cast<std::uint64_t>(page.int8(i, 0));
           e.type = static_cast<std::uint32_t>(page.int8(i, 1));
           e.key = page.text(i, 2);
           e.payload = page.blob(i, 3);
           e.committed_at = page.time(i, 4);
           x.read = e.seq;
           x.waiting.push_back(std::move(e));
         }
         r.fill(from + 1);
       });
}

/// The statements of an event; false: its effect cannot be made again.
bool rebuild::effect_of(const relay_event& e, std::vector<storage::statement>& out) const {
  static const rpc::caller nobody{rpc::caller_kind::node, {}, {}, 0, {}, {}};
  auto& link = consumer_.link;
  const auto found = link.intakes.find(e.type);
  if (found == link.intakes.end()) return true;
  const auto& in = *found->second;
  const auto body = body_of(e, *in.event);
  if (!body) return true;  // a dead letter, with the live readers too
  if (in.rebuild != nullptr) {
    std::ranges::move(in.rebuild(*body), std::back_inserter(out));
    return true;
  }
  const context ctx{e.key, nobody, link.services.wall(),  link.services.random, "rebuild",
                    "",    0,      &link.domain.services, link.domain.shards,   e.seq};
  try {
    auto effect = in.route(*body, ctx, {});
    if (std::holds_alternative<need>(effect)) return true;  // no effect that events alone make
    if (auto* model = std::get_if<read_model_effect>(&effect))
      std::ranges::move(model->statements, std::back_inserter(out));
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

/// The oldest events of all cursors, as far as each cursor's next event is known.
void rebuild::apply() {
  std::vector<storage::statement> statements;
  std::size_t events = 0;
  for (; events < page_events; ++events) {
    cursor* oldest = nullptr;
    bool unknown = false;
    for (auto& c : cursors_) {
      unknown |= c.waiting.empty() && c.read < c.until;
      if (!c.waiting.empty() && (oldest == nullptr || c.waiting.front().committed_at <
                                                          oldest->waiting.front().committed_at))
        oldest = &c;
    }
    if (oldest == nullptr || (unknown && events > 0)) break;
    if (!effect_of(oldest->waiting.front(), statements))
      return end(stage::failed, "an event of " + oldest->reader->name() + " is refused");
    oldest->waiting.pop_front();
  }
  if (events == 0) return holding_ ? take_over() : hold();
  {
    const std::lock_guard lock(mutex_);
    status_.events += events;
  }
  if (statements.empty()) return fill(0);
  append(std::move(statements), true, [](rebuild& r) { r.fill(0); });
}

/// All that the live readers had settled at the last look is read. They stand still from here on.
void rebuild::hold() {
  look_at_readers();
  std::uint64_t behind = 0;
  for (const auto& c : cursors_) behind += c.until - c.read;
  if (behind > page_events) return fill(0);
  {
    const std::lock_guard lock(mutex_);
    status_.at = stage::switching;
  }
  holding_ = true;
  to_hold_ = cursors_.size();
  for (const auto& c : cursors_)
    c.reader->post([told = posted([](rebuild& r) {
                      if (--r.to_hold_ == 0) r.held();
                    })](reader& x) {
      x.close();
      told();
    });
}

/// Units of the readers that are in the lane are waited for; then the offsets on disk say what is in the live tables.
void rebuild::held() {
  for (const auto& c : cursors_)
    if (c.reader->in_lane.load() != 0) return after(short_wait, [](rebuild& r) { r.held(); });
  read(*consumer_.link.database, {&queries::load_offsets, {}, 0},
       [](rebuild& r, const storage::rows& offsets) {
         r.look_at_readers();
         r.offsets_ = 0;
         for (std::size_t i = 0; i < offsets.size(); ++i) {
           const auto seq = offsets.int8(i, 2);
           r.offsets_ += seq;
           for (auto& c : r.cursors_)
             if (c.reader->source.domain == offsets.text(i, 0) &&
                 c.reader->source.shard == offsets.int8(i, 1))
               c.until = std::max(c.until, static_cast<std::uint64_t>(seq));
         }
         r.fill(0);
       });
}

void rebuild::take_over() {
  append({{&queries::take_over_rebuilt, {id_, tables_, consumer_.link.lane(0).id(), offsets_}, 0}},
         true, [](rebuild& r) { r.took_over(); });
}

void rebuild::took_over() {
  refresh();
  read(*consumer_.link.database, {&queries::rebuild_outcome, {id_}, 0},
       [](rebuild& r, const storage::rows& outcome) {
         if (!outcome.empty()) {
           const std::lock_guard lock(r.mutex_);
           r.status_.added = outcome.int8(0, 0);
           r.status_.removed = outcome.int8(0, 1);
         }
         r.end(stage::done, {});
       });
}

/// What entities remember of the old rows goes.
void rebuild::refresh() {
  for (const auto& s : consumer_.shards) s->post([](shard& x) { x.refresh_all(); });
}

void rebuild::end(stage how, std::string problem) {
  ended_ = true;
  for (const auto& c : cursors_)
    if (holding_ && consumer_.link.serves(c.reader->home))
      c.reader->post([](reader& x) { x.open(); });
  holding_ = false;
  if (how == stage::failed)
    log::error("runtime.rebuild_failed", {{"consumer", consumer()}, {"reason", problem}});
  {
    const std::lock_guard lock(mutex_);
    status_.at = how;
    status_.problem = std::move(problem);
  }
  beside_->stop([self = shared_from_this()] { self->closed_.set_value(); });
}

void rebuild::append(std::vector<storage::statement> statements, bool guarded, then go_on) {
  storage::commit_unit unit;
  unit.activation = 1;  // in order
  if (guarded) unit.statements.push_back({&queries::rebuild_there, {tables_}, 0});
  std::ranges::move(statements, std::back_inserter(unit.statements));
  unit.done = posted([go_on = std::move(go_on)](rebuild& r, const storage::commit_outcome& o) {
    if (o.status == storage::commit_status::committed) return go_on(r);
    r.end(stage::failed, "a transaction is refused: " + o.detail);
  });
  if (!beside_->lane().append(std::move(unit))) end(stage::failed, "the database is away");
}

void rebuild::read(storage::database& db, storage::statement s,
                   std::function<void(rebuild&, const storage::rows&)> go_on) {
  db.read(std::move(s),
          posted([go_on = std::move(go_on)](rebuild& r, const storage::read_result& x) {
            if (x.has_error()) return r.end(stage::failed, "a read failed");
            go_on(r, *x);
          }));
}

}  // namespace nova::runtime
