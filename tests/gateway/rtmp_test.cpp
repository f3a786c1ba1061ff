// RTMP without nginx: keys, who publishes, what an answer tells, what nginx is told.
#include "gateway/transfer/rtmp_callback.hpp"
#include "gateway/transfer/rtmp_server.hpp"
#include "gateway/views/ingest_address.hpp"
#include "protocols/live/live.pb.h"
#include "protocols/streaming/streaming.pb.h"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::gateway;

TEST_CASE("the stream of a key is the id before its dot") {
  const std::string digits = "01a22912177f7b9b8ef703fef15e2a55";
  CHECK(stream_of_key(digits + ".secret") == "01a22912-177f-7b9b-8ef7-03fef15e2a55");
  for (const auto& bad : {std::string(), std::string("."), digits, digits + "5.secret",
                          "0" + digits.substr(2) + ".secret", "G" + digits.substr(1) + ".secret"})
    CHECK(!stream_of_key(bad).has_value());
}

TEST_CASE("one encoder publishes with a key, and only its own end makes room") {
  rtmp_publishers all;
  REQUIRE(all.enter("one", {"stream", "key", "rtmp 10.0.0.1", "7"}));
  CHECK(!all.enter("two", {"stream", "key", "rtmp 10.0.0.1", "8"}));
  CHECK(all.find("one")->stream_id == "stream");
  CHECK(!all.find("two").has_value());
  all.leave("key", "8");  // of the one that was refused
  CHECK(all.find_key("key")->client == "7");
  all.leave("key", "7");
  CHECK(!all.find_key("key").has_value());
  CHECK(all.enter("two", {"stream", "key", "rtmp 10.0.0.1", "8"}));
  all.clear();
  CHECK(!all.find("two").has_value());
}

TEST_CASE("an encoder is told this gateway's RTMP server, if none is named") {
  const auto told = [](std::string_view origin, std::uint16_t port, const char* own) {
    auto reply = std::make_shared<streaming::NewKey>();
    reply->mutable_ingest()->set_key("k");
    reply->mutable_ingest()->set_hls_put_url("/v1/ingest/s/k");
    reply->mutable_ingest()->set_rtmp_url(own);
    return std::static_pointer_cast<const streaming::NewKey>(
               with_ingest_address(reply, origin, port))
        ->ingest();
  };
  CHECK(told("http://nova.example:8080", 1935, "").rtmp_url() == "rtmp://nova.example:1935/live");
  CHECK(told("https://nova.example", 1936, "").rtmp_url() == "rtmp://nova.example:1936/live");
  CHECK(told("http://[::1]:8080", 1935, "").rtmp_url() == "rtmp://[::1]:1935/live");
  CHECK(told("http://[::1]", 1935, "").rtmp_url() == "rtmp://[::1]:1935/live");
  CHECK(told("http://nova.example", 1935, "rtmp://other/live").rtmp_url() == "rtmp://other/live");
  CHECK(told("http://nova.example", 0, "").rtmp_url().empty());
  CHECK(told("http://nova.example", 0, "").hls_put_url() == "http://nova.example/v1/ingest/s/k");
}

TEST_CASE("nginx is told no key, and lets only this machine play") {
  const auto text = rtmp_configuration({"::", 1935, 4711, 400, "/usr/bin/ffmpeg"});
  CHECK(text.find("listen [::]:1935;") != text.npos);
  CHECK(text.find("on_publish http://127.0.0.1:4711/v1/ingest/rtmp;") != text.npos);
  CHECK(text.find("http://127.0.0.1:4711/v1/ingest/rtmp/$name/index.m3u8") != text.npos);
  CHECK(text.find("allow play 127.0.0.1;\n      deny play all;") != text.npos);
  CHECK(text.find("max_connections 400;") != text.npos);
}
