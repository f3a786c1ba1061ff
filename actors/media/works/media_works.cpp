#include "actors/media/works/media_works.hpp"

#include "actors/media/works/beside.hpp"
#include "actors/media/works/film_copy.hpp"
#include "actors/media/works/recording.hpp"
#include "protocols/core/log.hpp"
#include "protocols/media/media.nova.hpp"
#include "protocols/streaming/streaming.nova.hpp"
#include "protocols/streaming/streaming.pb.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <utility>

namespace nova::media {
namespace {

constexpr std::chrono::seconds question_deadline{10};

/// A recording is two orders one behind the other: its bytes, and then what every film gets.
const std::string& name_of(const Waiting& order) {
  return order.stream_id().empty() ? order.media_id() : order.stream_id();
}

}  // namespace

media_works::media_works(const config::media_settings& settings, blobs::store& store,
                         const blobs::store& segments)
    : settings_(settings), store_(store), segments_(segments), shop_(settings) {}

media_works::~media_works() { stop(); }

void media_works::start(rpc::bus& bus) {
  bus_ = &bus;
  shop_.open();
  for (std::uint32_t i = 0; i < settings_.workers; ++i)
    threads_.emplace_back([this] { work(picture); });
  for (std::uint32_t i = 0; i < settings_.film_workers; ++i)
    threads_.emplace_back([this] { work(film); });
  threads_.emplace_back([this] { keep(); });
  if (settings_.scrub_kib_s > 0) threads_.emplace_back([this] { scrub(); });
}

void media_works::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  shop_.stop();
  changed_.notify_all();
  for (auto& t : threads_) t.join();
  threads_.clear();
}

void media_works::told(const rpc::event_type& type, const rpc::message& event) {
  if (&type == &media_uploaded_event()) {
    const auto& e = static_cast<const MediaUploaded&>(event);
    if (e.kind() == "file" || settings_.workers == 0) return;
    Waiting w;
    w.set_account_id(e.account_id());
    w.set_media_id(e.media_id());
    w.set_kind(e.kind());
    w.set_content_type(e.content_type());
    w.set_blob(e.blob());
    return enqueue(std::move(w));
  }
  if (&type == &recording_ordered_event()) {
    const auto& e = static_cast<const RecordingOrdered&>(event);
    Waiting w;
    w.set_account_id(e.account_id());
    w.set_media_id(e.media_id());
    w.set_kind("video");
    w.set_stream_id(e.stream_id());
    return enqueue(std::move(w));
  }
  note_released(static_cast<const BytesReleased&>(event));
}

void media_works::note_released(const BytesReleased& bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (released_.size() >= most_releases) return;
    released_.push_back({std::chrono::system_clock::now(), bytes});
  }
  changed_.notify_all();
}

void media_works::enqueue(Waiting order) {
  {
    const std::lock_guard lock(mutex_);
    auto& orders = orders_[order.kind() == "image" ? picture : film];
    if (orders.size() >= settings_.worker_queue || !known_.insert(name_of(order)).second) return;
    orders.push_back(std::move(order));
  }
  changed_.notify_all();
}

bool media_works::take_order(job of, Waiting& to) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopping_ || !orders_[of].empty(); });
  if (stopping_) return false;
  to = std::move(orders_[of].front());
  orders_[of].pop_front();
  return true;
}

void media_works::work(job of) {
  Waiting order;
  while (take_order(of, order)) {
    if (order.stream_id().empty()) make(order);
    else record(order);
    const std::lock_guard lock(mutex_);
    known_.erase(name_of(order));
  }
}

bool media_works::store_file(const made_file& file, std::string& blob) {
  auto part = open_work_part(store_);
  if (!part || !(*part)->write(0, file.bytes)) return false;
  auto kept = store_.keep(std::move(*part));
  if (!kept) return false;
  blob = kept->name;
  return true;
}

// Side by side: each file waits for the disk several times, and the disk serves all of them at once.
bool media_works::store_files(const made_media& made, ProcessedRequest& to) {
  std::atomic<bool> good{true};
  beside storing;
  const auto begin = [&](const made_file& file, std::string& blob) {
    storing.run([this, &good, &file, &blob] {
      if (!store_file(file, blob)) good = false;
    });
  };
  if (made.shown) {
    to.set_shown_size(static_cast<std::int64_t>(made.shown->bytes.size()));
    to.set_shown_type(made.shown->type);
    begin(*made.shown, *to.mutable_shown_blob());
  }
  for (const auto& file : made.variants) {
    auto& v = *to.add_variants();
    v.set_name(file.name);
    v.set_content_type(file.type);
    v.set_width(file.width);
    v.set_height(file.height);
    v.set_size(static_cast<std::int64_t>(file.bytes.size()));
    begin(file, *v.mutable_blob());
  }
  storing.wait();
  return good;
}

