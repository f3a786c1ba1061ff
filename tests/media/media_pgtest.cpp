// media on a real runtime and a real PostgreSQL, beside the domains whose events it takes.
#include "actors/media/media_descriptor.hpp"
#include "protocols/media/media.nova.hpp"
#include "protocols/media/media.pb.h"
#include "protocols/transfer/transfer.pb.h"
#include "storage/media/media_queries.hpp"
#include "tests/support/domain_node.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::media;

namespace {

struct world : test::domain_node {
  world() : domain_node({test::part_of(media::descriptor())}) {}
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
