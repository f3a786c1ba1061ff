// streaming on a real runtime and a real PostgreSQL, beside auth, user and messaging: its queries, and the end of an account.
#include "actors/auth/auth_descriptor.hpp"
#include "actors/messaging/messaging_descriptor.hpp"
#include "actors/streaming/streaming_descriptor.hpp"
#include "actors/user/user_descriptor.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/streaming/streaming.nova.hpp"
#include "protocols/streaming/streaming.pb.h"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "storage/messaging/chat_queries.hpp"
#include "storage/streaming/streaming_queries.hpp"
#include "tests/support/domain_node.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::streaming;
using api = streaming_interface;

namespace {

config::auth_settings cheap_passwords() {
  config::auth_settings s;
  s.password_opslimit = 1;
  s.password_memory_kib = 8;
  s.deletion_grace_s = 1;
  return s;
}

rpc::caller node() {
  rpc::caller c;
  c.kind = rpc::caller_kind::node;
  return c;
}

struct world : test::domain_node {
  world()
      : domain_node({test::part_of(auth::descriptor(), cheap_passwords()),
                     test::part_of(user::descriptor()), test::part_of(messaging::descriptor()),
                     test::part_of(streaming::descriptor())}) {}

  rpc::caller person(const std::string& handle) {
    auth::RegisterRequest q;
    q.set_email(handle + "@example.org");
    q.set_handle(handle);
    q.set_password("correct horse battery staple");
    const auto tokens = call<auth::auth_interface::register_>(q).value();
    return test::caller_of(*parse_uuid(tokens.account_id()), *parse_uuid(tokens.session_id()));
  }
  Stream create(const rpc::caller& as) {
    CreateStreamRequest q;
    q.set_title("Tea");
    q.set_visibility("public");
    return call<api::create_stream>(q, as).value();
  }
  result<live::PublishReply> publish(const Stream& s, const std::string& file, std::string blob,
                                     std::string playlist = {}) {
    live::PublishRequest q;
    q.set_stream_id(s.stream_id());
    q.set_key(s.ingest().key());
    q.set_file(file);
    q.set_publisher("test");
    q.set_blob(std::move(blob));
    q.set_size(10);
    q.set_playlist(std::move(playlist));
    return call<api::publish>(q, node());
  }
  live::Window window(const Stream& s) {
    live::PlayRequest q;
    q.set_stream_id(s.stream_id());
    q.set_is_signed(true);
    return call<api::play>(q, node()).value();
  }
};

std::string playlist_of(int first, int last) {
  std::string out = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:" + std::to_string(first) + '\n';
  for (int n = first; n <= last; ++n) out += "#EXTINF:1,\ns" + std::to_string(n) + ".ts\n";
  return out;
}

}  // namespace

TEST_CASE_FIXTURE(world, "PostgreSQL accepts every query") {
  CHECK(test::unpreparable(conninfo("streaming"), queries::all()) == std::vector<std::string>());
  CHECK(test::unpreparable(conninfo("messaging"), messaging::queries::all_chat()) ==
        std::vector<std::string>());
}

TEST_CASE_FIXTURE(world, "the window slides, and only its segments are named") {
  const auto ann = person("ann");
  const auto s = create(ann);
  for (int n = 0; n < 20; ++n) {
    REQUIRE(publish(s, "s" + std::to_string(n) + ".ts", "blob" + std::to_string(n)).has_value());
    REQUIRE(publish(s, "index.m3u8", {}, playlist_of(std::max(0, n - 4), n)).has_value());
  }
  const auto window_now = window(s);
  CHECK(window_now.segments_size() == config::streaming_settings().window_segments);
  CHECK(window_now.segments(window_now.segments_size() - 1).number() == 19);
  live::UnnamedRequest q;
  for (const char* blob : {"blob0", "blob7", "blob8", "blob19", "never"}) q.add_blobs(blob);
  const auto unnamed = call<api::list_unnamed>(q, node()).value();
  CHECK(std::vector<std::string>(unnamed.blobs().begin(), unnamed.blobs().end()) ==
        std::vector<std::string>{"blob0", "blob7", "never"});
  restart();
  CHECK(window(s).segments_size() == window_now.segments_size());
}

TEST_CASE_FIXTURE(world,
                  "the end of an account: its streams are away at once, then all of it is erased") {
  const auto ann = person("ann"), bob = person("bob");
  const auto s = create(ann), bobs = create(bob);
  for (const auto* stream : {&s, &bobs}) {
    const auto blob = "blob of " + stream->stream_id();
    REQUIRE(publish(*stream, "s0.ts", blob).has_value());
    REQUIRE(publish(*stream, "s1.ts", blob + " that waits").has_value());
    REQUIRE(publish(*stream, "index.m3u8", {}, playlist_of(0, 0)).has_value());
  }
  user::PersonRequest followed;
  followed.set_account_id(to_string(bob.account));
  REQUIRE(call<user::user_interface::follow>(followed, ann).has_value());
  static const storage::query rows_of{
      .name = "streaming_pgtest.rows",
      .sql =
          "SELECT (SELECT count(*) FROM stream WHERE owner_id = $1) + (SELECT count(*) FROM upload "
          "JOIN stream USING (stream_id) WHERE owner_id = $1) + (SELECT count(*) FROM segment JOIN "
          "stream USING (stream_id) WHERE owner_id = $1) + (SELECT count(*) FROM follow WHERE "
          "account_id = $1 OR followed_id = $1) + (SELECT count(*) FROM person WHERE account_id = "
          "$1) + (SELECT count(*) FROM erased_account WHERE account_id = $1)"};
  const auto rows = [&](const rpc::caller& of) {
    return read("streaming", {&rows_of, {of.account}}).int8(0, 0);
  };
  REQUIRE(until([&] { return rows(ann) >= 4; }));
  const auto sees = [&](const Stream& x) {
    StreamRequest q;
    q.set_stream_id(x.stream_id());
    return call<api::get_stream>(q, bob).has_value();
  };
  REQUIRE(sees(s));

  auth::DeleteAccountRequest q;
  q.set_password("correct horse battery staple");
  REQUIRE(call<auth::auth_interface::delete_account>(q, ann).has_value());
  CHECK(until([&] { return !sees(s); }));
  CHECK(rows(ann) >= 4);  // till the grace is over
  pass(2'000);
  CHECK(until([&] { return rows(ann) == 0; }));
  live::UnnamedRequest left;
  for (const auto* stream : {&s, &bobs})
    for (const char* more : {"", " that waits"})
      left.add_blobs("blob of " + stream->stream_id() + more);
  const auto unnamed = call<api::list_unnamed>(left, node()).value();
  CHECK(std::vector<std::string>(unnamed.blobs().begin(), unnamed.blobs().end()) ==
        std::vector<std::string>{left.blobs(0), left.blobs(1)});
  CHECK(publish(s, "s2.ts", "late").has_error());
  CHECK(sees(bobs));
}