void media_works::make(const Waiting& order) {
  const auto file = store_.local(order.blob());
  if (!file && file.error().code != errc::not_found) return;  // it is looked for again
  const bool last = try_again(order.media_id());
  auto made = file ? shop_.make(file->path, order.kind(), last) : made_media{.readable = false};
  if (!made) return;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;  // it is made anew after the next start
  }
  auto q = std::make_shared<ProcessedRequest>();
  q->set_account_id(order.account_id());
  q->set_media_id(order.media_id());
  if (!made->shown && !store_shown(order, *made, *q)) return;
  if (q->failed()) made->variants.clear();
  q->set_failed(q->failed() || !made->readable);
  q->set_width(made->width);
  q->set_height(made->height);
  q->set_duration_ms(made->duration_ms);
  q->set_blurhash(made->blurhash);
  q->set_waveform(made->waveform);
  if (!store_files(*made, *q)) return;
  (void)ask<Empty>(media_interface::note_processed::info(), std::move(q));
  const std::lock_guard lock(mutex_);
  attempts_.erase(order.media_id());
}

bool media_works::try_again(const std::string& medium) {
  const std::lock_guard lock(mutex_);
  if (attempts_.size() > settings_.worker_queue) attempts_.clear();
  return ++attempts_[medium] >= most_attempts;
}

// A film whose hidden data cannot be taken out is shown to no reader.
bool media_works::store_shown(const Waiting& order, const made_media& made, ProcessedRequest& to) {
  const auto coded = store_coded(order, made, to);
  if (coded.has_error() || !pause({})) return false;
  if (coded.value()) return true;
  if (!made.readable || (made.hidden.empty() && !made.unclear)) return true;
  const auto copy = copy_film(shop_, store_, order.blob(), order.content_type(), made);
  if (copy.has_error() || !pause({})) return false;
  to.set_failed(copy->blob.name.empty());
  to.set_shown_blob(copy->blob.name);
  to.set_shown_size(copy->blob.size);
  to.set_shown_type(copy->type);
  return true;
}

result<bool> media_works::store_coded(const Waiting& order, const made_media& made,
                                      ProcessedRequest& to) {
  const bool moves = order.kind() == "video";
  if (settings_.transcode == "off" || order.kind() == "image" || !made.readable ||
      made.container.empty() || plays_everywhere(made, moves))
    return false;
  const auto coded = code_film(shop_, store_, order.blob(), made, moves);
  if (coded.has_error()) return coded.error();
  if (coded->blob.name.empty()) return false;
  to.set_shown_blob(coded->blob.name);
  to.set_shown_size(coded->blob.size);
  to.set_shown_type(coded->type);
  return true;
}

// A step that is not answered ends the attempt: the medium is looked for again.
void media_works::record(const Waiting& order) {
  recording made(store_, segments_);
  auto from = std::make_shared<streaming::RecordedRequest>();
  from->set_stream_id(order.stream_id());
  from->set_limit(static_cast<std::int64_t>(names_a_question));
  for (bool more = true; more;) {
    const auto page =
        ask<streaming::RecordedReply>(streaming::streaming_interface::list_recorded::info(),
                                      std::make_shared<streaming::RecordedRequest>(*from));
    if (page.has_error()) return;
    for (const auto& segment : page->segments()) {
      if (!made.add(segment)) return;
      from->set_from(segment.number() + 1);
    }
    more = std::cmp_equal(page->segments_size(), names_a_question) && pause({});
  }
  const auto film = made.finish(shop_, static_cast<std::size_t>(settings_.quota_bytes));
  BytesReleased leftovers;
  for (const auto& name : made.leftovers()) leftovers.add_blobs(name);
  note_released(leftovers);
  if (film.has_error() || !pause({})) return;
  auto q = std::make_shared<RecordedRequest>();
  q->set_account_id(order.account_id());
  q->set_media_id(order.media_id());
  q->set_blob(film->blob.name);
  q->set_size(film->blob.size);
  q->set_content_type(film->type);
  (void)ask<Empty>(media_interface::note_recorded::info(), std::move(q));
}

template <class Reply>
result<Reply> media_works::ask(const rpc::method& method, std::shared_ptr<rpc::message> request) {
  auto answered = std::make_shared<std::promise<rpc::reply_result>>();
  auto answer = answered->get_future();
  rpc::call c;
  c.method = &method;
  c.caller.kind = rpc::caller_kind::node;
  c.request_id = "media-works";
  c.deadline = std::chrono::steady_clock::now() + question_deadline;
  c.request = std::move(request);
  c.reply = [answered](rpc::reply_result r) { answered->set_value(std::move(r)); };
  bus_->call(std::move(c));
  const auto reply = answer.get();
  if (!reply) return reply.error();
  return static_cast<const Reply&>(**reply);
}

