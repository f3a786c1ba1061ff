// What media decides, without runtime and database.
#include "actors/media/media_rules.hpp"
#include "actors/media/library_entity.hpp"
#include "actors/media/media_services.hpp"
#include "actors/media/showcase_entity.hpp"
#include "protocols/media/media.pb.h"
#include "protocols/transfer/transfer.pb.h"
#include "protocols/views/views.pb.h"

#include <doctest/doctest.h>
#include <google/protobuf/wrappers.pb.h>

#include <algorithm>

using namespace nova;
using namespace nova::media;
using decision = runtime::decision<library_state>;

namespace {

struct counting_random : random_source {
  std::uint8_t next = 1;
  void fill(std::span<std::uint8_t> out) override {
    std::ranges::generate(out, [this] { return next++; });
  }
};

uuid id(std::uint8_t n) {
  uuid out{};
  out.data[15] = n;
  return out;
}

config::media_settings small() {
  config::media_settings s;
  s.quota_bytes = 1'000;
  s.max_upload_bytes = 600;
  s.at_once_bytes = 400;
  s.uploads_per_account = 3;
  s.upload_ttl_s = 60;
  s.workers = 1;
  return s;
}

struct library {
  library_state state{id(1), 0, false, {}};
  rpc::caller caller{rpc::caller_kind::node, id(1), id(2), 0, "127.0.0.1", "test"};
  counting_random random;
  std::any services =
      std::make_shared<media_services>(media_services{small(), url_signer(std::string(32, 'k'))});
  unix_ms now = 1'000'000;
  runtime::reads none;

  template <class Request>
  library_entity::outcome run(library_entity::outcome (*handler)(const library_state&,
                                                                 const Request&,
                                                                 const runtime::context&,
                                                                 const runtime::reads&),
                              const Request& q) {
    const runtime::context c{"key", caller, now, random, "request", "", 0, &services};
    auto out = handler(state, q, c, none);
    if (auto* d = std::get_if<decision>(&out); d && d->apply) d->apply(state);
    return out;
  }

  library_entity::outcome open(std::int64_t length, bool at_once = false, bool partial = false) {
    transfer::OpenRequest q;
    q.set_length(length);
    q.set_at_once(at_once);
    q.set_partial(partial);
    return run(&library_entity::open_upload, q);
  }
  std::string opened(std::int64_t length, bool partial = false) {
    const auto out = open(length, false, partial);
    return dynamic_cast<const transfer::Upload&>(*std::get<decision>(out).reply).upload_id();
  }
  library_entity::outcome grant(const std::string& upload, std::int64_t offset,
                                std::int64_t length = -1) {
    transfer::GrantRequest q;
    q.set_upload_id(upload);
    q.set_offset(offset);
    q.set_length(length);
    return run(&library_entity::grant_writing, q);
  }
  std::string granted(const std::string& upload, std::int64_t offset) {
    const auto out = grant(upload, offset);
    return dynamic_cast<const transfer::Grant&>(*std::get<decision>(out).reply).grant_id();
  }
  library_entity::outcome report(const std::string& upload, const std::string& grant,
                                 std::int64_t offset, bool over) {
    transfer::ReportRequest q;
    q.set_upload_id(upload);
    q.set_grant_id(grant);
    q.set_offset(offset);
    q.set_over(over);
    return run(&library_entity::report_written, q);
  }
  library_entity::outcome finish(const std::string& upload, const std::string& grant,
                                 std::int64_t size, std::string found) {
    transfer::FinishRequest q;
    q.set_upload_id(upload);
    q.set_grant_id(grant);
    q.set_blob(std::string(64, 'a'));
    q.set_size(size);
    q.set_found_type(std::move(found));
    return run(&library_entity::finish_upload, q);
  }
};

errc code(const library_entity::outcome& out) {
  if (auto* e = std::get_if<error>(&out)) return e->code;
  return std::get<decision>(out).refusal.value_or(make_error(errc::internal)).code;
}

errc judged(std::string_view declared, std::string_view found, std::string_view purpose = "") {
  const auto r = judge_content(declared, found, purpose);
  return r ? errc{0} : r.error().code;
}

media_row picture() {
  media_row m;
  m.media_id = id(9);
  m.account = id(1);
  m.kind = "image";
  m.content_type = "image/jpeg";
  m.size = 100;
  m.blob = std::string(64, 'b');
  return m;
}

}  // namespace

TEST_CASE("an upload that is too large or goes beyond the quota is refused, with the figures") {
  library l;
  CHECK(code(l.open(601)) == errc::payload_too_large);
  CHECK(code(l.open(401, true)) == errc::payload_too_large);
  l.opened(600);
  const auto out = l.open(401);
  CHECK(code(out) == errc::quota_exceeded);
  CHECK(std::get<error>(out).detail.find("0 of 1000 bytes are used") == 0);
  l.opened(400);
  l.opened(0);
  CHECK(code(l.open(0)) == errc::conflict);
}

