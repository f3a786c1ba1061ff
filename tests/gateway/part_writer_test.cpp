// How an upload's bytes reach their part: on file threads, one at a time, and without the connection's thread between two buffers.
#include "gateway/transfer/part_writer.hpp"

#include "gateway/loop/file_threads.hpp"
#include "gateway/loop/io_thread.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <future>
#include <thread>

using namespace nova;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 20s;

/// What the test knows of the part, and the gate that its writes wait at.
struct watched {
  bool wait_for(const std::function<bool()>& done) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, patience, done);
  }
  void open_gate() {
    {
      const std::lock_guard lock(mutex);
      open = true;
    }
    changed.notify_all();
  }
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false, writing = false, cut_meanwhile = false;
  std::int64_t size = 0;
  int flushes = 0;
};

class watched_part final : public blobs::part {
 public:
  explicit watched_part(watched& w) : w_(w) {}
  const std::string& name() const override { return name_; }
  std::int64_t size() const override { return w_.size; }
  result<void> write(std::int64_t offset, std::string_view bytes) override {
    std::unique_lock lock(w_.mutex);
    w_.writing = true;
    w_.changed.notify_all();
    w_.changed.wait_for(lock, patience, [this] { return w_.open; });
    w_.writing = false;
    w_.size = std::max(w_.size, offset + static_cast<std::int64_t>(bytes.size()));
    w_.changed.notify_all();
    return {};
  }
  result<void> read(std::int64_t, char*, std::size_t) override { return {}; }
  result<void> cut(std::int64_t size) override {
    const std::lock_guard lock(w_.mutex);
    w_.cut_meanwhile = w_.cut_meanwhile || w_.writing;
    w_.size = size;
    return {};
  }
  result<void> flush() override {
    const std::lock_guard lock(w_.mutex);
    ++w_.flushes;
    return {};
  }
  result<std::string> hash() override { return std::string(64, '0'); }

 private:
  watched& w_;
  const std::string name_ = "part";
};

class watched_store final : public blobs::store {
 public:
  explicit watched_store(watched& w) : w_(w) {}
  result<std::unique_ptr<blobs::part>> open_part(std::string_view) override {
    return std::unique_ptr<blobs::part>(std::make_unique<watched_part>(w_));
  }
  result<void> drop_part(std::string_view) override { return {}; }
  result<blobs::blob> keep(std::unique_ptr<blobs::part>) override {
    return make_error(errc::unavailable);
  }
  result<std::shared_ptr<const blobs::reader>> open(std::string_view) const override {
    return make_error(errc::not_found);
  }
  result<blobs::local_file> local(std::string_view) const override {
    return make_error(errc::not_found);
  }
  result<bool> remove(std::string_view, std::chrono::system_clock::time_point) override {
    return false;
  }
  result<bool> intact(std::string_view, const std::function<bool(std::size_t)>&) const override {
    return true;
  }
  result<void> visit(std::chrono::system_clock::time_point,
                     const std::function<void(const blobs::blob&)>&) const override {
    return {};
  }
  result<void> visit_parts(std::chrono::system_clock::time_point,
                           const std::function<void(const std::string&)>&) const override {
    return {};
  }

 private:
  watched& w_;
};

/// A writer with its part open, and the threads that it works on.
struct writing {
  writing() {
    on_thread<bool>([this](auto done) {
      writer->open(
          "part", 0, std::nullopt, [] {}, [done](result<void> r) { done(r.has_value()); });
    });
  }
  ~writing() {
    seen.open_gate();
    io->post([this] { writer->close(); });
    files.stop();
    io->stop();
    runs.join();
  }

  /// Calls `work` on the connection's thread with a function that ends the wait.
  template <class T>
  T on_thread(std::function<void(std::function<void(T)>)> work) {
    auto answer = std::make_shared<std::promise<T>>();
    io->post([work, answer] { work([answer](T value) { answer->set_value(value); }); });
    auto later = answer->get_future();
    REQUIRE(later.wait_for(patience) == std::future_status::ready);
    return later.get();
  }

  watched seen;
  watched_store store{seen};
  gateway::file_threads files{2, 100};
  std::shared_ptr<gateway::io_thread> io = std::make_shared<gateway::io_thread>(0);
  std::thread runs{[this] { io->run(); }};
  std::shared_ptr<gateway::part_writer> writer =
      std::make_shared<gateway::part_writer>(io, files, store);
};

const std::string buffer(gateway::part_writer::write_bytes, 'b');

}  // namespace

TEST_CASE("a file thread writes the next buffer while the connection's thread is busy elsewhere") {
  writing w;
  const bool both = w.on_thread<bool>([&w](auto done) {
    (void)w.writer->take(buffer);
    const bool began = w.seen.wait_for([&w] { return w.seen.writing; });
    (void)w.writer->take(buffer);
    w.seen.open_gate();
    const auto all = static_cast<std::int64_t>(2 * buffer.size());
    done(began && w.seen.wait_for([&w, all] { return w.seen.size == all; }));
  });
  CHECK(both);
}

TEST_CASE("no more is wanted while two buffers are full, and more when one is written") {
  std::promise<void> drained;
  watched seen;
  watched_store store(seen);
  gateway::file_threads files(1, 100);
  auto io = std::make_shared<gateway::io_thread>(0);
  std::thread runs([&] { io->run(); });
  auto writer = std::make_shared<gateway::part_writer>(io, files, store);
  std::promise<std::vector<bool>> wanted;
  io->post([&] {
    writer->open(
        "part", 0, std::nullopt, [&] { drained.set_value(); },
        [&](const result<void>&) {
          std::vector<bool> out{writer->take(buffer)};
          seen.wait_for([&] { return seen.writing; });
          out.push_back(writer->take("a byte"));
          out.push_back(writer->take(buffer));
          wanted.set_value(out);
        });
  });
  CHECK(wanted.get_future().get() == std::vector<bool>{true, true, false});
  auto later = drained.get_future();
  CHECK(later.wait_for(0s) == std::future_status::timeout);
  seen.open_gate();
  CHECK(later.wait_for(patience) == std::future_status::ready);
  files.stop();
  io->stop();
  runs.join();
}

TEST_CASE("what is taken back is cut behind the write that is under way, never beside it") {
  writing w;
  std::promise<void> cut;
  w.on_thread<bool>([&](auto done) {
    (void)w.writer->take(buffer);
    w.seen.wait_for([&w] { return w.seen.writing; });
    w.writer->cut(0, [&cut](result<void>) { cut.set_value(); });
    // The other file thread has no more work behind this.
    w.files.submit([done] { done(true); });
  });
  w.seen.open_gate();
  REQUIRE(cut.get_future().wait_for(patience) == std::future_status::ready);
  CHECK_FALSE(w.seen.cut_meanwhile);
  CHECK(w.seen.size == 0);
}

TEST_CASE("bytes that become a blob are flushed by the store only; a report flushes itself") {
  writing w;
  w.seen.open_gate();
  const auto settled = [&w](auto how) {
    return w.on_thread<bool>([&w, how](auto done) {
      (void)w.writer->take("some bytes");
      ((*w.writer).*how)([done](result<void> r) { done(r.has_value()); });
    });
  };
  CHECK(settled(&gateway::part_writer::write_all));
  CHECK(w.seen.size == 10);
  CHECK(w.seen.flushes == 0);
  CHECK(settled(&gateway::part_writer::flush));
  CHECK(w.seen.size == 20);
  CHECK(w.seen.flushes == 1);
}
