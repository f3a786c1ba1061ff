#include "gateway/transfer/live_publish.hpp"

#include <utility>

namespace nova::gateway {

live_steps::live_steps() {
  const std::pair<std::string_view, const rpc::method**> places[] = {{"admit", &admit},
                                                                     {"publish", &publish},
                                                                     {"play", &play},
                                                                     {"viewers", &viewers},
                                                                     {"unnamed", &unnamed}};
  for (const auto* method : rpc::all_methods())
    for (const auto& [step, place] : places)
      if (method->transfer == step) *place = method;
}

live_publish::live_publish(transfer_common& shared, const live_steps& steps, live_windows& windows,
                           io_thread& thread, const http_request& request,
                           const std::string& address, const std::string& request_id,
                           stream_answers answers, ingest_path where)
    : transfer_request(shared, thread, request, address, request_id, std::move(answers)),
      steps_(steps),
      windows_(windows),
      where_(std::move(where)),
      length_(request.content_length ? static_cast<std::int64_t>(*request.content_length) : -1) {
  caller_.kind = rpc::caller_kind::node;
  request_.set_stream_id(where_.stream_id);
  request_.set_key(where_.key);
  request_.set_file(where_.file);
  request_.set_publisher(where_.publisher.empty() ? address_ + ' ' + user_agent_
                                                  : where_.publisher);
}

void live_publish::start(bool removes) {
  auto& e = shared_.common;
  if (e.draining) return fail(make_error(errc::unavailable, "The server is restarting."));
  if (auto ok = e.admission.by_address(*steps_.admit, address_, e.now()); !ok)
    return fail(ok.error());
  request_.set_removes(removes);
  auto q = std::make_shared<live::AdmitRequest>();
  q->set_stream_id(where_.stream_id);
  q->set_key(where_.key);
  q->set_file(where_.file);
  q->set_publisher(request_.publisher());
  q->set_removes(removes);
  ask<live::Admission>(*steps_.admit, std::move(q), [self = self()](result<live::Admission> a) {
    if (!a) return self->fail(a.error());
    self->admitted(*a);
  });
}

void live_publish::admitted(const live::Admission& a) {
  if (request_.removes()) return publish();
  playlist_ = a.playlist();
  room_ = a.most_bytes();
  if (length_ > room_) return fail(make_error(errc::payload_too_large));
  if (playlist_) return want_more();
  part_ = "live-" + to_string(make_uuid_v7(shared_.common.wall.now(), shared_.common.random));
  writer_ = std::make_shared<part_writer>(thread_, shared_.files, shared_.store);
  writer_->open(
      part_, 0, std::nullopt,
      [weak = std::weak_ptr<live_publish>(self())] {
        if (const auto self = weak.lock()) self->want_more();
      },
      [self = self()](const result<void>& r) {
        if (!r) return self->give_up(r.error());
        self->want_more();
      });
}

bool live_publish::take(std::string_view bytes) {
  if (answered()) return true;
  room_ -= static_cast<std::int64_t>(bytes.size());
  if (room_ < 0) {
    give_up(make_error(errc::payload_too_large));
    return true;
  }
  if (writer_) return writer_->take(bytes);
  request_.mutable_playlist()->append(bytes);
  return true;
}

void live_publish::end() {
  if (answered()) return;
  if (!writer_) return publish();
  writer_->flush([self = self()](const result<void>& r) {
    if (!r) return self->give_up(r.error());
    self->writer_->keep([self](const result<part_writer::kept>& k) {
      if (!k) return self->give_up(k.error());
      self->kept(*k);
    });
  });
}

// What has come of a segment is dropped: an encoder puts the whole again.
void live_publish::broken() {
  if (!part_.empty())
    on_files([self = self()] { return self->shared_.store.drop_part(self->part_); },
             [](const result<void>&) {});
}

void live_publish::kept(const part_writer::kept& k) {
  part_.clear();
  if (k.blob.size == 0) return fail(make_error(errc::invalid_request, "A segment has bytes."));
  request_.set_blob(k.blob.name);
  request_.set_size(k.blob.size);
  publish();
}

void live_publish::publish() {
  ask<live::PublishReply>(*steps_.publish, std::make_shared<live::PublishRequest>(request_),
                          [self = self()](const result<live::PublishReply>& r) {
                            if (!r) return self->fail(r.error());
                            if (self->playlist_)
                              self->windows_.changed(self->where_.stream_id,
                                                     self->shared_.common.now());
                            http_answer a;
                            a.status = 204;
                            self->answer(std::move(a));
                          });
}

void live_publish::give_up(const error& e) {
  fail(e);
  broken();
}

}  // namespace nova::gateway