TEST_CASE("one writer at a time, at the offset that is on disk, within the length") {
  library l;
  const auto upload = l.opened(100);
  CHECK(code(l.grant(upload, 7)) == errc::conflict);
  CHECK(code(l.grant(upload, 0, 101)) == errc::payload_too_large);
  const auto first = l.granted(upload, 0);
  CHECK(code(l.grant(upload, 0)) == errc::locked);
  CHECK(code(l.report(upload, "another", 10, true)) == errc::not_found);
  CHECK(std::get<decision>(l.report(upload, first, 40, false)).statements.size() == 1);
  CHECK(code(l.grant(upload, 40)) == errc::locked);
  l.report(upload, first, 60, true);
  CHECK_FALSE(l.granted(upload, 60).empty());
}

TEST_CASE("an upload whose time is over is expired, also for its writer's successor") {
  library l;
  const auto upload = l.opened(100);
  l.now += 60'000;
  CHECK(code(l.grant(upload, 0)) == errc::expired);
  transfer::StateRequest q;
  q.set_upload_id(upload);
  CHECK(code(l.run(&library_entity::upload_state, q)) == errc::expired);
}

TEST_CASE(
    "a finished upload becomes a medium that counts, is told to the works and looked at later") {
  library l;
  const auto upload = l.opened(100);
  const auto grant = l.granted(upload, 0);
  const auto out = l.finish(upload, grant, 100, "image/png");
  const auto& d = std::get<decision>(out);
  CHECK(l.state.used == 100);
  CHECK(l.state.uploads.empty());
  CHECK(d.pushes.empty());
  REQUIRE(d.reminders.size() == 2);
  CHECK(d.reminders[0].cancel);
  CHECK(d.reminders[1].name.starts_with("look:"));
  CHECK_FALSE(dynamic_cast<const transfer::Upload&>(*d.reply).media_id().empty());
}

TEST_CASE("a file needs no worker: it is ready at once, and its owner's sockets are told") {
  library l;
  const auto upload = l.opened(10);
  const auto out = l.finish(upload, l.granted(upload, 0), 10, "application/pdf");
  CHECK(std::get<decision>(out).pushes.size() == 1);
}

TEST_CASE("content that may not stay ends its upload, and its bytes are released") {
  library l;
  const auto upload = l.opened(10);
  const auto out = l.finish(upload, l.granted(upload, 0), 10, "application/x-dosexec");
  CHECK(code(out) == errc::unsupported_media_type);
  CHECK(std::get<decision>(out).events.size() == 1);
  CHECK(l.state.uploads.empty());
  CHECK(l.state.used == 0);
}

TEST_CASE("a concatenation takes finished parts of the account only, and the parts leave with it") {
  library l;
  const auto a = l.opened(10, true), b = l.opened(20, true);
  transfer::OpenRequest q;
  q.add_parts(a);
  q.add_parts(b);
  CHECK(code(l.run(&library_entity::open_upload, q)) == errc::invalid_request);
  l.report(a, l.granted(a, 0), 10, true);
  l.report(b, l.granted(b, 0), 20, true);
  const auto out = l.run(&library_entity::open_upload, q);
  const auto whole = dynamic_cast<const transfer::Upload&>(*std::get<decision>(out).reply);
  CHECK(whole.length() == 30);
  CHECK(code(l.grant(whole.upload_id(), 0)) == errc::forbidden);
  l.finish(whole.upload_id(), "", 30, "text/plain");
  CHECK(l.state.uploads.empty());
}

TEST_CASE("declared and real type must agree where the bytes are certain") {
  CHECK(judged("image/png", "image/png") == errc{0});
  CHECK(judged("image/jpg", "image/jpeg") == errc{0});
  CHECK(judged("image/png", "image/jpeg") == errc::unsupported_media_type);
  CHECK(judged("image/png", "text/plain") == errc::unsupported_media_type);
  CHECK(judged("text/plain", "text/html") == errc::unsupported_media_type);
  CHECK(judged("text/html", "text/html") == errc{0});
  CHECK(judged("text/plain", "image/png") == errc::unsupported_media_type);
  CHECK(judged("text/csv", "text/plain") == errc{0});
  CHECK(judged("application/vnd.openxmlformats-officedocument.wordprocessingml.document",
               "application/zip") == errc{0});
  CHECK(judged("", "application/pdf") == errc{0});
  CHECK(judged("application/pdf", "application/x-executable") == errc::unsupported_media_type);
  CHECK(judged("", "text/plain", "avatar") == errc::unsupported_media_type);
  CHECK(judge_content("", "image/webp", "avatar").value().kind == "image");
  CHECK(judge_content("image/svg+xml", "image/svg+xml", "").value().kind == "file");
  CHECK(is_active_type("image/svg+xml"));
  CHECK_FALSE(is_active_type("image/png"));
}

