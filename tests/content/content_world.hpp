// auth, user and content on one node, and what their tests do with posts. Used by content_pgtest.
#pragma once

#include "actors/auth/auth_descriptor.hpp"
#include "actors/content/content_descriptor.hpp"
#include "actors/user/user_descriptor.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "storage/content/content_queries.hpp"
#include "tests/support/domain_node.hpp"

#include <doctest/doctest.h>
#include <libpq-fe.h>

namespace nova::content {

using api = content_interface;

inline config::auth_settings cheap_passwords(std::int64_t grace_ms) {
  config::auth_settings s;
  s.deletion_grace_s = static_cast<std::uint32_t>(grace_ms / 1000);
  s.password_opslimit = 1;
  s.password_memory_kib = 8;
  return s;
}

struct world : test::domain_node {
  world() : world(config::auth_settings().deletion_grace_s * 1000LL, {}) {}
  world(std::int64_t grace_ms, config::content_settings s)
      : domain_node({test::part_of(auth::descriptor(), cheap_passwords(grace_ms)),
                     test::part_of(user::descriptor()), test::part_of(content::descriptor(), s)}) {}

  /// Registered, and known to content.
  rpc::caller person(const std::string& handle) {
    auth::RegisterRequest q;
    q.set_email(handle + "@example.org");
    q.set_handle(handle);
    q.set_password("correct horse battery staple");
    const auto tokens = call<auth::auth_interface::register_>(q).value();
    const auto who = *parse_uuid(tokens.account_id());
    REQUIRE(until(
        [&] { return count("SELECT count(*) FROM person WHERE account_id = $1", who) == 1; }));
    return test::caller_of(who, *parse_uuid(tokens.session_id()));
  }

  /// As auth's event does.
  void set_closed(const rpc::caller& who, bool closed) {
    auto* c = PQconnectdb(conninfo("content").c_str());
    const auto sql = "UPDATE person SET closed = " + std::string(closed ? "true" : "false") +
                     " WHERE account_id = '" + to_string(who.account) + "'";
    auto* r = PQexec(c, sql.c_str());
    CHECK(std::string_view(PQcmdTuples(r)) == "1");
    PQclear(r);
    PQfinish(c);
  }

  std::int64_t count(const char* sql, const uuid& id) {
    const storage::query q{.name = "content_pgtest.count", .sql = sql};
    return read("content", {&q, {id}}).int8(0, 0);
  }

  result<views::Post> post(const rpc::caller& as, const CreatePostRequest& q,
                           std::string key = {}) {
    return call<api::create_post>(q, as, std::move(key));
  }
  views::Post post(const rpc::caller& as, const std::string& text,
                   const std::string& visibility = "public") {
    CreatePostRequest q;
    q.set_text(text);
    q.set_visibility(visibility);
    return post(as, q).value();
  }
  template <class Method>
  result<typename Method::reply> on(const rpc::caller& as, const std::string& post_id) {
    typename Method::request q;
    q.set_post_id(post_id);
    return call<Method>(q, as);
  }
  result<views::Post> get(const rpc::caller& as, const std::string& post_id) {
    return on<api::get_post>(as, post_id);
  }
  bool sees(const rpc::caller& as, const std::string& post_id) {
    return get(as, post_id).has_value();
  }
  result<Empty> react(const rpc::caller& as, const std::string& post_id, const std::string& emoji) {
    ReactRequest q;
    q.set_post_id(post_id);
    q.set_emoji(emoji);
    return call<api::react>(q, as);
  }
  result<Empty> unreact(const rpc::caller& as, const std::string& post_id,
                        const std::string& emoji) {
    ReactRequest q;
    q.set_post_id(post_id);
    q.set_emoji(emoji);
    return call<api::unreact>(q, as);
  }
  result<Comment> comment(const rpc::caller& as, const std::string& post_id,
                          const std::string& text, const std::string& parent = {}) {
    CreateCommentRequest q;
    q.set_post_id(post_id);
    q.set_text(text);
    if (!parent.empty()) q.set_parent(parent);
    return call<api::create_comment>(q, as);
  }
  ListCommentsReply comments(const rpc::caller& as, const std::string& post_id,
                             const std::string& parent = {}) {
    ListCommentsRequest q;
    q.set_post_id(post_id);
    if (!parent.empty()) q.set_parent(parent);
    return call<api::list_comments>(q, as).value();
  }
  result<Empty> delete_comment(const rpc::caller& as, const std::string& comment_id) {
    CommentRequest q;
    q.set_comment_id(comment_id);
    return call<api::delete_comment>(q, as);
  }
  PostPage posts_of(const rpc::caller& as, const rpc::caller& whom,
                    const std::string& kind = "posts") {
    ListPostsRequest q;
    q.set_account_id(to_string(whom.account));
    q.set_kind(kind);
    return call<api::list_posts>(q, as).value();
  }
  void block(const rpc::caller& who, const rpc::caller& whom) {
    user::BlockRequest q;
    q.set_account_id(to_string(whom.account));
    REQUIRE(call<user::user_interface::block>(q, who).has_value());
  }
};

inline errc code(const auto& r) {
  REQUIRE(r.has_error());
  return r.error().code;
}

}  // namespace nova::content
