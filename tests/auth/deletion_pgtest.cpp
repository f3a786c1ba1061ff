// The end of an account across auth, user and messaging: closed at once, taken back in time, erased after the grace; then a
// search for its words over all databases finds nothing.
#include "actors/auth/auth_descriptor.hpp"
#include "actors/messaging/messaging_descriptor.hpp"
#include "actors/user/user_descriptor.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "protocols/messaging/messaging.pb.h"
#include "storage/auth/deletion_queries.hpp"
#include "storage/messaging/erasure_queries.hpp"
#include "storage/user/erasure_queries.hpp"
#include "tests/auth/identity_node.hpp"

#include <doctest/doctest.h>

#include <deque>

using namespace nova;
using nova::test::identity_node;

namespace {

constexpr std::int64_t grace_ms = 60'000;

config::auth_settings settings() {
  auto s = identity_node::cheap_settings();
  s.deletion_grace_s = grace_ms / 1000;
  return s;
}

errc code(const auto& r) {
  REQUIRE(r.has_error());
  return r.error().code;
}

struct world {
  test::domain_node node{{test::part_of(auth::descriptor(), settings()),
                          test::part_of(user::descriptor()),
                          test::part_of(messaging::descriptor())}};

  auth::Tokens person(const std::string& name) {
    auth::RegisterRequest q;
    q.set_email(name + "@example.com");
    q.set_handle(name);
    q.set_password(test::good_password);
    q.set_display_name("The " + name);
    auto t = node.call<auth::auth_interface::register_>(q);
    REQUIRE(t.has_value());
    return *t;
  }
  result<auth::DeleteAccountReply> remove(const auth::Tokens& t, const std::string& password) {
    auth::DeleteAccountRequest q;
    q.set_password(password);
    return node.call<auth::auth_interface::delete_account>(q, identity_node::caller_of(t));
  }
  result<auth::Empty> undo(const std::string& token) {
    auth::UndeleteRequest q;
    q.set_undo_token(token);
    return node.call<auth::auth_interface::undelete>(q);
  }
  result<auth::Tokens> login(const std::string& name) {
    auth::LoginRequest q;
    q.set_identifier(name);
    q.set_password(test::good_password);
    return node.call<auth::auth_interface::login>(q);
  }
  result<auth::Deletion> certificate(const std::string& id) {
    auth::GetDeletionRequest q;
    q.set_certificate_id(id);
    return node.call<auth::auth_interface::get_deletion>(q);
  }
  bool shown(const std::string& account, const auth::Tokens& to) {
    user::GetProfileRequest q;
    q.set_account_id(account);
    return node.call<user::user_interface::get_profile>(q, identity_node::caller_of(to))
        .has_value();
  }
  std::string direct(const auth::Tokens& from, const std::string& to) {
    messaging::CreateConversationRequest q;
    q.set_kind("direct");
    q.add_member_ids(to);
    auto c = node.call<messaging::messaging_interface::create_conversation>(
        q, identity_node::caller_of(from));
    REQUIRE(c.has_value());
    return c->conversation_id();
  }
  void send(const auth::Tokens& from, const std::string& conversation, const std::string& text) {
    messaging::SendRequest q;
    q.set_conversation_id(conversation);
    q.set_client_id(text);
    q.set_text(text);
    REQUIRE(node.call<messaging::messaging_interface::send>(q, identity_node::caller_of(from))
                .has_value());
  }
  messaging::HistoryReply history(const auth::Tokens& to, const std::string& conversation) {
    messaging::HistoryRequest q;
    q.set_conversation_id(conversation);
    auto h = node.call<messaging::messaging_interface::history>(q, identity_node::caller_of(to));
    REQUIRE(h.has_value());
    return *h;
  }

  /// Rows of all tables of all databases that hold the word, as text or as bytes.
  std::vector<std::string> search(const std::string& word) {
    static std::deque<std::pair<std::string, std::string>> texts;  // queries are static
    static std::deque<storage::query> made;
    static const storage::query tables{
        .name = "test.tables",
        .sql =
            "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"};
    std::vector<std::string> found;
    for (const char* domain : {"auth", "user", "messaging"}) {
      const auto names = node.read(domain, {&tables, {}});
      REQUIRE(names.size() > 10);
      for (std::size_t i = 0; i < names.size(); ++i) {
        const auto& [name, sql] = texts.emplace_back(
            "test.search_" + std::to_string(texts.size()),
            "SELECT x::text FROM " + names.text(i, 0) +
                " x WHERE position($1 IN lower(x::text)) > 0 OR "
                "position(encode(convert_to($1, 'UTF8'), 'hex') IN x::text) > 0");
        const auto rows = node.read(
            domain, {&made.emplace_back(storage::query{.name = name, .sql = sql}), {word}});
        for (std::size_t n = 0; n < rows.size(); ++n)
          found.push_back(std::string(domain) + "." + names.text(i, 0) + ": " + rows.text(n, 0));
      }
    }
    return found;
  }