// A restart has forgotten what was told: the first look has no minimum age.
void media_works::keep() {
  const std::chrono::seconds sweep_pause(settings_.sweep_s);
  auto next_look = std::chrono::system_clock::now(),
       next_sweep = next_look + std::min(sweep_pause, first_sweep);
  std::int64_t older_than_ms = 0;
  for (;;) {
    auto next = std::min(next_look, next_sweep);
    const auto over = take_released(next);
    {
      std::unique_lock lock(mutex_);
      const bool none = released_.empty();
      if (over.empty())
        changed_.wait_until(lock, next, [&] { return stopping_ || (none && !released_.empty()); });
      if (stopping_) return;
    }
    const auto now = std::chrono::system_clock::now();
    for (const auto& bytes : over)
      release(bytes, now - std::chrono::seconds(settings_.blob_grace_s));
    if (now >= next_look) {
      const bool looked = look_for_waiting(older_than_ms);
      if (looked) older_than_ms = std::chrono::milliseconds(look_pause).count();
      next_look = now + (looked ? look_pause : retry_pause);
    }
    if (now < next_sweep) continue;
    sweep();
    next_sweep = now + sweep_pause;
  }
}

bool media_works::look_for_waiting(std::int64_t older_than_ms) {
  auto q = std::make_shared<WaitingRequest>();
  q->set_limit(static_cast<std::int64_t>(names_a_question));
  q->set_older_than_ms(older_than_ms);
  const auto reply = ask<WaitingReply>(media_interface::list_waiting::info(), std::move(q));
  if (reply.has_error()) return false;
  for (const auto& item : reply->items()) enqueue(item);
  return true;
}

// Within the grace the bytes may be kept again for a medium that is not written yet.
std::vector<BytesReleased> media_works::take_released(time_point& next) {
  const std::chrono::seconds grace(settings_.blob_grace_s);
  std::vector<BytesReleased> over;
  const std::lock_guard lock(mutex_);
  while (!released_.empty() && released_.front().at + grace <= std::chrono::system_clock::now()) {
    over.push_back(std::move(released_.front().bytes));
    released_.pop_front();
  }
  if (!released_.empty()) next = std::min(next, released_.front().at + grace);
  return over;
}

void media_works::release(const BytesReleased& bytes, time_point since) {
  for (int at = 0; at < std::max(bytes.blobs_size(), bytes.parts_size());
       at += static_cast<int>(names_a_question)) {
    auto q = std::make_shared<UnnamedRequest>();
    const auto end = at + static_cast<int>(names_a_question);
    for (auto i = at; i < std::min(bytes.blobs_size(), end); ++i) q->add_blobs(bytes.blobs(i));
    for (auto i = at; i < std::min(bytes.parts_size(), end); ++i) q->add_parts(bytes.parts(i));
    const auto reply = ask<UnnamedReply>(media_interface::list_unnamed::info(), std::move(q));
    if (reply.has_error()) continue;  // the next sweep finds them
    BytesReleased spared;
    for (const auto& name : reply->blobs())
      if (const auto gone = store_.remove(name, since); !gone.has_error() && !gone.value())
        spared.add_blobs(name);
    if (spared.blobs_size() > 0) note_released(spared);
    for (const auto& name : reply->parts()) (void)store_.drop_part(name);
  }
}

void media_works::sweep() {
  const auto since = std::chrono::system_clock::now() - orphan_age;
  BytesReleased found;
  (void)store_.visit(since, [&](const blobs::blob& b) {
    found.add_blobs(b.name);
    if (std::cmp_equal(found.blobs_size(), names_a_question))
      release(std::exchange(found, {}), since);
  });
  (void)store_.visit_parts(since, [&](const std::string& name) {
    if (name.starts_with("work-")) (void)store_.drop_part(name);
    else found.add_parts(name);
  });
  release(found, since);
}

void media_works::scrub() {
  const auto paced = [this](std::size_t bytes) {
    return pause(std::chrono::milliseconds(bytes * 1000 / (settings_.scrub_kib_s * 1024ull)));
  };
  do {
    (void)store_.visit(std::chrono::system_clock::now(), [&](const blobs::blob& b) {
      if (!pause(std::chrono::milliseconds(0))) return;
      const auto good = store_.intact(b.name, paced);
      if (!good.has_error() && !good.value())
        log::error("blobs.failed", {{"step", "checksum"}, {"blob", b.name}});
    });
  } while (pause(scrub_pause));
}

bool media_works::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return stopping_; });
}

}  // namespace nova::media
