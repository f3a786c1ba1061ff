#include "storage/postgres/storage_io.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <pthread.h>
#include <thread>

namespace nova::storage {

struct storage_io::impl {
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  std::thread thread{[this] {
    pthread_setname_np(pthread_self(), "nova-storage");
    context.run();
  }};
};

storage_io::storage_io() : impl_(std::make_unique<impl>()) {}

storage_io::~storage_io() {
  impl_->work.reset();
  impl_->context.stop();
  impl_->thread.join();
}

boost::asio::io_context& storage_io::context() noexcept { return impl_->context; }

}  // namespace nova::storage
