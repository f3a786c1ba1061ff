#include "gateway/transfer/live_play.hpp"

#include "gateway/codec/route_table.hpp"
#include "gateway/http/answer_rules.hpp"
#include "gateway/transfer/range_rules.hpp"

#include <algorithm>

namespace nova::gateway {
namespace {

error no_such_file() { return make_error(errc::not_found, "There is no such file of a stream."); }

}  // namespace

live_play::live_play(transfer_common& shared, const live_steps& steps, live_viewers& viewers,
                     live_windows& windows, io_thread& thread, const http_request& request,
                     const std::string& address, const std::string& request_id,
                     stream_answers answers, live_file what)
    : transfer_request(shared, thread, request, address, request_id, std::move(answers)),
      steps_(steps),
      viewers_(viewers),
      windows_(windows),
      what_(std::move(what)),
      range_(request.field("Range")),
      if_none_match_(request.field("If-None-Match")),
      signed_(signed_playback(what_.stream_id, split_target(request.target).second, shared.signer,
                              shared.common.wall.now())) {}

void live_play::start() {
  if (!signed_) return with_caller(*steps_.play, true, [self = self()] { self->ask_for_window(); });
  auto& e = shared_.common;
  if (e.draining) return fail(make_error(errc::unavailable, "The server is restarting."));
  caller_.kind = rpc::caller_kind::node;
  ask_for_window();
}

void live_play::ask_for_window() {
  const auto now = shared_.common.now();
  if (signed_)
    if (const auto known = windows_.find(what_.stream_id, now); known && serves(*known))
      return use(*known);
  auto q = std::make_shared<live::PlayRequest>();
  q->set_stream_id(what_.stream_id);
  q->set_is_signed(signed_.has_value());
  ask<live::Window>(*steps_.play, std::move(q), [self = self(), now](result<live::Window> w) {
    if (!w) return self->fail(w.error());
    const auto window = std::make_shared<const live::Window>(*std::move(w));
    if (self->signed_) self->windows_.keep(self->what_.stream_id, window, now);
    self->use(*window);
  });
}

/// False: the window may be older than the file that is asked for.
bool live_play::serves(const live::Window& w) const {
  return what_.what == live_file::kind::playlist ||
         std::ranges::find(w.segments(), what_.number, &live::Segment::number) !=
             w.segments().end();
}

void live_play::use(const live::Window& w) {
  if (what_.what == live_file::kind::playlist) answer_playlist(w);
  else find_segment(w);
}

void live_play::answer_playlist(const live::Window& w) {
  if (w.segments().empty()) return fail(make_error(errc::not_found, "This stream has not begun."));
  if (signed_)
    if (const auto t = viewers_.seen(what_.stream_id, signed_->token, shared_.common.now()))
      tell_viewers(*t);
  http_answer a;
  a.content_type = "application/vnd.apple.mpegurl";
  a.fields = {{"Cache-Control", "no-store"}};
  a.body = playlist_text(w, signed_ ? signed_->query : w.signed_query());
  answer(std::move(a));
}

void live_play::tell_viewers(const live_viewers::tell& t) {
  auto q = std::make_shared<live::ViewersRequest>();
  q->set_stream_id(what_.stream_id);
  q->mutable_addresses()->Add(t.addresses.begin(), t.addresses.end());
  for (const auto& account : t.accounts) q->add_account_ids(to_string(account));
  ask<live::ViewersReply>(*steps_.viewers, std::move(q), [](const result<live::ViewersReply>&) {});
}

void live_play::find_segment(const live::Window& w) {
  const auto found = std::ranges::find(w.segments(), what_.number, &live::Segment::number);
  if (found == w.segments().end()) return fail(no_such_file());
  const bool init = what_.what == live_file::kind::init;
  if (init && found->init_blob().empty()) return fail(no_such_file());
  send(init ? found->init_blob() : found->blob(),
       init ? "video/mp4" : segment_type(found->extension()));
}

void live_play::send(const std::string& blob, std::string_view type) {
  if (auto known = windows_.file(blob, shared_.common.now()))
    return send_file(blob, type, std::move(known));
  on_files([self = self(), blob] { return self->shared_.store.open(blob); },
           [self = self(), blob,
            type = std::string(type)](result<std::shared_ptr<const blobs::reader>> file) {
             if (!file) return self->fail(no_such_file());
             self->windows_.keep_file(blob, *file, self->shared_.common.now());
             self->send_file(blob, type, *std::move(file));
           });
}

void live_play::send_file(const std::string& blob, std::string_view type,
                          std::shared_ptr<const blobs::reader> file) {
  http_answer a;
  a.etag = '"' + blob.substr(0, 32) + '"';
  a.content_type = type;
  const auto size = file->size();
  const bool known = names_etag(if_none_match_, a.etag);
  const auto chosen = chosen_range(known ? std::string_view() : range_, {}, a.etag, size);
  a.fields = {{"Accept-Ranges", "bytes"}, {"Cache-Control", "private, max-age=60"}};
  if (std::holds_alternative<no_such_range>(chosen))
    return fail(make_error(errc::range_not_satisfiable));
  const auto* range = std::get_if<byte_range>(&chosen);
  if (range) {
    a.status = 206;
    a.fields.emplace_back("Content-Range", "bytes " + std::to_string(range->from) + '-' +
                                               std::to_string(range->from + range->length - 1) +
                                               '/' + std::to_string(size));
  }
  a.file = range ? file_body{std::move(file), range->from, range->length}
                 : file_body{std::move(file), 0, size};
  answer(std::move(a));
}

}  // namespace nova::gateway
