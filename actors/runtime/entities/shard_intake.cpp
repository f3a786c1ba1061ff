// Events of other domains, refreshed read models, pulls by other domains' readers, and reminders.
// See shard.hpp.
#include "actors/runtime/entities/shard.hpp"
#include "storage/runtime/runtime_queries.hpp"

#include <google/protobuf/wrappers.pb.h>

#include <algorithm>

namespace nova::runtime {

namespace queries = storage::runtime_queries;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds retry_reminders{1000};

std::string reminder_name(const flight& f) {
  return std::to_string(f.kind) + "/" + f.key + "/" + f.reminder->name;
}

}  // namespace

void shard::deliver(flight_ptr event) {
  doing_ = event->describe();
  if (!can_serve()) return event->give_up(errc::unavailable);
  if (marks_state_ == marks::known) return deliver_marked(std::move(event));
  unmarked_.push(std::move(event));
  if (marks_state_ == marks::unknown) load_marks();
}

void shard::load_marks() {
  marks_state_ = marks::loading;
  link_.database->read({&queries::load_marks, {std::int64_t{seat_.number}}, 0},
                       poster([](shard& s, const storage::read_result& r) { s.marks_arrived(r); }));
}

void shard::marks_arrived(const storage::read_result& r) {
  if (r.has_error()) {
    marks_state_ = marks::unknown;
    while (auto f = unmarked_.pop()) f->give_up(errc::unavailable);
    return;
  }
  marks_state_ = marks::known;
  const auto& rows = r.value();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& mark = marks_[{rows.text(i, 0), static_cast<std::uint32_t>(rows.int8(i, 1))}];
    mark = std::max(mark, static_cast<std::uint64_t>(rows.int8(i, 2)));
  }
  while (auto f = unmarked_.pop()) deliver_marked(std::move(f));
}

void shard::deliver_marked(flight_ptr f) {
  if (marks_[{f->event->source, f->event->source_shard}] >= f->event->seq) {
    if (auto done = std::exchange(f->event->done, nullptr)) done(event_end::applied, {});
    return;
  }
  // A reader that started anew may send again what is still on its way.
  if (!delivering_.insert({f->event->source, f->event->source_shard}).second)
    return f->give_up(errc::unavailable);
  f->event->done = [this, from = std::pair(f->event->source, f->event->source_shard),
                    done = std::move(f->event->done)](event_end how, std::string reason) {
    delivering_.erase(from);
    done(how, std::move(reason));
  };
  f->since = now_;
  auto& e = activate(f->kind, f->key);
  submit(e, std::move(f));
}

void shard::refresh(std::size_t kind, const std::string& key, std::function<void()> done) {
  auto i = entities_[kind].find(key);
  if (i == entities_[kind].end()) return done();
  auto& e = *i->second;
  e.refreshed.push_back(std::move(done));
  e.reload_wanted = true;
  // A load under way may have read the old truth: it starts again when it is ready.
  after_change(e);
}

void shard::pull(pull_request request) {
  if (!open_) return request.done(error{errc::unavailable, "", 0, {}});
  link_.database->read({&queries::outbox_page,
                        {std::int64_t{seat_.number}, static_cast<std::int64_t>(request.after),
                         std::int64_t{request.limit}},
                        0},
                       [done = std::move(request.done)](const storage::read_result& r) {
                         if (r.has_error()) return done(r.error());
                         auto page = std::make_shared<relay_batch>();
                         const auto& rows = r.value();
                         page->reserve(rows.size());
                         for (std::size_t i = 0; i < rows.size(); ++i)
                           page->push_back({static_cast<std::uint64_t>(rows.int8(i, 0)),
                                            static_cast<std::uint32_t>(rows.int8(i, 1)),
                                            rows.text(i, 2), nullptr, rows.blob(i, 3)});
                         done(relay_batch_ptr(std::move(page)));
                       });
}

/// Finds out when the next reminder is due.
void shard::plan_reminders() {
  if (!has_reminders_ || !open_ || reading_reminders_) return;
  reading_reminders_ = true;
  link_.database->read(
      {&queries::next_reminder, {std::int64_t{seat_.number}}, 0},
      poster([](shard& s, const storage::read_result& r) {
        s.reading_reminders_ = false;
        if (r.has_error()) {
          s.next_reminder_ = s.now_ + retry_reminders;
        } else if (!r.value().empty() && !r.value().null(0, 0)) {
          const auto wait = std::max<unix_ms>(0, r.value().time(0, 0) - s.hub_.wall());
          const auto due = s.now_ + milliseconds(wait);
          s.next_reminder_ = s.next_reminder_ ? std::min(*s.next_reminder_, due) : due;
        }
      }));
}

void shard::due_reminders() {
  next_reminder_.reset();
  if (!open_ || reading_reminders_ || reminders_under_way_ != 0) return;
  if (!can_serve() || !link_.serving.load()) {
    next_reminder_ = now_ + retry_reminders;
    return;
  }
  reading_reminders_ = true;
  link_.database->read({&queries::due_reminders,
                        {std::int64_t{seat_.number}, storage::timestamp{hub_.wall()},
                         std::int64_t{settings().reminder_page}},
                        0},
                       poster([](shard& s, const storage::read_result& r) {
                         s.reading_reminders_ = false;
                         if (r.has_error())
                           s.next_reminder_ = s.now_ + retry_reminders;
                         else
                           s.start_reminders(r.value());
                       }));
}

void shard::start_reminders(const storage::rows& due) {
  if (due.empty()) return plan_reminders();
  reminders_under_way_ = static_cast<std::uint32_t>(due.size());
  for (std::size_t i = 0; i < due.size(); ++i) {
    auto f = std::make_unique<flight>(hub_);
    f->kind = link_.kind_index(due.text(i, 0));
    f->key = due.text(i, 1);
    f->handler = &link_.domain.kinds[f->kind].on_reminder;
    f->reminder =
        std::make_unique<reminder_ticket>(reminder_ticket{due.text(i, 2), due.time(i, 3)});
    f->call.caller.kind = rpc::caller_kind::node;
    auto name = std::make_shared<google::protobuf::StringValue>();
    name->set_value(f->reminder->name);
    f->call.request = std::move(name);
    f->since = now_;
    doing_ = f->describe();
    auto& e = activate(f->kind, f->key);
    submit(e, std::move(f));
  }
}

void shard::reminder_over(const flight& f, bool done) {
  const auto name = reminder_name(f);
  if (done) {
    reminder_failures_.erase(name);
  } else if (++reminder_failures_[name] >= settings().poison_after && lane().accepting() &&
             may_read()) {
    hub_.log("error", "reminder given up domain=" + std::string(link_.domain.name) +
                          " kind=" + std::string(link_.domain.kinds[f.kind].name) +
                          " key=" + f.key + " name=" + f.reminder->name);
    reminder_failures_.erase(name);
    storage::commit_unit unit;
    unit.shard = seat_.number;
    unit.statements.push_back({&queries::settle_reminder,
                               {std::string(link_.domain.kinds[f.kind].name), f.key,
                                f.reminder->name, storage::timestamp{f.reminder->due}},
                               0});
    unit.done = [](const storage::commit_outcome&) {};
    lane().append(std::move(unit));
  }
  if (reminders_under_way_ != 0 && --reminders_under_way_ != 0) return;
  if (done)
    plan_reminders();
  else
    next_reminder_ = now_ + retry_reminders;
}

}  // namespace nova::runtime
