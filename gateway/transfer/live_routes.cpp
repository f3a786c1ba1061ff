#include "gateway/transfer/live_routes.hpp"

#include "gateway/access/origins.hpp"
#include "gateway/codec/route_table.hpp"
#include "gateway/http/answer_rules.hpp"
#include "gateway/loop/file_threads.hpp"
#include "gateway/transfer/rtmp_callback.hpp"

namespace nova::gateway {
namespace {

/// Segments that are younger may belong to a request that has not told its stream yet.
constexpr std::chrono::seconds swept_age{90};
constexpr std::size_t swept_at_once = 1'000;

bool of_this_machine(std::string_view address) {
  return address == "127.0.0.1" || address == "::1";
}

class refusal final : public transfer_request {
 public:
  using transfer_request::transfer_request;
  void give(http_answer a) { answer(std::move(a)); }
  void give(const error& e) { fail(e); }
};

}  // namespace

live_routes::live_routes(edge& e, blobs::store& segments, file_threads& files,
                         std::string_view urls_key)
    : shared_{e, segments, files, url_signer(urls_key), {}}, swept_(segments, swept_at_once) {}

bool live_routes::takes(std::string_view, std::string_view path) const {
  return steps_.complete() && (path == rtmp_callback_path || ingest_of(path).has_value() ||
                               live_file_of(path).has_value());
}

std::shared_ptr<body_taker> live_routes::begin(io_thread& thread, const http_request& request,
                                               const std::string& address,
                                               const std::string& request_id,
                                               stream_answers answers) const {
  const auto path = split_target(request.target).first;
  const auto refuse = [&](auto why) {
    auto r = std::make_shared<refusal>(shared_, thread, request, address, request_id,
                                       std::move(answers));
    r->give(std::move(why));
    return r;
  };
  if (request.verb == "OPTIONS" && !request.access_control_request_method.empty() &&
      listed_origin(request.origin, shared_.common.settings.allowed_origins))
    return refuse(preflight_answer());
  if (path == rtmp_callback_path) {
    if (request.verb != "POST" || !of_this_machine(address))
      return refuse(make_error(errc::not_found));
    auto c = std::make_shared<rtmp_callback>(shared_, steps_, thread, request, address, request_id,
                                             std::move(answers));
    c->start();
    return c;
  }
  if (auto where = ingest_of(path)) {
    name_publisher(*where);
    const bool puts = request.verb == "PUT" || request.verb == "POST";
    if (!puts && request.verb != "DELETE")
      return refuse(other_verb(request, "PUT, POST, DELETE, OPTIONS", request_id));
    auto p = std::make_shared<live_publish>(shared_, steps_, windows_, thread, request, address,
                                            request_id, std::move(answers), *std::move(where));
    p->start(!puts);
    return p;
  }
  if (request.verb != "GET" && request.verb != "HEAD")
    return refuse(other_verb(request, "GET, HEAD, OPTIONS", request_id));
  auto p =
      std::make_shared<live_play>(shared_, steps_, viewers_, windows_, thread, request, address,
                                  request_id, std::move(answers), *live_file_of(path));
  p->start();
  return p;
}

void live_routes::name_publisher(ingest_path& where) const {
  if (where.stream_id != rtmp_ingest) return;
  const auto p = shared_.common.rtmp.find(where.key);
  if (!p) return;  // the stream refuses it
  where.stream_id = p->stream_id;
  where.key = p->key;
  where.publisher = p->from;
}

void live_routes::sweep() {
  windows_.forget_old(shared_.common.now());
  if (!steps_.complete() || sweeping_.exchange(true)) return;
  const auto since = std::chrono::system_clock::now() - swept_age;
  const bool taken = shared_.files.submit([this, since] {
    auto q = std::make_shared<live::UnnamedRequest>();
    for (auto& name : swept_.next(since)) q->add_blobs(std::move(name));
    if (q->blobs().empty()) return sweeping_.store(false);
    rpc::caller caller;
    caller.kind = rpc::caller_kind::node;
    auto c = make_call(*steps_.unnamed, caller, {}, shared_.common.now());
    c.request = std::move(q);
    c.reply = [this, since](const rpc::reply_result& r) {
      if (!r) return sweeping_.store(false);
      const auto unnamed = std::static_pointer_cast<const live::UnnamedReply>(*r);
      const bool queued = shared_.files.submit([this, since, unnamed] {
        for (const auto& name : unnamed->blobs()) (void)shared_.store.remove(name, since);
        sweeping_.store(false);
      });
      if (!queued) sweeping_.store(false);
    };
    shared_.common.bus->call(std::move(c));
  });
  if (!taken) sweeping_.store(false);
}

}  // namespace nova::gateway
