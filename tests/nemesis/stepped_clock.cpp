// See stepped_clock.hpp.
#include "tests/nemesis/stepped_clock.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <utility>

namespace nova::nemesis {

stepped_clock::stepped_clock(std::string file) : file_(std::move(file)) {
  const int fd = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return;
  if (::ftruncate(fd, sizeof(clock_page)) == 0)
    if (void* at = ::mmap(nullptr, sizeof(clock_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        at != MAP_FAILED)
      page_ = static_cast<clock_page*>(at);
  ::close(fd);
}

stepped_clock::~stepped_clock() {
  if (page_ != nullptr) ::munmap(page_, sizeof(clock_page));
}

std::string stepped_clock::library() { return NOVA_PRELOADED_CLOCK; }

void stepped_clock::step(std::int64_t seconds) {
  if (page_ != nullptr) page_->step_s.store(seconds, std::memory_order_relaxed);
}

std::uint64_t stepped_clock::told() const {
  return page_ == nullptr ? 0 : page_->answers.load(std::memory_order_relaxed);
}

}  // namespace nova::nemesis
