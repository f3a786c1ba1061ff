#include "gateway/transfer/upload.hpp"

#include "gateway/codec/route_table.hpp"
#include "gateway/loop/file_threads.hpp"
#include "gateway/transfer/tus_rules.hpp"
#include "protocols/core/text.hpp"
#include "protocols/views/views.nova.hpp"
#include "protocols/views/views.pb.h"

#include <algorithm>

namespace nova::gateway {
namespace {

error bad(std::string detail) { return make_error(errc::invalid_request, std::move(detail)); }

std::string bare(std::string_view type) {
  return std::string(without_blanks(type.substr(0, type.find(';'))));
}

}  // namespace

void add_tus_fields(http_answer& a, const transfer::Upload* u) {
  a.fields.emplace_back("Tus-Resumable", tus_version);
  if (u == nullptr) return;
  a.fields.emplace_back("Upload-Offset", std::to_string(u->offset()));
  if (u->media_id().empty()) a.fields.emplace_back("Upload-Expires", http_time(u->expires_at()));
  else a.fields.emplace_back("Upload-Media-Id", u->media_id());
}

upload::upload(transfer_common& shared, io_thread& thread, const http_request& request,
               const std::string& address, const std::string& request_id, stream_answers answers,
               kind what, std::string upload_id)
    : transfer_request(shared, thread, request, address, request_id, std::move(answers)),
      kind_(what),
      upload_id_(std::move(upload_id)) {
  if (request.content_length) length_ = static_cast<std::int64_t>(*request.content_length);
  wrong_ = read_fields(request);
}

std::optional<error> upload::read_fields(const http_request& request) {
  if (!request.content_encoding.empty() &&
      !same_ignoring_case(request.content_encoding, "identity"))
    return make_error(errc::unsupported_media_type, "Content codings are not supported.");
  if (request.idempotency_key.size() > 255) return bad("Idempotency-Key is too long.");
  return kind_ == kind::at_once ? read_at_once_fields(request) : read_tus_fields(request);
}

std::optional<error> upload::read_tus_fields(const http_request& request) {
  const auto offset_stream = same_ignoring_case(bare(request.content_type), tus_content_type);
  if (const auto check = request.field("Upload-Checksum"); !check.empty()) {
    check_ = checksum::read(check);
    if (!check_) return bad("Upload-Checksum is sha1 or sha256 and the sum in base64.");
    checked_ = true;
  }
  if (kind_ == kind::tus_patch) {
    if (!offset_stream)
      return make_error(errc::unsupported_media_type,
                        "The body is " + std::string(tus_content_type) + '.');
    const auto offset = read_bytes(request.field("Upload-Offset"));
    if (!offset) return bad("Upload-Offset is missing or malformed.");
    from_ = *offset;
    with_bytes_ = true;
    return std::nullopt;
  }
  auto concat = read_concat(request.field("Upload-Concat"));
  if (!concat) return concat.error();
  auto metadata = read_metadata(request.field("Upload-Metadata"));
  if (!metadata) return metadata.error();
  open_.set_metadata(std::string(request.field("Upload-Metadata")));
  open_.set_file_name(metadata->file_name);
  open_.set_content_type(metadata->content_type);
  open_.set_purpose(metadata->purpose);
  open_.set_partial(concat->partial);
  for (auto& part : concat->parts) open_.add_parts(std::move(part));
  with_bytes_ = offset_stream && length_ != 0;
  if (open_.parts_size() > 0) {
    if (with_bytes_) return make_error(errc::forbidden, "A concatenation takes no bytes.");
    return std::nullopt;
  }
  if (!request.field("Upload-Defer-Length").empty())
    return bad("The length of an upload must be stated.");
  const auto length = read_bytes(request.field("Upload-Length"));
  if (!length) return bad("Upload-Length is missing or malformed.");
  open_.set_length(*length);
  if (!offset_stream && length_ != 0)
    return make_error(errc::unsupported_media_type,
                      "The body is " + std::string(tus_content_type) + '.');
  return std::nullopt;
}

std::optional<error> upload::read_at_once_fields(const http_request& request) {
  with_bytes_ = true;
  open_.set_at_once(true);
  if (const auto boundary = form_reader::boundary_of(request.content_type)) {
    form_.emplace(*boundary);
    return std::nullopt;
  }
  const auto type = bare(request.content_type);
  if (type.size() > 255 || type.starts_with("multipart/"))
    return make_error(errc::unsupported_media_type, "A form needs a boundary.");
  open_.set_content_type(type);
  open_.set_file_name(
      clean_file_name(parameter_of(request.field("Content-Disposition"), "filename")));
  const auto query = read_query(split_target(request.target).second);
  if (!query) return bad("The query has an escape that is not valid.");
  for (const auto& [name, value] : *query) {
    if (!is_plain_text(value)) return bad("The query is not UTF-8.");
    if (name == "purpose") open_.set_purpose(value);
    if (name == "filename") open_.set_file_name(clean_file_name(value));
  }
  if (length_) open_.set_length(*length_);
  return std::nullopt;
}

void upload::start() {
  const auto& first = kind_ == kind::tus_patch ? *shared_.steps.grant : *shared_.steps.open;
  with_caller(first, false, [self = self()] {
    if (self->wrong_) return self->drop(*self->wrong_);
    if (self->kind_ == kind::tus_patch) return self->ask_for_grant();
    self->open();
  });
}

void upload::open() {
  ask<transfer::Upload>(
      *shared_.steps.open, std::make_shared<transfer::OpenRequest>(open_),
      [self = self()](result<transfer::Upload> u) {
        if (!u) return self->drop(u.error());
        self->opened(*u);
      },
      idempotency_key_);
}

void upload::opened(const transfer::Upload& u) {
  upload_id_ = u.upload_id();
  location_ = std::string(uploads_path) + '/' + upload_id_;
  if (kind_ == kind::at_once || with_bytes_) return ask_for_grant();
  if (u.parts_size() > 0) return begin_concatenation();
  if (u.length() == 0) return ask_for_grant();  // it is complete already
  answer_progress(u);
}

void upload::ask_for_grant() {
  auto q = std::make_shared<transfer::GrantRequest>();
  q->set_upload_id(upload_id_);
  q->set_offset(from_);
  q->set_length(with_bytes_ && kind_ != kind::at_once ? length_.value_or(-1) : -1);
  q->set_at_once(kind_ == kind::at_once);
  ask<transfer::Grant>(*shared_.steps.grant, std::move(q),
                       [self = self()](result<transfer::Grant> g) {
                         if (!g) return self->drop(g.error());
                         self->granted(*g);
                       });
}

void upload::granted(const transfer::Grant& g) {
  grant_id_ = g.grant_id();
  room_ = g.length();
  partial_ = g.partial();
  reported_ = from_;
  reported_at_ = shared_.common.now();
  if (!grant_id_.empty()) return open_part(g);
  // Nothing is missing: an earlier request has brought the last byte.
  if (kind_ == kind::at_once) return compare(g);
  look_at_result();
}

// The key was used before: with the same bytes it has the first answer.
void upload::compare(const transfer::Grant& g) {
  check_ = checksum::of_blob(g.first_blob());
  if (!check_) return drop(make_error(errc::not_found, "The medium is gone."));
  phase_ = phase::comparing;
  if (broken_) return broken();
  want_more();
}

bool upload::compare(std::string_view bytes) {
  const auto add = [this](std::string_view piece) {
    room_ -= static_cast<std::int64_t>(piece.size());
    check_->add(piece);
  };
  result<void> read;
  if (form_) read = form_->read(bytes, add);
  else add(bytes);
  if (read && room_ >= 0) return true;
  drop(read ? make_error(errc::idempotency_key_reused) : read.error());
  return false;
}

void upload::compared() {
  if (form_ && (!form_->complete() || !form_->has_file()))
    return drop(bad("The form has no file, or no end."));
  if (room_ != 0 || !check_->agrees()) return drop(make_error(errc::idempotency_key_reused));
  phase_ = phase::ending;
  look_at_result();
}

void upload::look_at_result() {
  auto q = std::make_shared<transfer::StateRequest>();
  q->set_upload_id(upload_id_);
  ask<transfer::Upload>(*shared_.steps.state, std::move(q),
                        [self = self()](result<transfer::Upload> u) {
                          if (!u) return self->drop(u.error());
                          self->finished(*u);
                        });
}

void upload::open_part(const transfer::Grant& g) {
  writer_ = std::make_shared<part_writer>(thread_, shared_.files, shared_.store);
  auto drained = [weak = std::weak_ptr<upload>(self())] {
    if (auto self = weak.lock(); self && self->phase_ == phase::writing) self->want_more();
  };
  writer_->open(g.part(), from_, std::exchange(check_, std::nullopt), std::move(drained),
                [self = self()](const result<void>& r) {
                  if (!r && r.error().code == errc::conflict)  // the disk has less than was known
                    return self->give_back(self->writer_->offset(),
                                           [self, e = r.error()] { self->drop(e); });
                  if (!r)
                    return self->give_back(self->from_, [self, e = r.error()] { self->drop(e); });
                  self->phase_ = phase::writing;
                  if (self->broken_) return self->broken();
                  if (!self->with_bytes_) return self->end();
                  self->want_more();
                });
}

void upload::begin_concatenation() {
  writer_ = std::make_shared<part_writer>(thread_, shared_.files, shared_.store);
  std::vector<std::string> parts(open_.parts().begin(), open_.parts().end());
  writer_->open(
      upload_id_, 0, std::nullopt, [] {},
      [self = self(), parts](const result<void>& r) {
        if (!r) return self->drop(r.error());
        self->writer_->concatenate(parts, [self](const result<void>& done) {
          if (!done) return self->drop(done.error());
          self->keep();
        });
      });
}

void upload::pass(std::string_view bytes) {
  if (wrong_) return;
  if (writer_->offset() - from_ + static_cast<std::int64_t>(bytes.size()) > room_) {
    wrong_ = make_error(errc::payload_too_large, "The upload takes " + std::to_string(room_) +
                                                     " more bytes, and the request brings more.");
    return;
  }
  wants_ = writer_->take(bytes) && wants_;
}

bool upload::take(std::string_view bytes) {
  if (phase_ == phase::comparing) return compare(bytes);
  if (phase_ != phase::writing && phase_ != phase::reporting) return false;
  wants_ = true;
  if (!form_) pass(bytes);
  else if (auto read = form_->read(bytes, [this](std::string_view piece) { pass(piece); });
           !read && !wrong_)
    wrong_ = read.error();
  if (wrong_) {
    take_back(*wrong_);
    return false;
  }
  if (phase_ == phase::reporting) return false;
  const auto pause = shared_.common.now() - reported_at_;
  const bool much = writer_->offset() - reported_ >= report_bytes && pause >= least_report_pause;
  // The last byte is told by `finish` only: an upload that looks complete has its medium.
  if (!checked_ && kind_ != kind::at_once && writer_->offset() - from_ < room_ &&
      (much || (pause > report_pause && writer_->offset() > reported_))) {
    report_meanwhile();
    return false;
  }
  return wants_;
}

void upload::report_meanwhile() {
  phase_ = phase::reporting;
  const auto offset = writer_->offset();
  writer_->flush([self = self(), offset](const result<void>& flushed) {
    if (!flushed) return self->take_back(flushed.error());
    auto q = std::make_shared<transfer::ReportRequest>();
    q->set_upload_id(self->upload_id_);
    q->set_grant_id(self->grant_id_);
    q->set_offset(offset);
    self->ask<transfer::Upload>(*self->shared_.steps.report, std::move(q),
                                [self, offset](result<transfer::Upload> u) {
                                  if (!u) return self->drop(u.error());
                                  self->reported_ = offset;
                                  self->reported_at_ = self->shared_.common.now();
                                  self->phase_ = phase::writing;
                                  if (self->broken_) return self->broken();
                                  if (self->ended_) return self->end();
                                  self->want_more();
                                });
  });
}

void upload::end() {
  ended_ = true;
  if (phase_ == phase::comparing) return compared();
  if (phase_ != phase::writing) return;
  if (form_ && (!form_->complete() || !form_->has_file()))
    return take_back(bad("The form has no file, or no end."));
  phase_ = phase::ending;
  const auto then = [self = self()](const result<void>& r) { self->write_ended(r); };
  if (whole()) writer_->write_all(then);
  else writer_->flush(then);
}

/// A medium is made of it.
bool upload::whole() const {
  return kind_ == kind::at_once || (writer_->offset() - from_ == room_ && !partial_);
}

// Without an end of its own the bytes that came are kept, unless their checksum was stated for all of them.
void upload::broken() {
  broken_ = true;
  if (phase_ == phase::comparing)
    return drop(make_error(errc::unavailable, "The connection ended before the body."));
  if (phase_ != phase::writing || ended_) return;
  phase_ = phase::ending;
  if (kind_ == kind::at_once || checked_)
    return take_back(make_error(errc::unavailable, "The connection ended before the body."));
  writer_->flush([self = self()](const result<void>& r) { self->write_ended(r); });
}

void upload::write_ended(const result<void>& flushed) {
  if (!flushed) return take_back(flushed.error());
  const auto offset = writer_->offset();
  if (whole()) return keep();
  auto q = std::make_shared<transfer::ReportRequest>();
  q->set_upload_id(upload_id_);
  q->set_grant_id(grant_id_);
  q->set_offset(offset);
  q->set_over(true);
  ask<transfer::Upload>(*shared_.steps.report, std::move(q),
                        [self = self()](result<transfer::Upload> u) {
                          if (!u) return self->drop(u.error());
                          self->answer_progress(*u);
                        });
}

void upload::keep() {
  phase_ = phase::ending;
  writer_->keep([self = self()](const result<part_writer::kept>& k) {
    if (!k) return self->take_back(k.error());
    self->finish(*k);
  });
}

void upload::finish(const part_writer::kept& k) {
  auto q = std::make_shared<transfer::FinishRequest>();
  q->set_upload_id(upload_id_);
  q->set_grant_id(grant_id_);
  q->set_blob(k.blob.name);
  q->set_size(k.blob.size);
  q->set_found_type(k.type);
  if (form_) {
    q->set_file_name(form_->file_name());
    q->set_content_type(bare(form_->content_type()));
    q->set_purpose(form_->field("purpose"));
  }
  ask<transfer::Upload>(*shared_.steps.finish, std::move(q),
                        [self = self()](result<transfer::Upload> u) {
                          if (!u) return self->drop(u.error());
                          self->finished(*u);
                        });
}

void upload::finished(const transfer::Upload& u) {
  if (kind_ == kind::at_once) return answer_media(u.media_id());
  answer_progress(u);
}

/// Tells that the writer is gone and what is on disk.
void upload::give_back(std::int64_t offset, std::function<void()> then) {
  if (kind_ == kind::at_once) {
    auto q = std::make_shared<transfer::EndRequest>();
    q->set_upload_id(upload_id_);
    return ask<transfer::EndReply>(
        *shared_.steps.end, std::move(q), [self = self(), then](result<transfer::EndReply> r) {
          if (r)
            self->shared_.files.submit(
                [self, part = r->part()] { (void)self->shared_.store.drop_part(part); });
          then();
        });
  }
  auto q = std::make_shared<transfer::ReportRequest>();
  q->set_upload_id(upload_id_);
  q->set_grant_id(grant_id_);
  q->set_offset(offset);
  q->set_over(true);
  ask<transfer::Upload>(*shared_.steps.report, std::move(q),
                        [then](const result<transfer::Upload>&) { then(); });
}

/// The bytes of this request do not count, from the last report on.
void upload::take_back(error why) {
  if (phase_ == phase::over) return;
  phase_ = phase::over;
  const auto offset = kind_ == kind::at_once ? 0 : reported_;
  writer_->cut(offset, [self = self(), offset, why](const result<void>&) {
    self->give_back(offset, [self, why] { self->drop(why); });
  });
}

void upload::drop(error why) {
  phase_ = phase::over;
  writer_.reset();
  auto a = problem(why);
  if (kind_ != kind::at_once) add_tus_fields(a, nullptr);
  answer(std::move(a));
}

void upload::answer_progress(const transfer::Upload& u) {
  phase_ = phase::over;
  if (writer_) writer_->close();
  writer_.reset();
  http_answer a;
  a.status = kind_ == kind::tus_open ? 201 : 204;
  if (kind_ == kind::tus_open) a.fields.emplace_back("Location", location_);
  a.fields.emplace_back("Cache-Control", "no-store");
  add_tus_fields(a, &u);
  answer(std::move(a));
}

void upload::answer_media(const std::string& media_id) {
  phase_ = phase::over;
  if (writer_) writer_->close();
  writer_.reset();
  auto q = std::make_shared<views::MediaRequest>();
  auto& item = *q->add_items();
  item.set_media_id(media_id);
  item.set_owner_id(to_string(caller_.account));
  ask<views::MediaReply>(
      *shared_.steps.media, std::move(q), [self = self(), media_id](result<views::MediaReply> r) {
        if (!r || r->items().empty())
          return self->fail(r ? make_error(errc::not_found, "The medium is gone.") : r.error());
        http_answer a;
        a.status = 201;
        a.content_type = "application/json";
        a.fields = {{"Location", "/v1/media/" + media_id}, {"Cache-Control", "no-store"}};
        rpc::message_type_of<views::Media>().write_json(r->items(0), a.body);
        self->answer(std::move(a));
      });
}

}  // namespace nova::gateway
