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
  filling_ += bytes;
  offset_ += static_cast<std::int64_t>(bytes.size());
  if (!busy_ && filling_.size() >= write_bytes) write_on();
  full_ = filling_.size() >= full_bytes;
  return !full_;
}

void part_writer::write_on() {
  writing_.clear();
  std::swap(writing_, filling_);
  busy_ = true;
  run(
      [](part_writer& w) -> result<void> {
        if (w.check_) w.check_->add(w.writing_);
        return w.part_->write(w.written_, w.writing_);
      },
      [](part_writer& w, const result<void>& r) { w.written(r); });
}

void part_writer::written(const result<void>& r) {
  busy_ = false;
  if (!r && !failed_) failed_ = r.error();
  written_ += static_cast<std::int64_t>(writing_.size());
  if (failed_) filling_.clear();
  if (!filling_.empty() && (flushing_ || filling_.size() >= write_bytes)) write_on();
  else if (flushing_ && !busy_) flush(std::exchange(flushing_, nullptr));
  if (std::exchange(full_, false) && filling_.size() < full_bytes) drained_();
}

void part_writer::flush(done then) {
  if (busy_) {
    flushing_ = std::move(then);
    return;
  }
  if (failed_) return then(*failed_);
  if (!filling_.empty()) {
    flushing_ = std::move(then);
    return write_on();
  }
  run([](part_writer& w) -> result<void> { return w.part_->flush(); },
      [then](part_writer& w, const result<void>& r) {
        if (!r) return then(r);
        if (w.check_ && !w.check_->agrees()) return then(make_error(errc::checksum_mismatch));
        then(r);
      });
}

void part_writer::cut(std::int64_t offset, done then) {
  offset_ = written_ = offset;
  filling_.clear();
  run(
      [offset](part_writer& w) -> result<void> {
        if (!w.part_) {
          auto again = w.store_.open_part(w.name_);
          if (!again) return again.error();
          w.part_ = std::move(*again);
        }
        if (auto cut = w.part_->cut(offset); !cut) return cut;
        return w.part_->flush();
      },
      [then](part_writer&, const result<void>& r) { then(r); });
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
        return w.part_->flush();
      },
      [then](part_writer&, const result<void>& r) { then(r); });
}

}  // namespace nova::gateway
