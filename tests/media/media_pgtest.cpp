// media on a real runtime and a real PostgreSQL, beside the domains whose events it takes.
#include "actors/content/content_descriptor.hpp"
#include "actors/media/media_descriptor.hpp"
#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/media/media.nova.hpp"
#include "protocols/media/media.pb.h"
#include "protocols/transfer/transfer.pb.h"
#include "storage/media/media_queries.hpp"
#include "storage/postgres/conninfo.hpp"
#include "tests/support/domain_node.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::media;

namespace {

struct world : test::domain_node {
  world()
      : domain_node({test::part_of(media::descriptor()), test::part_of(content::descriptor())}) {}

  /// A file of the caller, ready at once; a picture waits for a worker.
  std::string medium(const rpc::caller& as, const std::string& type = "text/plain") {
    transfer::OpenRequest open;
    open.set_length(5);
    const auto upload = call<media_interface::open_upload>(open, as).value();
    transfer::FinishRequest finish;
    finish.set_upload_id(upload.upload_id());
    finish.set_blob(std::string(64, 'a'));
    finish.set_size(5);
    finish.set_found_type(type);
    return call<media_interface::finish_upload>(finish, as).value().media_id();
  }
  /// A worker's answer: one variant, of this blob; empty: the picture cannot be read.
  void make(const std::string& id, const std::string& blob, const rpc::caller& as) {
    ProcessedRequest q;
    q.set_account_id(to_string(as.account));
    q.set_media_id(id);
    q.set_failed(blob.empty());
    if (!blob.empty()) {
      auto& v = *q.add_variants();
      v.set_name("320");
      v.set_blob(blob);
      v.set_content_type("image/webp");
      v.set_width(4);
      v.set_height(3);
      v.set_size(2);
    }
    REQUIRE(call<media_interface::note_processed>(q, as).has_value());
  }
  /// As it is in a database of an earlier Nova.
  void forget_making() {
    auto db = storage::blocking_connection::open(owner_conninfo("media"));
    REQUIRE((db && db->script("UPDATE media SET making = 0 WHERE state = 1")));
  }
  std::vector<std::string> waiting(const rpc::caller& as) {
    WaitingRequest q;
    q.set_limit(100);
    q.set_older_than_ms(-1'000);
    std::vector<std::string> out;
    const auto reply = call<media_interface::list_waiting>(q, as).value();
    for (const auto& w : reply.items()) out.push_back(w.media_id());
    return out;
  }
  bool is_named(const std::string& blob, const rpc::caller& as) {
    UnnamedRequest q;
    q.add_blobs(blob);
    return call<media_interface::list_unnamed>(q, as).value().blobs().empty();
  }
  bool is_there(const std::string& id, const rpc::caller& as) {
    MediaRequest q;
    q.set_media_id(id);
    return call<media_interface::get_media>(q, as).has_value();
  }
  std::int64_t count(const char* sql, const std::string& name) {
    const storage::query q{.name = "media_pgtest.count", .sql = sql};
    return read("media", {&q, {name, storage::timestamp{now()}}}).int8(0, 0);
  }
  std::int64_t places(const std::string& id) {
    return count("SELECT count(*) FROM reference WHERE media_id::text = $1 AND $2 IS NOT NULL", id);
  }
  /// Lets the grace of unused media pass; returns when each of these was looked at.
  void pass_grace(const std::vector<std::string>& looked_at) {
    pass(config::media_settings().unused_grace_s * 1000LL + 1);
    restart();  // looks at the wall clock anew
    for (const auto& id : looked_at)
      REQUIRE(until([&] {
        return count("SELECT count(*) FROM reminder WHERE name = 'look:' || $1 AND due <= $2",
                     id) == 0;
      }));
  }
};

uuid id(std::uint8_t n) {
  uuid out{};
  out.data[15] = n;
  return out;
}

}  // namespace

TEST_CASE("PostgreSQL accepts every query") {
  world w;
  CHECK(test::unpreparable(w.conninfo("media"), queries::all()) == std::vector<std::string>());
}

TEST_CASE("offsets and media outlive a restart; what nothing names can be removed") {
  world w;
  auto ada = test::caller_of(id(1), id(2), 1);
  ada.kind = rpc::caller_kind::node;
  transfer::OpenRequest open;
  open.set_length(5);
  const auto upload = w.call<media_interface::open_upload>(open, ada).value();
  transfer::GrantRequest want;
  want.set_upload_id(upload.upload_id());
  want.set_length(-1);
  const auto grant = w.call<media_interface::grant_writing>(want, ada).value();
  transfer::ReportRequest report;
  report.set_upload_id(upload.upload_id());
  report.set_grant_id(grant.grant_id());
  report.set_offset(3);
  CHECK(w.call<media_interface::report_written>(report, ada).value().offset() == 3);
  w.restart();

  transfer::StateRequest state;
  state.set_upload_id(upload.upload_id());
  CHECK(w.call<media_interface::upload_state>(state, ada).value().offset() == 3);
  transfer::FinishRequest finish;
  finish.set_upload_id(upload.upload_id());
  finish.set_blob(std::string(64, 'a'));
  finish.set_size(5);
  finish.set_found_type("text/plain");
  const auto media_id = w.call<media_interface::finish_upload>(finish, ada).value().media_id();
  CHECK(w.call<media_interface::upload_state>(state, ada).value().media_id() == media_id);

  UnnamedRequest names;
  names.add_blobs(std::string(64, 'a'));
  names.add_blobs(std::string(64, 'b'));
  names.add_parts(upload.upload_id());
  const auto unnamed = w.call<media_interface::list_unnamed>(names, ada).value();
  REQUIRE(unnamed.blobs_size() == 1);
  CHECK(unnamed.blobs(0) == std::string(64, 'b'));
  CHECK(unnamed.parts_size() == 1);

  MediaRequest medium;
  medium.set_media_id(media_id);
  const auto ben = test::caller_of(id(3), id(4), 2);
  CHECK(w.call<media_interface::get_media>(medium, ben).error().code == errc::not_found);
  CHECK(w.call<media_interface::get_media>(medium, ada).value().content_type() == "text/plain");
  CHECK(w.call<media_interface::get_usage>(UsageRequest(), ada).value().used() == 5);
  CHECK(w.call<media_interface::delete_media>(medium, ada).has_value());
  CHECK(w.call<media_interface::get_media>(medium, ada).error().code == errc::not_found);
  CHECK(w.call<media_interface::get_usage>(UsageRequest(), ada).value().used() == 0);
}

TEST_CASE("variants of an earlier making are made anew, once, when nothing else waits") {
  world w;
  auto ada = test::caller_of(id(1), id(2), 1);
  ada.kind = rpc::caller_kind::node;
  const std::string before(64, 'c'), after(64, 'd');
  const auto old = w.medium(ada, "image/jpeg");
  (void)w.medium(ada);  // a file has no variants
  w.make(old, before, ada);
  CHECK(w.waiting(ada).empty());
  w.forget_making();
  CHECK(w.waiting(ada) == std::vector{old});
  const auto fresh = w.medium(ada, "image/jpeg");
  CHECK(w.waiting(ada) == std::vector{fresh});
  w.make(fresh, std::string(64, 'e'), ada);
  CHECK(w.waiting(ada) == std::vector{old});

  w.make(old, after, ada);
  CHECK(w.waiting(ada).empty());
  CHECK_FALSE(w.is_named(before, ada));
  CHECK(w.is_named(after, ada));
  w.make(old, before, ada);  // a second worker is late
  CHECK_FALSE(w.is_named(before, ada));
  CHECK(
      w.count("SELECT count(*) FROM outbox WHERE type = 10002 AND position(convert_to($1, 'UTF8') "
              "IN payload) > 0 AND $2 IS NOT NULL",
              before) == 1);

  // The variants show more than they should: rather none.
  w.forget_making();
  w.make(old, "", ada);
  CHECK_FALSE(w.is_named(after, ada));
  MediaRequest q;
  q.set_media_id(old);
  CHECK(w.call<media_interface::get_media>(q, ada).value().state() == "ready");
}

TEST_CASE("a medium of a scheduled post or of a draft is kept till then; an unused one is not") {
  using content_api = content::content_interface;
  world w;
  auto ada = test::caller_of(id(1), id(2), 1);
  ada.kind = rpc::caller_kind::node;
  const auto unused = w.medium(ada), later = w.medium(ada), cancelled = w.medium(ada),
             drafted = w.medium(ada), changed = w.medium(ada);
  content::CreatePostRequest post;
  post.set_scheduled_at(w.now() + 3LL * config::media_settings().unused_grace_s * 1000);
  post.add_media_ids(later);
  const auto kept = w.call<content_api::create_post>(post, ada).value();
  post.set_media_ids(0, cancelled);
  const auto dropped = w.call<content_api::create_post>(post, ada).value();
  content::DraftRequest draft;
  draft.add_media_ids(drafted);
  draft.add_media_ids(changed);
  content::UpdateDraftRequest change;
  change.set_draft_id(w.call<content_api::create_draft>(draft, ada).value().draft_id());
  CHECK(w.until([&] {
    return w.places(later) + w.places(cancelled) + w.places(drafted) + w.places(changed) == 4;
  }));
  for (int look = 0; look < 2; ++look) w.pass_grace({unused, later, cancelled, drafted, changed});
  CHECK_FALSE(w.is_there(unused, ada));
  for (const auto& id : {later, cancelled, drafted, changed}) CHECK(w.is_there(id, ada));
  MediaRequest medium;
  medium.set_media_id(later);
  CHECK(w.call<media_interface::delete_media>(medium, ada).error().code == errc::conflict);
  const auto ben = test::caller_of(id(3), id(4), 2);
  CHECK_FALSE(w.is_there(drafted, ben));

  content::CancelScheduledRequest cancel;
  cancel.set_scheduled_id(dropped.scheduled_id());
  change.add_media_ids(drafted);
  CHECK(w.until([&] {
    (void)w.call<content_api::cancel_scheduled>(cancel, ada);
    (void)w.call<content_api::update_draft>(change, ada);
    return w.places(cancelled) + w.places(changed) == 0;
  }));
  content::DeleteDraftRequest gone;
  gone.set_draft_id(change.draft_id());
  CHECK(w.until([&] {
    (void)w.call<content_api::delete_draft>(gone, ada);
    return w.places(drafted) == 0;
  }));
  for (int look = 0; look < 2; ++look) w.pass_grace({later, cancelled, drafted, changed});
  for (const auto& id : {cancelled, drafted, changed}) CHECK_FALSE(w.is_there(id, ada));
  CHECK(w.is_there(later, ada));
  content::PostRequest published;
  published.set_post_id(kept.scheduled_id());
  CHECK(w.until([&] { return w.call<content_api::get_post>(published, ada).has_value(); }));
}
