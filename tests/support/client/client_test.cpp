// The client against a small server of its own: answers in order, window, loss, resume, close codes, refused upgrades.
#include "tests/support/client/session.hpp"

#include "tests/support/client/json_text.hpp"

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <future>
#include <thread>

using namespace nova::client;
namespace net = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using tcp = net::ip::tcp;

namespace {

/// Serves one connection after the other: "echo" answers its params, "push" pushes first, "drop" cuts, "kick" closes 4409.
class small_server {
 public:
  explicit small_server(int connections)
      : thread_([this, connections] {
          for (int i = 0; i < connections; ++i) serve();
        }) {}
  ~small_server() { thread_.join(); }
  endpoint at() const { return {acceptor_.local_endpoint().port()}; }
  std::vector<std::string> opens;  ///< session.open frames; read it when the server has ended

 private:
  void serve() {
    tcp::socket socket(context_);
    acceptor_.accept(socket);
    beast::flat_buffer buffer;
    beast::http::request<beast::http::string_body> request;
    beast::http::read(socket, buffer, request);
    if (request["authorization"] == "Bearer refused") {
      beast::http::response<beast::http::string_body> no(beast::http::status::unauthorized, 11);
      no.prepare_payload();
      beast::http::write(socket, no);
      return;
    }
    websocket::stream<tcp::socket> ws(std::move(socket));
    ws.accept(request);
    beast::error_code ec;
    while (!ec) {
      buffer.clear();
      ws.read(buffer, ec);
      if (!ec) answer(ws, beast::buffers_to_string(buffer.data()), ec);
    }
  }

  void answer(websocket::stream<tcp::socket>& ws, const std::string& text, beast::error_code& ec) {
    const auto view = read_frame(text);
    const auto id = std::to_string(view.id);
    std::string result = std::string(view.body);
    if (view.method == "session.open") {
      opens.push_back(text);
      result = R"({"session_id":"s","connection_id":"c","resume_token":"r","resumed":false})";
    } else if (view.method == "push") {
      ws.write(net::buffer(std::string(R"({"jsonrpc":"2.0","method":"m","params":{"n":1}})")), ec);
    } else if (view.method == "drop") {
      ws.next_layer().close();
      ec = net::error::eof;
      return;
    } else if (view.method == "kick") {
      ws.close({static_cast<websocket::close_code>(4409), "replaced"}, ec);
      ec = websocket::error::closed;
      return;
    }
    ws.write(net::buffer(R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":)" + result + "}"), ec);
  }

  net::io_context context_;
  tcp::acceptor acceptor_{context_, {net::ip::make_address("127.0.0.1"), 0}};
  std::thread thread_;
};

}  // namespace

TEST_CASE("calls are answered in order, also beyond the window, and pushes are handed over") {
  small_server server(1);
  io_thread io;
  std::promise<void> all, closed;
  std::string seen, pushed;
  int close_code = 0;
  auto s = session::make(io, {.to = server.at(), .access_token = "t", .window = 2},
                         {.pushed = [&](std::string_view f) { pushed = f; },
                          .closed =
                              [&](int code, int, std::string_view) {
                                close_code = code;
                                closed.set_value();
                              }});
  io.run([&] {
    for (int i = 0; i < 10; ++i)
      s->call("echo", std::to_string(i), [&](const call_reply& r) { seen += r.body; });
    s->call("push", "{}", [&](const call_reply&) { all.set_value(); });
  });
  s->start();
  all.get_future().get();
  CHECK(seen == "0123456789");
  CHECK(read_frame(pushed).body == R"({"n":1})");
  s->stop(1000);
  closed.get_future().get();
  CHECK(close_code == 1000);
}

TEST_CASE(
    "after a loss the session resumes with what it has seen; an unanswered call is reported lost") {
  io_thread io;
  std::promise<void> again;
  std::vector<std::string> opens;
  {
    small_server server(2);
    int lost = 0, opened = 0;
    auto s = session::make(
        io, {.to = server.at(), .access_token = "t", .echo = false, .reconnect = true},
        {.opened =
             [&](std::string_view) {
               if (++opened == 2) again.set_value();
             },
         .seen = [] { return std::string(R"({"c":{"seq":4}})"); }});
    io.run([&] { s->call("drop", "{}", [&](const call_reply& r) { lost += r.lost; }); });
    s->start();
    again.get_future().get();
    CHECK(lost == 1);
    std::promise<void> kicked;
    io.run([&] { s->call("kick", "{}", [&](const call_reply& r) { kicked.set_value(); }); });
    kicked.get_future().get();
    io.run([&] { opens = server.opens; });
  }
  REQUIRE(opens.size() == 2);
  CHECK(
      opens[0] ==
      R"({"jsonrpc":"2.0","id":1,"method":"session.open","params":{"echo":false,"access_token":"t"}})");
  CHECK(opens[1].find(R"("resume":{"token":"r","seen":{"c":{"seq":4}}})") != std::string::npos);
}

TEST_CASE("a refused upgrade tells its status") {
  small_server server(1);
  io_thread io;
  std::promise<int> status;
  auto s =
      session::make(io, {.to = server.at(), .access_token = "refused", .bearer_header = true},
                    {.closed = [&](int, int http, std::string_view) { status.set_value(http); }});
  s->start();
  CHECK(status.get_future().get() == 401);
}
