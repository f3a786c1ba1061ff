// See io_thread.hpp.
#include "tests/support/client/io_thread.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <pthread.h>
#include <time.h>

#include <future>
#include <thread>

namespace nova::client {

namespace net = boost::asio;

struct io_thread::body {
  net::io_context context{1};
  net::executor_work_guard<net::io_context::executor_type> work{context.get_executor()};
  std::thread thread;
};

io_thread::io_thread() : body_(std::make_unique<body>()) {
  body_->thread = std::thread([this] { body_->context.run(); });
}

io_thread::~io_thread() {
  body_->context.stop();
  body_->thread.join();
}

boost::asio::io_context& io_thread::context() noexcept { return body_->context; }

void io_thread::post(std::function<void()> work) { net::post(body_->context, std::move(work)); }

void io_thread::run(const std::function<void()>& work) {
  std::promise<void> done;
  net::post(body_->context, [&] {
    work();
    done.set_value();
  });
  done.get_future().get();
}

void io_thread::after(std::chrono::microseconds delay, std::function<void()> work) {
  auto timer = std::make_shared<net::steady_timer>(body_->context, delay);
  timer->async_wait([timer, work = std::move(work)](boost::system::error_code ec) {
    if (!ec) work();
  });
}

bool io_thread::wait(const std::function<bool()>& condition, std::chrono::milliseconds within) {
  std::promise<bool> done;
  const auto deadline = std::chrono::steady_clock::now() + within;
  std::function<void()> look = [&] {
    const bool held = condition();
    if (held || std::chrono::steady_clock::now() >= deadline) return done.set_value(held);
    after(std::chrono::milliseconds(5), look);
  };
  post(look);
  return done.get_future().get();
}

double io_thread::cpu_seconds() const {
  clockid_t clock{};
  timespec t{};
  if (pthread_getcpuclockid(body_->thread.native_handle(), &clock) != 0) return 0;
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

}  // namespace nova::client
