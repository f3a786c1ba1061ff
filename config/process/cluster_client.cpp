#include "config/process/cluster_client.hpp"

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>

namespace nova::config {

namespace net = boost::asio;
namespace http = boost::beast::http;
namespace json = boost::json;

namespace {

constexpr std::chrono::seconds patience{5};

error no_answer(const std::string& at, const std::string& why) {
  return make_error(errc::unavailable, at + " does not answer: " + why);
}

std::string text(const json::object& o, std::string_view name) {
  const auto* x = o.if_contains(name);
  return x != nullptr && x->is_string() ? std::string(x->get_string()) : std::string();
}

bool flag(const json::object& o, std::string_view name) {
  const auto* x = o.if_contains(name);
  return x != nullptr && x->is_bool() && x->get_bool();
}

std::int64_t number(const json::object& o, std::string_view name) {
  const auto* x = o.if_contains(name);
  return x != nullptr && x->is_number() ? x->to_number<std::int64_t>() : 0;
}

const json::array& list(const json::object& o, std::string_view name) {
  static const json::array empty;
  const auto* x = o.if_contains(name);
  return x != nullptr && x->is_array() ? x->get_array() : empty;
}

std::string joined(const json::array& words) {
  std::string out;
  for (const auto& w : words)
    out += (out.empty() ? "" : ",") +
           (w.is_string() ? std::string(w.get_string()) : json::serialize(w));
  return out;
}

/// Of a node that has not told it: "-".
std::string load_of(const json::object& member) {
  const auto* x = member.if_contains("load");
  if (x == nullptr || !x->is_object()) return fmt::format("{:>5} {:>5}", '-', '-');
  const auto& load = x->get_object();
  return fmt::format("{:>5} {:>5}", std::to_string(number(load, "processor_percent")) + '%',
                     number(load, "waiting_calls"));
}

std::string members(const json::object& all) {
  std::string out;
  for (const auto& x : list(all, "members")) {
    if (!x.is_object()) continue;
    const auto& m = x.get_object();
    const char* state = flag(m, "self") ? "asked" : flag(m, "linked") ? "linked" : "gone";
    out += fmt::format("{:<16} {:<7} {:<21} {:<21} {:<20} {} {}\n", text(m, "node"),
                       flag(m, "leaving") ? "leaving" : state, text(m, "address"),
                       text(m, "operations"), text(m, "release"), load_of(m),
                       joined(list(m, "roles")));
  }
  return out;
}

std::string owners(const json::object& all) {
  std::string out;
  for (const auto& x : list(all, "domains")) {
    if (!x.is_object()) continue;
    const auto& p = x.get_object();
    const auto node = text(p, "node");
    out += fmt::format("{:<16} {:<16} {}\n",
                       text(p, "domain") + '.' + std::to_string(number(p, "part")),
                       node.empty() ? "-" : node, joined(list(p, "shards")));
  }
  return out;
}

}  // namespace

result<std::string> ask_cluster(const std::string& at, const std::string& order) {
  const auto colon = at.rfind(':');
  if (colon == at.npos) return make_error(errc::invalid_request, at + " is no address with a port");
  net::io_context io;
  boost::beast::tcp_stream stream(io);
  boost::system::error_code failed;
  std::string body;
  net::ip::tcp::resolver resolver(io);
  const auto found = resolver.resolve(at.substr(0, colon), at.substr(colon + 1), failed);
  if (failed) return no_answer(at, failed.message());
  http::request<http::empty_body> request(order.empty() ? http::verb::get : http::verb::post,
                                          "/cluster" + order, 11);
  if (!order.empty()) request.content_length(0);
  request.set(http::field::host, at);
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> response;
  const auto then = [&](auto next) {
    return [&, next](boost::system::error_code ec, auto&&...) {
      if (ec) failed = ec;
      else next();
    };
  };
  stream.expires_after(patience);
  stream.async_connect(found, then([&] {
                         http::async_write(stream, request, then([&] {
                                             http::async_read(stream, buffer, response, then([&] {
                                                                body = response.body();
                                                              }));
                                           }));
                       }));
  io.run();
  if (failed) return no_answer(at, failed.message());
  if (response.result() != http::status::ok) return no_answer(at, "it belongs to no cluster");
  return body;
}

result<std::string> print_cluster(std::string_view answer, std::string_view topic) {
  boost::system::error_code ec;
  const auto value = json::parse(answer, ec);
  if (ec || !value.is_object())
    return make_error(errc::unavailable, "the answer is no JSON object");
  const auto& all = value.get_object();
  if (all.contains("accepted")) {
    if (flag(all, "accepted")) return std::string("accepted\n");
    return make_error(errc::conflict, text(all, "reason"));
  }
  if (topic == "members") return members(all);
  if (topic == "shards") return owners(all);
  return members(all) + '\n' + owners(all);
}

}  // namespace nova::config