  /// The same in one text, for the report of a failed check.
  std::string left(const std::string& word) {
    std::string all;
    for (const auto& row : search(word)) all += row + "\n";
    return all;
  }
};

}  // namespace

TEST_CASE_FIXTURE(world, "every query of an erasure fits its schema and role") {
  CHECK(test::unpreparable(node.conninfo("auth"), auth::queries::all_deletion()).empty());
  CHECK(test::unpreparable(node.conninfo("user"), user::queries::all_erasure()).empty());
  CHECK(test::unpreparable(node.conninfo("messaging"), messaging::queries::all_erasure()).empty());
}

TEST_CASE_FIXTURE(world,
                  "a closed account is out of sight at once, and back as it was when taken back") {
  const auto ann = person("ann_marker");
  const auto bob = person("bob");
  CHECK(code(remove(ann, "wrong")) == errc::invalid_credentials);
  CHECK(shown(ann.account_id(), bob));
  const auto asked = node.now();
  const auto r = remove(ann, test::good_password);
  REQUIRE(r.has_value());
  CHECK(r->deletes_at() >= asked + grace_ms);
  CHECK_FALSE(shown(ann.account_id(), bob));
  CHECK(code(login("ann_marker")) == errc::invalid_credentials);
  CHECK(code(remove(ann, test::good_password)) == errc::unauthenticated);
  CHECK(node.revoked() == std::vector<std::string>{ann.session_id()});
  CHECK(code(certificate(r->certificate_id())) == errc::not_found);
  CHECK(code(undo(ann.account_id() + ".wrong")) == errc::invalid_credentials);
  node.restart();
  CHECK(undo(r->undo_token()).has_value());
  CHECK(shown(ann.account_id(), bob));
  CHECK(login("ann_marker").has_value());
  CHECK(code(undo(r->undo_token())) == errc::invalid_credentials);
  node.pass(2 * grace_ms);
  node.restart();
  CHECK(login("ann_marker").has_value());
}

TEST_CASE_FIXTURE(world, "after the grace every trace is gone, and the certificate says where") {
  const auto ann = person("ann_marker");
  const auto bob = person("bob");
  const auto talk = direct(ann, bob.account_id());
  send(ann, talk, "words of the marker");
  send(bob, talk, "an answer");
  messaging::EditRequest edit;
  edit.set_conversation_id(talk);
  edit.set_seq(1);
  edit.set_text("other words of the marker");
  REQUIRE(node.call<messaging::messaging_interface::edit>(edit, identity_node::caller_of(ann))
              .has_value());
  messaging::ReactRequest react;
  react.set_conversation_id(talk);
  react.set_seq(2);
  react.set_emoji("👍");
  REQUIRE(node.call<messaging::messaging_interface::react>(react, identity_node::caller_of(ann))
              .has_value());
  CHECK(search("marker").size() > 5);
  const auto r = remove(ann, test::good_password);
  REQUIRE(r.has_value());
  node.pass(grace_ms + 1);
  node.restart();  // reminders run on the steady clock
  CHECK(node.until([&] { return certificate(r->certificate_id()).has_value(); }));
  const auto c = certificate(r->certificate_id());
  REQUIRE(c.has_value());
  CHECK(c->completed_at() > r->deletes_at());
  CHECK(c->domains().size() == 3);
  CHECK(c->domains().at("auth").erased() == 3);
  CHECK(c->domains().at("auth").anonymised() == 1);
  CHECK(c->domains().at("user").erased() == 1);
  CHECK(c->domains().at("messaging").erased() == 1);
  CHECK(c->domains().at("messaging").anonymised() == 2);
  CHECK(left("marker") == "");
  CHECK(code(undo(r->undo_token())) == errc::invalid_credentials);

  // The other side keeps its own words, and the conversation goes on.
  const auto h = history(bob, talk);
  REQUIRE(h.items_size() == 2);
  for (const auto& m : h.items()) {
    CHECK(m.sender_id() != ann.account_id());
    CHECK(m.recalled() == (m.sender_id() != bob.account_id()));
  }
  send(bob, talk, "hello?");
  // Names are free again.
  CHECK(person("ann_marker").account_id() != ann.account_id());
}

TEST_CASE_FIXTURE(world, "an erasure goes on after restarts at any moment, and is certified once") {
  const auto ann = person("ann_marker");
  const auto bob = person("bob");
  send(ann, direct(ann, bob.account_id()), "marker");
  const auto r = remove(ann, test::good_password);
  REQUIRE(r.has_value());
  node.pass(grace_ms + 1);
  for (int n = 0; n < 4; ++n) node.restart();
  CHECK(node.until([&] { return certificate(r->certificate_id()).has_value(); }));
  CHECK(certificate(r->certificate_id())->domains().at("messaging").anonymised() == 2);
  CHECK(left("marker") == "");
}
