#include "gateway/transfer/download.hpp"

#include "gateway/codec/route_table.hpp"
#include "gateway/http/answer_rules.hpp"
#include "gateway/transfer/range_rules.hpp"
#include "gateway/views/seeing.hpp"

#include <algorithm>

namespace nova::gateway {
namespace {

constexpr std::string_view media_path = "/v1/media/";

bool well_signed(transfer_common& shared, std::string_view target) {
  const auto [path, query] = split_target(target);
  const auto parameters = read_query(query);
  if (!parameters) return false;
  std::string until, sig;
  for (const auto& [name, value] : *parameters) {
    if (name == "until") until = value;
    if (name == "sig") sig = value;
  }
  return !sig.empty() && shared.signer.good(path, until, sig, shared.common.wall.now());
}

/// RFC 6266: a plain name for old readers, the whole one in UTF-8.
std::string disposition(const transfer::ReadReply& what) {
  std::string out = what.attachment() ? "attachment" : "inline";
  if (what.file_name().empty()) return out;
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string plain, whole;
  for (const unsigned char c : what.file_name()) {
    const bool simple = std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
    plain += simple || c == ' ' ? static_cast<char>(c) : '_';
    if (simple) whole += static_cast<char>(c);
    else whole.append({'%', digits[c >> 4], digits[c & 15]});
  }
  return out + "; filename=\"" + plain + "\"; filename*=UTF-8''" + whole;
}

}  // namespace

std::optional<content_path> content_of(std::string_view path) {
  if (!path.starts_with(media_path)) return std::nullopt;
  path.remove_prefix(media_path.size());
  const auto slash = path.find('/');
  if (slash == path.npos || slash == 0) return std::nullopt;
  const auto id = path.substr(0, slash), rest = path.substr(slash + 1);
  if (rest == "content") return content_path{std::string(id), {}};
  constexpr std::string_view variants = "variants/";
  if (!rest.starts_with(variants)) return std::nullopt;
  const auto name = rest.substr(variants.size());
  if (name.empty() || name.find('/') != name.npos) return std::nullopt;
  return content_path{std::string(id), std::string(name)};
}

download::download(transfer_common& shared, io_thread& thread, const http_request& request,
                   const std::string& address, const std::string& request_id,
                   stream_answers answers, content_path what)
    : transfer_request(shared, thread, request, address, request_id, std::move(answers)),
      what_(std::move(what)),
      range_(request.field("Range")),
      if_range_(request.field("If-Range")),
      if_none_match_(request.field("If-None-Match")),
      signed_(well_signed(shared, request.target)) {}

void download::start() {
  const auto& read = *shared_.steps.read;
  if (!signed_) return with_caller(read, true, [self = self()] { self->ask_to_read(); });
  auto& e = shared_.common;
  if (auto ok = e.admission.by_address(read, address_, e.now()); !ok) return fail(ok.error());
  caller_.kind = rpc::caller_kind::node;
  ask_to_read();
}

void download::ask_to_read() {
  auto q = std::make_shared<transfer::ReadRequest>();
  q->set_media_id(what_.media_id);
  q->set_variant(what_.variant);
  q->set_is_signed(signed_);
  ask<transfer::ReadReply>(*shared_.steps.read, std::move(q),
                           [self = self()](result<transfer::ReadReply> r) {
                             if (!r) return self->fail(r.error());
                             self->may_read(*r);
                           });
}

void download::may_read(const transfer::ReadReply& what) {
  if (what.places().empty()) return open(what);
  auto& e = shared_.common;
  const auto deadline = e.now() + std::chrono::milliseconds(shared_.steps.read->deadline_ms);
  may_see(*e.bus, caller_, request_id_, deadline, what.places(),
          [self = self(), what](const result<bool>& answer) {
            std::optional<error> refused;
            if (answer.has_error()) refused = answer.error();
            else if (!answer.value())
              refused = make_error(errc::not_found, "There is no such medium.");
            self->thread_->post([self, what, refused] {
              if (refused) return self->fail(*refused);
              self->open(what);
            });
          });
}

void download::open(const transfer::ReadReply& what) {
  on_files([self = self(), what] { return self->shared_.store.open(what.blob()); },
           [self = self(), what](result<std::shared_ptr<const blobs::reader>> file) {
             if (!file) return self->fail(file.error());
             self->send(what, std::move(*file));
           });
}

void download::send(const transfer::ReadReply& what, std::shared_ptr<const blobs::reader> file) {
  const auto size = file->size();
  http_answer a;
  a.etag = '"' + what.blob().substr(0, 32) + '"';
  a.content_type = what.content_type();
  if (a.content_type.starts_with("text/") && a.content_type.find("charset") == std::string::npos)
    a.content_type += "; charset=utf-8";
  a.fields = {{"Accept-Ranges", "bytes"},
              {"Content-Disposition", disposition(what)},
              {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"},
              {"Cache-Control", signed_ ? "private, max-age=3600" : "private, no-cache"}};
  const bool known =
      names_etag(if_none_match_, a.etag);  // then the answer is 304 and the range does not count
  const auto chosen = chosen_range(known ? std::string_view() : range_, if_range_, a.etag, size);
  if (std::holds_alternative<no_such_range>(chosen)) {
    auto out = problem(make_error(errc::range_not_satisfiable));
    out.fields.emplace_back("Content-Range", "bytes */" + std::to_string(size));
    out.fields.emplace_back("Accept-Ranges", "bytes");
    return answer(std::move(out));
  }
  if (const auto* range = std::get_if<byte_range>(&chosen)) {
    a.status = 206;
    a.fields.emplace_back("Content-Range", "bytes " + std::to_string(range->from) + '-' +
                                               std::to_string(range->from + range->length - 1) +
                                               '/' + std::to_string(size));
    a.file = file_body{std::move(file), range->from, range->length};
  } else {
    a.file = file_body{std::move(file), 0, size};
  }
  answer(std::move(a));
}

}  // namespace nova::gateway
