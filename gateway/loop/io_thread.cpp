// The loop that connections live on; see io_thread.hpp.
#include "gateway/loop/io_thread.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <stdexcept>

namespace nova::gateway {

namespace net = boost::asio;

const frame& delivery::text() {
  if (!text_) text_ = make_frame(opcode::text, push_->json());
  return text_;
}

const frame& delivery::binary() {
  if (!binary_) binary_ = make_frame(opcode::binary, push_->binary());
  return binary_;
}

io_thread::io_thread(unsigned index) : index_(index) {}

void io_thread::run() {
  auto work = net::make_work_guard(context_);
  running_ = true;
  context_.run();
  for (auto& s : slots_) s.held.reset();
}

void io_thread::stop() { context_.stop(); }

void io_thread::post(std::function<void()> task) { enqueue({std::move(task), nullptr, nullptr}); }

void io_thread::deliver(std::shared_ptr<const std::vector<rpc::connection_id>> to,
                        rpc::push_ptr p) {
  enqueue({nullptr, std::move(to), std::move(p)});
}

void io_thread::enqueue(message m) {
  {
    std::lock_guard lock(inbox_mutex_);
    inbox_.push_back(std::move(m));
    if (std::exchange(inbox_posted_, true)) return;
  }
  net::post(context_, [this] { drain_inbox(); });
}

void io_thread::drain_inbox() {
  std::vector<message> batch;
  {
    std::lock_guard lock(inbox_mutex_);
    batch.swap(inbox_);
    inbox_posted_ = false;
  }
  for (auto& m : batch) {
    if (m.task) {
      m.task();
      continue;
    }
    delivery d(std::move(m.push));
    for (auto id : *m.to)
      if (thread_of(id) == index_)
        if (auto* c = find(id)) c->on_push(d);
  }
}

rpc::connection_id io_thread::id_of(std::size_t index) const noexcept {
  return std::uint64_t{index_} << thread_shift |
         std::uint64_t{slots_[index].generation % generations} << slot_bits | index;
}

io_thread::slot* io_thread::slot_of(rpc::connection_id id) noexcept {
  auto index = id & ((1u << slot_bits) - 1);
  if (index >= slots_.size() || !slots_[index].held || id_of(index) != id) return nullptr;
  return &slots_[index];
}

rpc::connection_id io_thread::add(std::shared_ptr<connection> c) {
  std::size_t index = slots_.size();
  if (!free_.empty()) {
    index = free_.front();
    free_.pop_front();
  } else {
    if (index >> slot_bits != 0) throw std::length_error("too many connections on one thread");
    slots_.emplace_back();
  }
  auto& s = slots_[index];
  if (++s.generation % generations == 0) ++s.generation;
  s.held = std::move(c);
  s.deadline = time_point::max();
  ++used_;
  if (running_ && !std::exchange(ticking_, true)) arm_tick();
  return id_of(index);
}

void io_thread::replace(rpc::connection_id id, std::shared_ptr<connection> c) {
  if (auto* s = slot_of(id)) s->held = std::move(c);
}

void io_thread::remove(rpc::connection_id id) {
  auto* s = slot_of(id);
  if (!s) return;
  auto last = std::move(s->held);  // may end the caller: nothing of it is touched below
  s->held.reset();
  --used_;
  free_.push_back(static_cast<std::uint32_t>(id & ((1u << slot_bits) - 1)));
}

connection* io_thread::find(rpc::connection_id id) noexcept {
  auto* s = slot_of(id);
  return s ? s->held.get() : nullptr;
}

void io_thread::set_deadline(rpc::connection_id id, time_point at) {
  if (auto* s = slot_of(id)) s->deadline = at;
}

std::size_t io_thread::flush(rpc::connection_id id) {
  auto* s = slot_of(id);
  if (!s) return 0;
  auto keep = s->held;
  return keep->flush();
}

void io_thread::for_each(const std::function<void(connection&)>& f) {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    auto keep = slots_[i].held;
    if (keep) f(*keep);
  }
}

void io_thread::arm_tick() {
  timer_.expires_after(tick);
  timer_.async_wait([this](const boost::system::error_code& ec) {
    if (ec) return;
    on_tick();
    ticking_ = used_ > 0;
    if (ticking_) arm_tick();
  });
}

void io_thread::on_tick() {
  auto now = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].held || slots_[i].deadline > now) continue;
    slots_[i].deadline = time_point::max();
    auto keep = slots_[i].held;
    keep->on_deadline(now);
  }
}

}  // namespace nova::gateway
