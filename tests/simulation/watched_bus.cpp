// See watched_bus.hpp.
#include "tests/simulation/watched_bus.hpp"

#include <algorithm>

namespace nova::simulation {

using std::chrono::milliseconds;

namespace {

/// Of a method that declares none, as the router has it.
constexpr milliseconds default_deadline{5000};

}  // namespace

watched_bus::watched_bus(rpc::bus& to, std::function<time_point()> now, milliseconds attach_within)
    : to_(to), now_(std::move(now)), attach_within_(attach_within) {}

std::uint64_t watched_bus::begin(std::string what, time_point due) {
  book_->open.emplace(++last_, open_call{std::move(what), now_(), due});
  return last_;
}

void watched_bus::book::answered(std::uint64_t number, std::string_view what) {
  if (open.erase(number) == 0) doubled = std::string(what) + " was answered twice";
}

void watched_bus::stood_still() {
  for (auto& [number, c] : book_->open) c.due = std::max(c.due, now_());
}

std::string watched_bus::broken() const {
  if (!book_->doubled.empty()) return book_->doubled;
  const auto now = now_();
  for (const auto& [number, c] : book_->open)
    if (now > c.due + grace) {
      const auto waits = std::chrono::duration_cast<milliseconds>(now - c.since).count();
      return c.what + " is not answered, " + std::to_string(waits) + " ms after it was asked";
    }
  return {};
}

void watched_bus::call(rpc::call c) {
  const std::string what(c.method->name);
  const auto due = c.deadline == time_point{} ? now_() + default_deadline : c.deadline;
  c.reply = [book = book_, number = begin(what + " " + c.request_id, due), what,
             reply = std::move(c.reply)](rpc::reply_result r) {
    book->answered(number, what);
    reply(std::move(r));
  };
  to_.call(std::move(c));
}

void watched_bus::attach(rpc::attachment a, std::function<void(result<void>)> attached) {
  const auto number = begin("an attachment", now_() + attach_within_);
  to_.attach(std::move(a),
             [book = book_, number, attached = std::move(attached)](const result<void>& r) {
               book->answered(number, "an attachment");
               attached(r);
             });
}

}  // namespace nova::simulation
