// See world.hpp.
#include "tests/flow/world.hpp"

#include "tests/support/cluster_processes.hpp"

#include <boost/json/object.hpp>

#include <cstdlib>

namespace nova::flow {

namespace {

std::unique_ptr<cluster::processes> started_nodes() {
  if (std::getenv("NOVA_FLOW_NODES") == nullptr) return nullptr;
  return std::make_unique<cluster::processes>(std::vector<cluster::node_plan>{
      {"east", {"gateway", "auth", "content", "media", "streaming"}},
      {"west", {"gateway", "user", "messaging", "search"}},
      {"south", {"feed", "messaging", "content", "media"}}});
}

}  // namespace

world::world()
    : nodes(started_nodes()),
      alone(nodes ? nullptr : std::make_unique<client::server_process>()),
      nova(nodes ? nodes->node("east") : *alone) {
  gateways.push_back(&nova);
  if (nodes) gateways.push_back(&nodes->node("west"));
}

world::~world() = default;

client::server_process& world::gateway() { return *gateways[turn++ % gateways.size()]; }

std::string world::blobs() const {
  return (nodes ? nodes->media_folder() : alone->data()) + "/blobs";
}

bool needs_one_process() {
  if (!the_world().nodes) return false;
  MESSAGE("skipped on nodes: it looks into one process");
  return true;
}

world& the_world() {
  static world w;
  if (w.http.empty()) start(w);
  return w;
}

void start(world& w) {
  const bool started = w.nova.running() || w.nova.start();
  INFO(w.nova.problem());
  REQUIRE(started);
  w.http.clear();
  for (auto* g : w.gateways) w.http.push_back(std::make_unique<client::http_client>(g->at()));
}

client::http_client& http() {
  auto& w = the_world();
  return *w.http[w.turn++ % w.http.size()];
}

account person(const std::string& name) {
  std::string why;
  auto a = client::register_account(http(), name + client::unique_suffix(), &why);
  INFO(why);
  REQUIRE(a.has_value());
  return *a;
}

account another_login(const account& a) {
  auto again = a;
  const auto reply =
      http().post("/v1/auth/login", R"({"identifier":)" + client::quoted(a.email) +
                                        R"(,"password":)" + client::quoted(a.password) + "}");
  INFO(reply.body);
  REQUIRE(client::take_tokens(again, reply));
  return again;
}

std::unique_ptr<device> socket(const account& a, socket_options options) {
  client::session_options o{.to = the_world().gateway().at(),
                            .access_token = a.access_token,
                            .resume_token = options.resume_token,
                            .seen = options.seen,
                            .echo = options.echo,
                            .subprotocol = options.subprotocol};
  auto d = std::make_unique<device>(the_world().io, std::move(o));
  const bool open = d->open();
  INFO(d->reason());
  REQUIRE(open);
  return d;
}

std::string direct(const account& a, const account& b) {
  std::string why;
  auto id = client::create_conversation(http(), a, "direct", {b.id}, &why);
  INFO(why);
  REQUIRE(!id.empty());
  return id;
}

std::string group(const account& owner, const std::vector<account>& others,
                  const std::string& kind) {
  std::vector<std::string> ids;
  for (const auto& o : others) ids.push_back(o.id);
  std::string why;
  auto id = client::create_conversation(http(), owner, kind, ids, &why);
  INFO(why);
  REQUIRE(!id.empty());
  return id;
}

std::string in(const std::string& conversation, const std::string& rest) {
  return R"({"conversation_id":)" + client::quoted(conversation) + rest + "}";
}

std::string message(const std::string& conversation, const std::string& client_id,
                    const std::string& text) {
  return in(conversation,
            R"(,"client_id":)" + client::quoted(client_id) + R"(,"text":)" + client::quoted(text));
}

device::predicate with(const std::string& name, std::string_view value) {
  return [name, value = std::string(value)](const object& o) { return text(o, name) == value; };
}

device::predicate with(const std::string& name, bool value) {
  return [name, value](const object& o) {
    const auto* v = o.if_contains(name);
    return v && v->is_bool() && v->as_bool() == value;
  };
}

std::int64_t number(const object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  return v && v->is_number() ? v->to_number<std::int64_t>() : -1;
}

std::string text(const object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  return v && v->is_string() ? std::string(v->as_string()) : std::string();
}

}  // namespace nova::flow
