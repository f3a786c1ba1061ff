#include "gateway/operators_socket.hpp"

#include "config/process/operator_commands.hpp"
#include "gateway/access/admission.hpp"
#include "gateway/codec/problems.hpp"
#include "gateway/codec/requests.hpp"
#include "protocols/core/log.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/object.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_set>

namespace nova::gateway {

namespace net = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using local = net::local::stream_protocol;

namespace {

constexpr unsigned max_json_depth = 8;

/// The path of a file in the folder, short enough for a socket's address.
std::string by_handle(int folder) {
  return "/proc/self/fd/" + std::to_string(folder) + "/" +
         std::string(config::operators_socket_name);
}

std::optional<uid_t> peer_of(local::socket& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return std::nullopt;
  return peer.uid;
}

std::string failure_line(const error& e, std::string_view request_id) {
  std::string out = R"({"error":)";
  append_problem(out, e, request_id);
  return out + "}\n";
}

}  // namespace

struct operators_socket::impl : std::enable_shared_from_this<impl> {
  void accept();
  void close_all();
  void unlink_socket() const { ::unlink(by_handle(folder).c_str()); }

  net::io_context context{1};
  std::optional<local::acceptor> listening;
  rpc::bus* bus = nullptr;
  std::thread runner;
  /// A connection may end with its answer, on any thread.
  std::mutex mutex;
  std::unordered_set<local::socket*> connections;
  std::atomic<bool> stopping{false};
  int folder = -1;
};

namespace {

/// One connection: a call at a time.
template <class Owner>
struct operator_connection : std::enable_shared_from_this<operator_connection<Owner>> {
  operator_connection(std::shared_ptr<Owner> o, local::socket s, uid_t uid)
      : owner(std::move(o)), socket(std::move(s)), user("system user " + std::to_string(uid)) {
    const std::lock_guard hold(owner->mutex);
    owner->connections.insert(&socket);
  }
  ~operator_connection() {
    const std::lock_guard hold(owner->mutex);
    owner->connections.erase(&socket);
  }

  void read() {
    net::async_read_until(socket, net::dynamic_buffer(input, operators_socket::max_line_bytes),
                          '\n', [self = this->shared_from_this()](error_code ec, std::size_t size) {
                            if (!ec) self->take(self->input.substr(0, size), size);
                          });
  }

  void take(const std::string& line, std::size_t size) {
    input.erase(0, size);
    request_id = to_string(make_uuid_v7(system_wall_clock().now(), system_random()));
    const auto given = parse_json(line, max_json_depth);
    const auto* object = given ? given->if_object() : nullptr;
    const auto* name = object ? object->if_contains("method") : nullptr;
    if (name == nullptr || !name->is_string())
      return write(failure_line(
          make_error(errc::invalid_request, "A line is {\"method\", \"params\"}."), request_id));
    const auto* method = rpc::find_rpc(std::string_view(name->get_string()));
    if (method == nullptr || method->caller != rpc::caller_kind::operator_)
      return write(failure_line(
          make_error(errc::not_found, "There is no such method for operators."), request_id));
    auto params = read_json_params(*method, object->if_contains("params"));
    if (!params) return write(failure_line(params.error(), request_id));
    call(*method, *std::move(params));
  }

  void call(const rpc::method& method, rpc::message_ptr params) {
    rpc::caller from;
    from.kind = rpc::caller_kind::node;
    from.address = user;
    auto c = make_call(method, std::move(from), request_id, std::chrono::steady_clock::now());
    c.request = std::move(params);
    c.reply = [self = this->shared_from_this(), &method](rpc::reply_result r) {
      if (self->owner->stopping) return;
      net::post(self->socket.get_executor(), [self, &method, r = std::move(r)] {
        if (!r) return self->write(failure_line(r.error(), self->request_id));
        std::string out = R"({"result":)";
        method.reply->write_json(**r, out);
        self->write(out + "}\n");
      });
    };
    owner->bus->call(std::move(c));
  }

  void write(std::string line) {
    output = std::move(line);
    net::async_write(socket, net::buffer(output),
                     [self = this->shared_from_this()](error_code ec, std::size_t) {
                       if (!ec) self->read();
                     });
  }

  std::shared_ptr<Owner> owner;
  local::socket socket;
  const std::string user;
  std::string input, output, request_id;
};

}  // namespace

void operators_socket::impl::accept() {
  listening->async_accept([self = shared_from_this()](error_code ec, local::socket socket) {
    if (self->stopping) return;
    const auto uid = ec ? std::nullopt : peer_of(socket);
    const auto places = [&] {
      const std::lock_guard hold(self->mutex);
      return max_connections - self->connections.size();
    };
    if (uid && (*uid == ::geteuid() || *uid == 0) && places() > 0)
      std::make_shared<operator_connection<impl>>(self, std::move(socket), *uid)->read();
    self->accept();
  });
}

// Ends all waiting on sockets, so that no handler keeps this object.
void operators_socket::impl::close_all() {
  error_code ignored;
  listening->close(ignored);
  const std::lock_guard hold(mutex);
  for (auto* socket : connections) socket->close(ignored);
}

operators_socket::operators_socket() : impl_(std::make_shared<impl>()) {}

operators_socket::~operators_socket() { stop(); }

result<void> operators_socket::start(const std::filesystem::path& folder, rpc::bus& bus) {
  auto& i = *impl_;
  i.bus = &bus;
  i.folder = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (i.folder < 0) return make_error(errc::unavailable, "the data folder cannot be opened");
  i.unlink_socket();
  error_code ec;
  i.listening.emplace(i.context);
  i.listening->open(local(), ec);
  // The mode that the file gets when the socket is bound.
  if (!ec && ::fchmod(i.listening->native_handle(), S_IRUSR | S_IWUSR) != 0)
    ec.assign(errno, boost::system::system_category());
  if (!ec) i.listening->bind(local::endpoint(by_handle(i.folder)), ec);
  if (!ec) i.listening->listen(static_cast<int>(max_connections), ec);
  if (ec)
    return make_error(errc::unavailable, "the operators' socket cannot be made: " + ec.message());
  i.accept();
  i.runner = std::thread([held = impl_] { held->context.run(); });
  return {};
}

void operators_socket::stop() {
  auto& i = *impl_;
  if (i.runner.joinable()) {
    i.stopping = true;
    net::post(i.context, [held = impl_] { held->close_all(); });
    i.runner.join();
    i.unlink_socket();
  }
  if (i.folder >= 0) ::close(i.folder);
  i.folder = -1;
}

}  // namespace nova::gateway
