#include "gateway/transfer/export_download.hpp"

#include "gateway/loop/file_threads.hpp"

#include <zlib.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace nova::gateway {
namespace {

/// A part of the spool as a file.
class spooled final : public blobs::reader {
 public:
  spooled(std::shared_ptr<blobs::part> spool, std::int64_t at, std::int64_t size)
      : spool_(std::move(spool)), at_(at), size_(size) {}
  std::int64_t size() const override { return size_; }
  result<std::size_t> read(std::int64_t offset, char* to, std::size_t bytes) const override {
    const auto n = std::min(bytes, static_cast<std::size_t>(size_ - offset));
    if (auto done = spool_->read(at_ + offset, to, n); !done) return done.error();
    return n;
  }

 private:
  std::shared_ptr<blobs::part> spool_;
  std::int64_t at_, size_;
};

}  // namespace

export_steps::export_steps() {
  for (const auto* method : rpc::all_methods()) {
    if (method->reply->name == views::Archive::descriptor()->full_name()) download = method;
    if (method->request->name == views::ExportRequest::descriptor()->full_name())
      parts.push_back(method);
  }
  std::ranges::sort(parts, {}, &rpc::method::domain);
}

export_download::export_download(transfer_common& shared, const export_steps& steps,
                                 io_thread& thread, const http_request& request,
                                 const std::string& address, const std::string& request_id,
                                 stream_answers answers)
    : transfer_request(shared, thread, request, address, request_id, std::move(answers)),
      steps_(steps) {}

void export_download::start(result<rpc::message_ptr> request) {
  auto& e = shared_.common;
  if (e.draining) return fail(make_error(errc::unavailable, "The server is restarting."));
  if (auto ok = e.admission.by_address(*steps_.download, address_, e.now()); !ok)
    return fail(ok.error());
  if (!request) return fail(request.error());
  ask<views::Archive>(*steps_.download, *std::move(request),
                      [self = self()](const result<views::Archive>& a) {
                        if (!a) return self->fail(a.error());
                        self->account_ = a->account_id();
                        self->caller_.kind = rpc::caller_kind::node;
                        if (const auto id = parse_uuid(self->account_)) self->caller_.account = *id;
                        self->open_spool();
                      });
}

// The spool has no name from the start: nothing is left of it when the transfer ends.
void export_download::open_spool() {
  const auto name =
      "export-" + to_string(make_uuid_v7(shared_.common.wall.now(), shared_.common.random));
  on_files(
      [self = self(), name]() -> result<std::shared_ptr<blobs::part>> {
        auto part = self->shared_.store.open_part(name);
        if (!part) return part.error();
        if (auto done = self->shared_.store.drop_part(name); !done) return done.error();
        return std::shared_ptr<blobs::part>(*std::move(part));
      },
      [self = self()](result<std::shared_ptr<blobs::part>> part) {
        if (!part) return self->fail(part.error());
        self->spool_ = *std::move(part);
        self->ask_for_page({});
      });
}

void export_download::ask_for_page(const std::string& cursor) {
  if (gone_) return;
  if (part_ == steps_.parts.size()) return ask_for_files({});
  auto q = std::make_shared<views::ExportRequest>();
  q->set_cursor(cursor);
  ask<views::ExportReply>(
      *steps_.parts[part_], std::move(q), [self = self()](const result<views::ExportReply>& r) {
        if (!r) return self->fail(r.error());
        const std::string folder(self->steps_.parts[self->part_]->domain);
        std::vector<page> pages;
        for (const auto& file : r->files())
          pages.push_back({folder + '/' + file.name(), file.json()});
        if (r->next_cursor().empty()) ++self->part_;
        self->spool(std::move(pages), [self, next = r->next_cursor()] {
          self->complete_ =
              self->spool_size_ <= most_spool_bytes && self->entries_.size() <= most_files;
          if (!self->complete_) return self->finish();
          self->ask_for_page(next);
        });
      });
}

void export_download::spool(std::vector<page> pages, std::function<void()> then) {
  for (const auto& p : pages) {
    const auto at = spool_size_, size = std::ssize(p.bytes);
    const auto crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(p.bytes.data()), p.bytes.size());
    entries_.push_back(
        {p.name, size, static_cast<std::uint32_t>(crc),
         [part = spool_, at, size]() -> result<std::shared_ptr<const blobs::reader>> {
           return std::shared_ptr<const blobs::reader>(std::make_shared<spooled>(part, at, size));
         }});
    spool_size_ += size;
  }
  on_files(
      [part = spool_, pages = std::move(pages)]() -> result<void> {
        for (const auto& p : pages)
          if (auto done = part->write(part->size(), p.bytes); !done) return done;
        return {};
      },
      [self = self(), then = std::move(then)](const result<void>& done) {
        if (!done) return self->fail(done.error());
        then();
      });
}

void export_download::ask_for_files(const std::string& cursor) {
  if (gone_) return;
  const auto* kept = shared_.steps.kept;
  if (kept == nullptr) return finish();
  auto q = std::make_shared<transfer::KeptRequest>();
  q->set_cursor(cursor);
  ask<transfer::KeptReply>(
      *kept, std::move(q), [self = self(), kept](const result<transfer::KeptReply>& r) {
        if (!r) return self->fail(r.error());
        for (const auto& file : r->files())
          self->entries_.push_back(
              {std::string(kept->domain) + '/' + file.name(), file.size(), std::nullopt,
               [&store = self->shared_.store, blob = file.blob()] { return store.open(blob); }});
        if (self->entries_.size() > most_files) self->complete_ = false;
        if (r->next_cursor().empty() || !self->complete_) return self->finish();
        self->ask_for_files(r->next_cursor());
      });
}

void export_download::finish() {
  boost::json::object domains;
  for (const auto* part : steps_.parts) domains[part->domain] = boost::json::array();
  for (const auto& e : entries_)
    domains[e.name.substr(0, e.name.find('/'))].as_array().emplace_back(e.name);
  const boost::json::object manifest{{"format", 1},
                                     {"account_id", account_},
                                     {"made_at", format_rfc3339(shared_.common.wall.now())},
                                     {"complete", complete_},
                                     {"domains", std::move(domains)}};
  spool({{"manifest.json", boost::json::serialize(manifest)}}, [self = self()] { self->send(); });
}

void export_download::send() {
  std::rotate(entries_.begin(), entries_.end() - 1,
              entries_.end());  // the manifest is the first file
  auto zip = std::make_shared<const zip_stream>(std::move(entries_));
  http_answer a;
  a.content_type = "application/zip";
  a.fields = {{"Cache-Control", "no-store"},
              {"Content-Disposition", "attachment; filename=\"nova-export.zip\""}};
  const auto size = zip->size();
  a.file = file_body{std::move(zip), 0, size};
  answer(std::move(a));
}

}  // namespace nova::gateway
