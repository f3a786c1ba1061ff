// The tables of all contracts: snapshot, routes, who may call, OpenAPI, errors.
#include "protocols/core/method.hpp"

#include <doctest/doctest.h>
#include <boost/json/parse.hpp>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

using namespace nova;

namespace {

std::string file_text(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

const char* verb_name(rpc::verb v) {
  switch (v) {
    case rpc::verb::get: return "get";
    case rpc::verb::put: return "put";
    case rpc::verb::post: return "post";
    case rpc::verb::patch: return "patch";
    case rpc::verb::delete_: return "delete";
  }
  return "";
}

/// The first line in which the two differ.
std::string difference(const std::string& kept, const std::string& now) {
  std::istringstream a(kept), b(now);
  for (std::string x, y; true; x.clear(), y.clear()) {
    const bool more_a = static_cast<bool>(std::getline(a, x)),
               more_b = static_cast<bool>(std::getline(b, y));
    if (!more_a && !more_b) return {};
    if (x != y) return "kept: " + x + "\nnow:  " + y;
  }
}

}  // namespace

TEST_CASE("contracts.txt is what the .proto files say") {
  const auto kept = file_text(NOVA_CONTRACTS_TXT);
  const bool same = kept == rpc::contracts_text();
  CHECK_MESSAGE(same, "The contracts have changed:\n",
                difference(kept, std::string(rpc::contracts_text())),
                "\nIf that is meant: ninja -C <build folder> update_contracts, and commit "
                "protocols/contracts.txt.");
}

TEST_CASE("methods, events and rpc names are found by what names them, and by nothing else") {
  REQUIRE(rpc::all_methods().size() > 30);
  for (const auto* m : rpc::all_methods()) {
    CHECK(rpc::find_method(m->number) == m);
    if (!m->rpc.empty()) CHECK(rpc::find_rpc(m->rpc) == m);
  }
  for (const auto* e : rpc::all_events()) CHECK(rpc::find_event(e->number) == e);
  CHECK(rpc::find_method(0) == nullptr);
  CHECK(rpc::find_rpc("") == nullptr);
  CHECK(rpc::find_rpc("messaging.nothing") == nullptr);
  CHECK(rpc::find_event(0) == nullptr);
}

TEST_CASE("no two methods share a number, an rpc name or a route") {
  std::set<std::uint32_t> numbers;
  std::set<std::string> names;
  for (const auto* m : rpc::all_methods()) {
    CHECK(numbers.insert(m->number).second);
    if (!m->rpc.empty()) CHECK(names.insert(std::string(m->rpc)).second);
    for (const auto& r : m->routes) {
      const auto shape = std::regex_replace(std::string(r.path), std::regex("\\{[^}]*\\}"), "{}");
      CHECK_MESSAGE(names.insert(verb_name(r.method) + shape).second, shape);
    }
  }
}

TEST_CASE(
    "every method says who may call it; what only nodes may call has no way in from outside") {
  std::size_t outside = 0;
  for (const auto* m : rpc::all_methods()) {
    const auto number = static_cast<int>(m->caller);
    CHECK_MESSAGE((number >= 1 && number <= static_cast<int>(rpc::caller_kind::operator_)),
                  m->name);
    CHECK_MESSAGE((m->entity.empty() == (m->domain == "session")), m->name);
    const bool reachable = !m->rpc.empty() || !m->routes.empty();
    CHECK_MESSAGE(reachable == (m->caller != rpc::caller_kind::node), m->name);
    outside += reachable;
  }
  CHECK(outside > 25);
}

TEST_CASE("only these methods may be called without an account") {
  std::set<std::string_view> anonymous;
  for (const auto* m : rpc::all_methods())
    if (m->caller == rpc::caller_kind::anonymous) anonymous.insert(m->name);
  CHECK(anonymous == std::set<std::string_view>{
                         "session.Session.Open", "auth.Auth.Register", "auth.Auth.Login",
                         "auth.Auth.Refresh", "auth.Auth.Logout", "auth.Auth.Undelete",
                         "auth.Auth.GetDeletion", "auth.Auth.DownloadExport", "auth.Auth.Keys"});
}

TEST_CASE("every row is complete") {
  for (const auto* m : rpc::all_methods()) {
    CHECK_MESSAGE((m->request != nullptr && m->reply != nullptr), m->name);
    CHECK_MESSAGE((m->key_of != nullptr) == (m->key == rpc::key_source::field), m->name);
    CHECK(m->deadline_ms > 0);
    const auto request = m->request->make();
    CHECK(m->request->name == request->GetDescriptor()->full_name());
    for (const auto& r : m->routes) {
      CHECK((r.status >= 200 && r.status < 300));
      CHECK_MESSAGE((r.status_existing == 0 || m->existing != nullptr), m->name);
    }
  }
  for (const auto* e : rpc::all_events())
    CHECK_MESSAGE((e->type != nullptr && e->key_of != nullptr), e->name);
  for (const auto* p : rpc::all_pushes())
    CHECK_MESSAGE((p->type != nullptr && !p->rpc.empty()), p->rpc);
}

TEST_CASE("the OpenAPI document has every route and says where a bearer token is needed") {
  CHECK(file_text(NOVA_OPENAPI_JSON) == rpc::openapi_json());
  const auto document =
      boost::json::parse({rpc::openapi_json().data(), rpc::openapi_json().size()});
  const auto& paths = document.at("paths").as_object();
  for (const auto* m : rpc::all_methods())
    for (const auto& r : m->routes) {
      const auto& operation =
          paths.at({r.path.data(), r.path.size()}).at(verb_name(r.method)).as_object();
      CHECK_MESSAGE(operation.at("responses").as_object().contains(std::to_string(r.status)),
                    r.path);
      const bool open =
          operation.contains("security") && operation.at("security").as_array().empty();
      CHECK_MESSAGE(open == (m->caller == rpc::caller_kind::anonymous), r.path);
    }
  for (const char* path : {"/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/ws"})
    CHECK(paths.contains(path));
}

TEST_CASE("errors have one row each, and an unknown number is told as internal") {
  std::set<std::string_view> names;
  for (const auto& row : all_errors()) {
    CHECK(names.insert(row.name).second);
    CHECK(&describe(row.code) == &row);
    CHECK(static_cast<int>(row.code) / 10 == row.http_status);
  }
  CHECK(describe(static_cast<errc>(1)).code == errc::internal);
}