TEST_CASE(
    "a picture that is not ready is read by its owner only, and its address is signed for its "
    "owner only") {
  const url_signer signer(std::string(32, 'k'));
  auto m = picture();
  CHECK(readable(m, {}, "", false).error().code == errc::not_found);
  CHECK(readable(m, {}, "", true).value().blob() == m.blob);
  CHECK(media_message(m, {}, {false, 0}, signer, 10).url() ==
        "/v1/media/" + to_string(m.media_id) + "/content");
  CHECK(media_message(m, {}, {true, 0}, signer, 10).url().find("&sig=") != std::string::npos);
  m.state = media_state::ready;
  m.shown_blob = std::string(64, 'c');
  m.shown_size = 90;
  CHECK(readable(m, {}, "", false).value().blob() == *m.shown_blob);
  CHECK(media_message(m, {}, {false, 0}, signer, 10).size() == 90);
}

TEST_CASE("a signed address is good for its path and until its end, which is equal for a while") {
  const url_signer signer(std::string(32, 'k')), other(std::string(32, 'x'));
  const auto url = signer.sign("/a", 1'000'000, 80);
  CHECK(url == signer.sign("/a", 1'000'001, 80));
  const auto until = url.substr(url.find("until=") + 6, url.find('&') - url.find("until=") - 6);
  const auto sig = url.substr(url.find("sig=") + 4);
  CHECK(signer.good("/a", until, sig, 1'000'000));
  CHECK_FALSE(signer.good("/b", until, sig, 1'000'000));
  CHECK_FALSE(other.good("/a", until, sig, 1'000'000));
  CHECK_FALSE(signer.good("/a", std::to_string(std::stoll(until) + 1), sig, 1'000'000));
  CHECK_FALSE(signer.good("/a", until, sig, std::stoll(until) * 1000));
}

TEST_CASE("variants are read behind their medium: one that is ready is never shown without them") {
  library l;
  const runtime::context c{"key", l.caller, l.now, l.random, "request", "", 0, &l.services};
  const auto asked = [&](const showcase_entity::outcome& out) {
    std::vector<std::string> names;
    for (const auto& item : std::get<runtime::need>(out).items)
      names.emplace_back(std::get<storage::statement>(item).query->name);
    return names;
  };
  MediaRequest one;
  one.set_media_id(to_string(id(1)));
  CHECK(asked(showcase_entity::get_media({}, one, c, l.none)) ==
        std::vector<std::string>{"media.media", "media.references"});
  transfer::ReadRequest bytes;
  bytes.set_media_id(to_string(id(1)));
  bytes.set_variant("320");
  CHECK(asked(showcase_entity::read_media({}, bytes, c, l.none)) ==
        std::vector<std::string>{"media.media", "media.references"});
  views::MediaRequest page;
  auto& item = *page.add_items();
  item.set_media_id(to_string(id(1)));
  item.set_owner_id(to_string(id(2)));
  CHECK(asked(showcase_entity::show_media({}, page, c, l.none)) ==
        std::vector<std::string>{"media.media_of_owners"});
}

TEST_CASE("the name of what is shown ends as its container does, and a waveform has its numbers") {
  media_row row;
  row.media_id = id(7);
  row.kind = "video";
  row.state = media_state::ready;
  row.file_name = "Holiday.WebM";
  row.content_type = "video/webm";
  CHECK(readable(row, {}, "", false).value().file_name() == "Holiday.WebM");
  row.shown_blob = std::string(64, 'a');
  row.content_type = "video/mp4";
  CHECK(readable(row, {}, "", false).value().file_name() == "Holiday.mp4");
  for (const auto* stays : {"clip.MOV", "clip", ".webm", ""}) {
    row.file_name = stays;
    CHECK(readable(row, {}, "", false).value().file_name() == stays);
  }
  row.waveform = "00ff80";
  const auto shown =
      media_message(row, {}, {true, 0}, url_signer(std::string(32, 'k')), 60).waveform();
  REQUIRE(shown.peaks_size() == 3);
  CHECK(shown.peaks(0) == 0);
  CHECK(shown.peaks(1) == 255);
  CHECK(shown.peaks(2) == 128);
}

TEST_CASE("a medium has one file in an archive, wherever its name points") {
  media_row row;
  row.media_id = id(7);
  CHECK(exported_name(row) == "files/" + to_string(id(7)));
  row.file_name = "../../etc\\a:b\n.txt";
  CHECK(exported_name(row) == "files/" + to_string(id(7)) + "-.._.._etc_a_b_.txt");
  row.file_name = std::string(199, 'a') + "\xc3\xa9.jpg";
  CHECK(exported_name(row) == "files/" + to_string(id(7)) + '-' + std::string(199, 'a'));
}
