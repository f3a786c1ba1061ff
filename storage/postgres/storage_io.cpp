#include "storage/postgres/storage_io.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <pthread.h>
#include <algorithm>
#include <thread>
#include <vector>

namespace nova::storage {

struct storage_io::loop {
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      context.get_executor()};
  std::thread thread{[this] {
    pthread_setname_np(pthread_self(), "nova-storage");
    context.run();
  }};
};

storage_io::storage_io(std::size_t threads) {
  if (threads == 0)
    threads = std::clamp<std::size_t>(std::thread::hardware_concurrency() / 4, 1, most_threads);
  for (std::size_t i = 0; i < threads; ++i) loops_.push_back(std::make_unique<loop>());
}

storage_io::~storage_io() {
  for (auto& l : loops_) {
    l->work.reset();
    l->context.stop();
    l->thread.join();
  }
}

boost::asio::io_context& storage_io::context() noexcept { return loops_.front()->context; }

boost::asio::io_context& storage_io::next() noexcept {
  return loops_[taken_++ % loops_.size()]->context;
}

}  // namespace nova::storage
