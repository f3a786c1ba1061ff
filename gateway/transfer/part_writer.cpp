#include "gateway/transfer/part_writer.hpp"

#include "gateway/loop/file_threads.hpp"
#include "gateway/loop/io_thread.hpp"
#include "gateway/transfer/file_type.hpp"

#include <algorithm>

namespace nova::gateway {
namespace {

constexpr std::size_t copy_bytes = 256 * 1024;

result<std::string> type_of(blobs::part& part) {
  std::string first(static_cast<std::size_t>(std::min<std::int64_t>(
                        part.size(), static_cast<std::int64_t>(looked_at_bytes))),
                    '\0');
  if (!first.empty())
    if (auto read = part.read(0, first.data(), first.size()); !read) return read.error();
  return file_type(first);
}

result<void> append(blobs::store& store, const std::string& from, blobs::part& to) {
  auto part = store.open_part(from);
  if (!part) return part.error();
  std::string piece(copy_bytes, '\0');
  for (std::int64_t at = 0; at < (*part)->size();) {
    const auto n = static_cast<std::size_t>(
        std::min<std::int64_t>(static_cast<std::int64_t>(piece.size()), (*part)->size() - at));
    if (auto read = (*part)->read(at, piece.data(), n); !read) return read;
    if (auto wrote = to.write(to.size(), {piece.data(), n}); !wrote) return wrote;
    at += static_cast<std::int64_t>(n);
  }
  return {};
}

}  // namespace

template <class Work, class Then>
void part_writer::run(Work work, Then then) {
  auto self = shared_from_this();
  const bool taken = files_.submit([self, work, then] {
    auto outcome = work(*self);
    self->thread_->post([self, then, outcome = std::move(outcome)] { then(*self, outcome); });
  });
  if (!taken) {
    using outcome = decltype(work(*this));
    then(*this,
         outcome(make_error(errc::overloaded, "Too many transfers wait for the disk.", 1000)));
  }
}

void part_writer::open(const std::string& part, std::int64_t offset, std::optional<checksum> check,
                       std::function<void()> drained, done then) {
  name_ = part;
  check_ = std::move(check);
  drained_ = std::move(drained);
  offset_ = written_ = offset;
  run(
      [part](part_writer& w) -> result<void> {
        auto opened = w.store_.open_part(part);
        if (!opened) return opened.error();
        w.part_ = std::move(*opened);
        if (w.part_->size() == w.written_) return {};
        if (w.part_->size() > w.written_) return w.part_->cut(w.written_);
        w.offset_ = w.written_ = w.part_->size();
        return make_error(errc::conflict,
                          "The upload has " + std::to_string(w.written_) + " bytes.");
      },
      [then](part_writer&, const result<void>& r) { then(r); });
}

bool part_writer::take(std::string_view bytes) {
  offset_ += static_cast<std::int64_t>(bytes.size());
  if (failed_) return true;  // told at the next flush
  {
    const std::lock_guard lock(mutex_);
    filling_ += bytes;
    full_ = busy_ && filling_.size() >= full_bytes;
    if (busy_ || filling_.size() < write_bytes) return !full_;
  }
  write_on();
  return true;
}

void part_writer::write_on() {
  busy_ = true;
  {
    const std::lock_guard lock(mutex_);
    take_filled();
  }
  run([](part_writer& w) { return w.write_waiting(); },
      [](part_writer& w, const result<void>& r) { w.written(r); });
}

bool part_writer::take_filled() {
  writing_.clear();
  std::swap(writing_, filling_);
  return std::exchange(full_, false);
}

/// On a file thread.
result<void> part_writer::write_waiting() {
  for (int i = 1;; ++i) {
    if (check_) check_->add(writing_);
    if (auto done = part_->write(written_, writing_); !done) return done;
    written_ += static_cast<std::int64_t>(writing_.size());
    bool drained = false;
    {
      const std::lock_guard lock(mutex_);
      if (i == buffers_a_turn || filling_.size() < write_bytes) return {};
      drained = take_filled();
    }
    if (drained) thread_->post([self = shared_from_this()] { self->drained_(); });
  }
}

void part_writer::written(const result<void>& r) {
  busy_ = false;
  if (!r && !failed_) failed_ = r.error();
  bool drained = false, waits = false;
  {
    const std::lock_guard lock(mutex_);
    drained = std::exchange(full_, false);
    if (failed_) filling_.clear();
    waits = filling_.size() >= write_bytes;
  }
  if (idle_) std::exchange(idle_, nullptr)();
  else if (waits) write_on();
  if (drained) drained_();
}

void part_writer::when_idle(std::function<void()> then) {
  if (busy_) idle_ = std::move(then);
  else then();
}

void part_writer::flush(done then) { settle(std::move(then), true); }
void part_writer::write_all(done then) { settle(std::move(then), false); }

void part_writer::settle(done then, bool to_disk) {
  when_idle([self = shared_from_this(), then, to_disk] {
    auto& w = *self;
    if (w.failed_) return then(*w.failed_);
    const bool waits = [&w] {
      const std::lock_guard lock(w.mutex_);
      return !w.filling_.empty();
    }();
    if (waits) {
      w.write_on();
      return w.settle(then, to_disk);
    }
    if (w.check_ && !w.check_->agrees()) return then(make_error(errc::checksum_mismatch));
    if (!to_disk) return then({});
    w.run([](part_writer& x) { return x.part_->flush(); },
          [then](part_writer&, const result<void>& r) { then(r); });
  });
}

void part_writer::cut(std::int64_t offset, done then) {
  when_idle([self = shared_from_this(), offset, then] {
    auto& w = *self;
    w.offset_ = w.written_ = offset;
    {
      const std::lock_guard lock(w.mutex_);
      w.filling_.clear();
      w.full_ = false;
    }
    w.run(
        [offset](part_writer& x) -> result<void> {
          if (!x.part_) {
            auto again = x.store_.open_part(x.name_);
            if (!again) return again.error();
            x.part_ = std::move(*again);
          }
          if (auto cut = x.part_->cut(offset); !cut) return cut;
          return x.part_->flush();
        },
        [then](part_writer&, const result<void>& r) { then(r); });
  });
}

void part_writer::keep(std::function<void(result<kept>)> then) {
  run(
      [](part_writer& w) -> result<kept> {
        auto type = type_of(*w.part_);
        if (!type) return type.error();
        auto blob = w.store_.keep(std::move(w.part_));
        if (!blob) return blob.error();
        return kept{std::move(*blob), std::move(*type)};
      },
      [then](part_writer&, const result<kept>& r) { then(r); });
}

void part_writer::concatenate(std::vector<std::string> parts, done then) {
  run(
      [parts = std::move(parts)](part_writer& w) -> result<void> {
        for (const auto& part : parts)
          if (auto added = append(w.store_, part, *w.part_); !added) return added;
        w.offset_ = w.written_ = w.part_->size();
        return {};
      },
      [then](part_writer&, const result<void>& r) { then(r); });
}

}  // namespace nova::gateway
