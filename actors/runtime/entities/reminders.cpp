#include "actors/runtime/entities/reminders.hpp"

#include "actors/runtime/entities/shard.hpp"
#include "protocols/core/log.hpp"
#include "storage/runtime/runtime_queries.hpp"

#include <google/protobuf/wrappers.pb.h>

#include <algorithm>
#include <utility>

namespace nova::runtime {

namespace queries = storage::runtime_queries;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds retry_reminders{1000};
constexpr milliseconds wait_for_others{20};

std::string name_of(const flight& f) {
  return std::to_string(f.kind) + "/" + f.key + "/" + f.as_reminder()->name;
}

}  // namespace

reminders::reminders(shard& s) : shard_(s) {
  for (const auto& k : s.link().domain.kinds)
    if (k.on_reminder) kinds_.emplace_back(k.name);
}

reminders::~reminders() { give_back(taken_); }

void reminders::close() {
  next_.reset();
  reading_ = false;
  under_way_ = 0;
  give_back(taken_);
}

std::uint32_t reminders::take(std::uint32_t wanted) {
  auto& link = shard_.link();
  const auto most = link.services.settings().reminders_at_once;
  auto now = link.reminders_under_way.load();
  std::uint32_t got = 0;
  do got = std::min(wanted, most - std::min(most, now));
  while (got != 0 && !link.reminders_under_way.compare_exchange_weak(now, now + got));
  taken_ += got;
  return got;
}

void reminders::give_back(std::uint32_t taken) {
  taken_ -= taken;
  shard_.link().reminders_under_way -= taken;
}

storage::statement reminders::outcome_of(const std::string& kind, const std::string& key,
                                         const reminder_work& r) {
  if (r.every_ms == 0)
    return {&queries::settle_reminder, {kind, key, r.name, storage::timestamp{r.due}}, 0};
  const auto next = r.next(shard_.link().services.wall());
  set(next);
  return {&queries::repeat_reminder,
          {kind, key, r.name, storage::timestamp{r.due}, storage::timestamp{next}},
          0};
}

void reminders::set(unix_ms due) {
  const auto wait = std::max<unix_ms>(0, due - shard_.link().services.wall());
  const auto at = shard_.now() + milliseconds(wait);
  next_ = next_ ? std::min(*next_, at) : at;
}

void reminders::plan() {
  if (kinds_.empty() || !shard_.is_open()) return;
  if (reading_) {
    due_meanwhile_ = true;
    return;
  }
  reading_ = true;
  shard_.link().database->read(
      {&queries::next_reminder, {std::int64_t{shard_.number()}, kinds_}, 0},
      shard_.poster([](shard& s, const storage::read_result& r) {
        auto& x = s.timed_reminders();
        x.reading_ = false;
        if (r.has_error()) x.next_ = s.now() + retry_reminders;
        else if (std::exchange(x.due_meanwhile_, false)) x.next_ = s.now();
        else if (!r.value().empty() && !r.value().null(0, 0)) x.set(r.value().time(0, 0));
      }));
}

void reminders::begin_due() {
  next_.reset();
  if (!shard_.is_open() || under_way_ != 0) return;
  // What is read now may be older than the reminder that is due.
  if (reading_) {
    due_meanwhile_ = true;
    return;
  }
  if (!shard_.serves()) {
    next_ = shard_.now() + retry_reminders;
    return;
  }
  const auto& services = shard_.link().services;
  const auto page = take(services.settings().reminder_page);
  if (page == 0) {
    next_ = shard_.now() + wait_for_others;
    return;
  }
  reading_ = true;
  shard_.link().database->read({&queries::due_reminders,
                                {std::int64_t{shard_.number()}, storage::timestamp{services.wall()},
                                 std::int64_t{page}, kinds_},
                                0},
                               shard_.poster([](shard& s, const storage::read_result& r) {
                                 auto& x = s.timed_reminders();
                                 x.reading_ = false;
                                 if (r.has_error()) x.next_ = s.now() + retry_reminders;
                                 const auto found = r.has_error() ? 0 : r.value().size();
                                 x.give_back(x.taken_ - static_cast<std::uint32_t>(found));
                                 if (!r.has_error()) x.start(r.value());
                               }));
}

void reminders::start(const storage::rows& due) {
  if (due.empty()) return plan();
  under_way_ = static_cast<std::uint32_t>(due.size());
  const auto& link = shard_.link();
  for (std::size_t i = 0; i < due.size(); ++i) {
    auto name = std::make_shared<google::protobuf::StringValue>();
    name->set_value(due.text(i, 2));
    auto f = std::make_unique<flight>(std::in_place_type<reminder_work>, due.text(i, 2),
                                      due.time(i, 3), std::move(name), due.int8(i, 4));
    f->kind = link.find_kind(due.text(i, 0)).value();  // it was asked for
    f->key = due.text(i, 1);
    f->handler = &link.domain.kinds[f->kind].on_reminder;
    shard_.begin(std::move(f));
  }
}

void reminders::over(const flight& f, bool done) {
  if (f.as_reminder() == nullptr) return;
  const auto name = name_of(f);
  if (done) {
    failures_.erase(name);
  } else if (++failures_[name] >= shard_.link().services.settings().poison_after &&
             shard_.may_write()) {
    failures_.erase(name);
    give_up(f);
  }
  if (taken_ != 0) give_back(1);
  if (under_way_ != 0 && --under_way_ != 0) return;
  if (done) plan();
  else next_ = shard_.now() + retry_reminders;
}

void reminders::give_up(const flight& f) {
  const auto& r = *f.as_reminder();
  const auto& link = shard_.link();
  const std::string kind(link.domain.kinds[f.kind].name);
  log::error("runtime.reminder_given_up",
             {{"domain", link.domain.name}, {"kind", kind}, {"key", f.key}, {"name", r.name}});
  storage::commit_unit unit;
  unit.shard = shard_.number();
  unit.statements.push_back(outcome_of(kind, f.key, r));
  unit.done = [](const storage::commit_outcome&) {};
  link.lane(shard_.number()).append(std::move(unit));
}

}  // namespace nova::runtime
