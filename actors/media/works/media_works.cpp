#include "actors/media/works/media_works.hpp"

#include "protocols/core/log.hpp"
#include "protocols/media/media.nova.hpp"

#include <future>

namespace nova::media {
namespace {

constexpr std::chrono::seconds question_deadline{10};

}  // namespace

media_works::media_works(const config::media_settings& settings, blobs::store& store)
    : settings_(settings), store_(store), shop_(settings) {}

media_works::~media_works() { stop(); }

void media_works::start(rpc::bus& bus) {
  bus_ = &bus;
  if (settings_.workers > 0 && !shop_.has_pictures())
    log::warn("media.no_worker", {{"kind", "image"}});
  if (settings_.workers > 0 && !shop_.has_films())
    log::warn("media.no_worker", {{"kind", "video"}});
  for (std::uint32_t i = 0; i < settings_.workers; ++i) threads_.emplace_back([this] { work(); });
  threads_.emplace_back([this] { keep(); });
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
    w.set_blob(e.blob());
    return enqueue(std::move(w));
  }
  const auto& e = static_cast<const BytesReleased&>(event);
  {
    const std::lock_guard lock(mutex_);
    blobs_.insert(blobs_.end(), e.blobs().begin(), e.blobs().end());
    parts_.insert(parts_.end(), e.parts().begin(), e.parts().end());
  }
  changed_.notify_all();
}

void media_works::enqueue(Waiting order) {
  {
    const std::lock_guard lock(mutex_);
    if (orders_.size() >= settings_.worker_queue || !known_.insert(order.media_id()).second) return;
    orders_.push_back(std::move(order));
  }
  changed_.notify_all();
}

bool media_works::take_order(Waiting& to) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !orders_.empty(); });
  if (stopping_) return false;
  to = std::move(orders_.front());
  orders_.pop_front();
  return true;
}

void media_works::work() {
  Waiting order;
  while (take_order(order)) {
    make(order);
    const std::lock_guard lock(mutex_);
    known_.erase(order.media_id());
  }
}

bool media_works::store_file(const made_file& file, std::string& blob) {
  auto part = store_.open_part("work-" +
                               to_string(make_uuid_v7(system_wall_clock().now(), system_random())));
  if (!part || !(*part)->write(0, file.bytes)) return false;
  auto kept = store_.keep(std::move(*part));
  if (!kept) return false;
  blob = kept->name;
  return true;
}

void media_works::make(const Waiting& order) {
  const auto path = store_.local_path(order.blob());
  if (!path && path.error().code != errc::not_found) return;  // it is looked for again
  auto made = path ? shop_.make(*path, order.kind()) : made_media{.readable = false};
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;  // it is made anew after the next start
  }
  auto q = std::make_shared<ProcessedRequest>();
  q->set_account_id(order.account_id());
  q->set_media_id(order.media_id());
  q->set_failed(!made.readable);
  q->set_width(made.width);
  q->set_height(made.height);
  q->set_duration_ms(made.duration_ms);
  q->set_blurhash(made.blurhash);
  for (const auto& file : made.variants) {
    auto& v = *q->add_variants();
    if (!store_file(file, *v.mutable_blob())) return;
    v.set_name(file.name);
    v.set_content_type(file.type);
    v.set_width(file.width);
    v.set_height(file.height);
    v.set_size(static_cast<std::int64_t>(file.bytes.size()));
  }
  if (made.shown) {
    if (!store_file(*made.shown, *q->mutable_shown_blob())) return;
    q->set_shown_size(static_cast<std::int64_t>(made.shown->bytes.size()));
    q->set_shown_type(made.shown->type);
  }
  (void)ask<Empty>(media_interface::note_processed::info(), std::move(q));
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

// A restart has forgotten what was told: the first looks have no minimum age.
void media_works::keep() {
  auto next_sweep = std::chrono::steady_clock::now() + look_pause;
  std::int64_t older_than_ms = 0;
  auto next_look = std::chrono::steady_clock::now();
  for (;;) {
    std::vector<std::string> blobs, parts;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_until(lock, std::min(next_look, next_sweep),
                          [this] { return stopping_ || !blobs_.empty() || !parts_.empty(); });
      if (stopping_) return;
      blobs.swap(blobs_);
      parts.swap(parts_);
    }
    const auto now = std::chrono::steady_clock::now();
    if (!blobs.empty() || !parts.empty())
      release(std::move(blobs), std::move(parts), std::chrono::system_clock::now());
    if (now >= next_look) {
      look_for_waiting(older_than_ms);
      older_than_ms = std::chrono::milliseconds(look_pause).count();
      next_look = now + look_pause;
    }
    if (now >= next_sweep) {
      sweep();
      next_sweep = now + sweep_pause;
    }
  }
}

void media_works::look_for_waiting(std::int64_t older_than_ms) {
  if (settings_.workers == 0) return;
  auto q = std::make_shared<WaitingRequest>();
  q->set_limit(static_cast<std::int64_t>(names_a_question));
  q->set_older_than_ms(older_than_ms);
  auto reply = ask<WaitingReply>(media_interface::list_waiting::info(), std::move(q));
  if (!reply) return;
  for (const auto& item : reply->items()) enqueue(item);
}

// `since` lies before the question: bytes that are kept again meanwhile stay.
void media_works::release(std::vector<std::string> blobs, std::vector<std::string> parts,
                          time_point since) {
  for (std::size_t at = 0; at < blobs.size() || at < parts.size(); at += names_a_question) {
    auto q = std::make_shared<UnnamedRequest>();
    for (auto i = at; i < std::min(blobs.size(), at + names_a_question); ++i)
      q->add_blobs(blobs[i]);
    for (auto i = at; i < std::min(parts.size(), at + names_a_question); ++i)
      q->add_parts(parts[i]);
    const auto reply = ask<UnnamedReply>(media_interface::list_unnamed::info(), std::move(q));
    if (!reply) continue;  // the next sweep finds them
    for (const auto& name : reply->blobs()) (void)store_.remove(name, since);
    for (const auto& name : reply->parts()) (void)store_.drop_part(name);
  }
}

void media_works::sweep() {
  const auto now = std::chrono::system_clock::now();
  std::vector<std::string> blobs, parts;
  (void)store_.visit(now - orphan_age, [&](const blobs::blob& b) {
    blobs.push_back(b.name);
    if (blobs.size() == names_a_question) release(std::exchange(blobs, {}), {}, now - orphan_age);
  });
  (void)store_.visit_parts(now - orphan_age, [&](const std::string& name) {
    if (name.starts_with("work-")) (void)store_.drop_part(name);
    else parts.push_back(name);
  });
  release(std::move(blobs), std::move(parts), now - orphan_age);
}

}  // namespace nova::media
