#include "gateway/transfer/transfer_routes.hpp"

#include "gateway/access/origins.hpp"
#include "gateway/codec/requests.hpp"
#include "gateway/http/answer_rules.hpp"
#include "gateway/loop/file_threads.hpp"
#include "gateway/transfer/download.hpp"
#include "gateway/transfer/tus_rules.hpp"
#include "gateway/transfer/upload.hpp"

namespace nova::gateway {
namespace {

constexpr std::string_view one_request_path = "/v1/media";

/// HEAD, DELETE and OPTIONS of uploads: nothing is written.
class upload_look final : public transfer_request {
 public:
  using transfer_request::transfer_request;

  void state(const std::string& id) {
    with_caller(*shared_.steps.state, false, [self = self(), id] {
      auto q = std::make_shared<transfer::StateRequest>();
      q->set_upload_id(id);
      self->ask<transfer::Upload>(*self->shared_.steps.state, std::move(q),
                                  [self](result<transfer::Upload> u) {
                                    if (!u) return self->refuse(u.error());
                                    self->show(*u);
                                  });
    });
  }

  void end_upload(const std::string& id) {
    with_caller(*shared_.steps.end, false, [self = self(), id] {
      auto q = std::make_shared<transfer::EndRequest>();
      q->set_upload_id(id);
      self->ask<transfer::EndReply>(*self->shared_.steps.end, std::move(q),
                                    [self](result<transfer::EndReply> r) {
                                      if (!r) return self->refuse(r.error());
                                      self->drop(r->part());
                                    });
    });
  }

  void options(std::string allow) {
    caller_.kind = rpc::caller_kind::node;
    ask<transfer::Limits>(
        *shared_.steps.limits, std::make_shared<transfer::LimitsRequest>(),
        [self = self(), allow](const result<transfer::Limits>& limits) {
          http_answer a;
          a.status = 204;
          a.fields = {{"Allow", allow},
                      {"Tus-Version", std::string(tus_version)},
                      {"Tus-Extension", std::string(tus_extensions)},
                      {"Tus-Checksum-Algorithm", std::string(checksum_algorithms)}};
          if (limits) a.fields.emplace_back("Tus-Max-Size", std::to_string(limits->upload_bytes()));
          add_tus_fields(a, nullptr);
          self->answer(std::move(a));
        });
  }

  void refuse(const error& e) {
    auto a = problem(e);
    add_tus_fields(a, nullptr);
    if (e.code == errc::tus_version) a.fields.emplace_back("Tus-Version", tus_version);
    answer(std::move(a));
  }
  void refuse_verb(const http_request& request, std::string allow, bool tus) {
    auto a = other_verb(request, std::move(allow), request_id_);
    if (tus) add_tus_fields(a, nullptr);
    answer(std::move(a));
  }
  void preflight() { answer(preflight_answer()); }

 private:
  std::shared_ptr<upload_look> self() {
    return std::static_pointer_cast<upload_look>(shared_from_this());
  }

  void show(const transfer::Upload& u) {
    http_answer a;
    a.fields = {{"Cache-Control", "no-store"}};
    add_tus_fields(a, &u);
    a.fields.emplace_back("Upload-Length", std::to_string(u.length()));
    if (!u.metadata().empty()) a.fields.emplace_back("Upload-Metadata", u.metadata());
    std::string concat = u.partial() ? "partial" : u.parts().empty() ? "" : "final;";
    for (const auto& part : u.parts()) {
      if (concat.back() != ';') concat += ' ';
      concat += std::string(uploads_path) + '/' + part;
    }
    if (!concat.empty()) a.fields.emplace_back("Upload-Concat", concat);
    answer(std::move(a));
  }

  void drop(const std::string& part) {
    on_files([self = self(), part] { return self->shared_.store.drop_part(part); },
             [self = self()](const result<void>&) {
               http_answer a;
               a.status = 204;
               add_tus_fields(a, nullptr);
               self->answer(std::move(a));
             });
  }
};

bool under(std::string_view path, std::string_view folder) {
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

/// The verb that counts: tus lets clients that cannot send PATCH or DELETE write it into a field.
std::string verb_of(const http_request& request) {
  const auto instead = request.field("X-HTTP-Method-Override");
  return std::string(request.verb == "POST" &&
                             (instead == "PATCH" || instead == "DELETE" || instead == "HEAD")
                         ? instead
                         : request.verb);
}

}  // namespace

transfer_routes::transfer_routes(edge& e, blobs::store& store, file_threads& files,
                                 std::string_view urls_key)
    : shared_{e, store, files, url_signer(urls_key), {}},
      export_path_({&exports_.download, exports_.download == nullptr ? 0u : 1u}) {}

std::optional<route_match> transfer_routes::export_of(std::string_view path) const {
  auto found = export_path_.find("GET", path);
  if (!found || found->method == nullptr) return std::nullopt;
  return *std::move(found);
}

std::shared_ptr<body_taker> transfer_routes::fetch(const route_match& what, io_thread& thread,
                                                   const http_request& request,
                                                   const std::string& address,
                                                   const std::string& request_id,
                                                   stream_answers answers) const {
  auto d = std::make_shared<export_download>(shared_, exports_, thread, request, address,
                                             request_id, std::move(answers));
  d->start(read_http_request({.method = *what.method,
                              .route = *what.route,
                              .path = what.path,
                              .query = split_target(request.target).second,
                              .body = {}}));
  return d;
}

bool transfer_routes::takes(std::string_view verb, std::string_view path) const {
  if (export_of(path)) return true;
  if (!shared_.steps.complete()) return false;
  return under(path, uploads_path) || path == one_request_path || content_of(path).has_value();
}

std::shared_ptr<body_taker> transfer_routes::begin(io_thread& thread, const http_request& request,
                                                   const std::string& address,
                                                   const std::string& request_id,
                                                   stream_answers answers) const {
  const auto path = split_target(request.target).first;
  const auto verb = verb_of(request);
  const auto look = [&] {
    return std::make_shared<upload_look>(shared_, thread, request, address, request_id,
                                         std::move(answers));
  };
  const auto refused = [&](const error& e) {
    auto l = look();
    l->refuse(e);
    return l;
  };
  const auto write = [&](upload::kind kind, std::string id) {
    auto u = std::make_shared<upload>(shared_, thread, request, address, request_id,
                                      std::move(answers), kind, std::move(id));
    u->start();
    return u;
  };
  if (request.verb == "OPTIONS" && !request.access_control_request_method.empty() &&
      listed_origin(request.origin, shared_.common.settings.allowed_origins)) {
    auto l = look();
    l->preflight();
    return l;
  }
  if (request.repeated_field)
    return refused(make_error(errc::invalid_request, "A header field came more than once."));
  const auto exported = export_of(path);
  if (exported && (verb == "GET" || verb == "HEAD"))
    return fetch(*exported, thread, request, address, request_id, std::move(answers));
  const auto content = content_of(path);
  if (content || exported || path == one_request_path) {
    if (content && (verb == "GET" || verb == "HEAD")) {
      auto d = std::make_shared<download>(shared_, thread, request, address, request_id,
                                          std::move(answers), *content);
      d->start();
      return d;
    }
    if (path == one_request_path && verb == "POST") return write(upload::kind::at_once, {});
    auto l = look();
    l->refuse_verb(request, content || exported ? "GET, HEAD, OPTIONS" : "POST, OPTIONS", false);
    return l;
  }
  const auto id = std::string(upload_of(path));
  if (id.empty() && path != uploads_path) return refused(make_error(errc::not_found));
  const std::string allow = id.empty() ? "POST, OPTIONS" : "HEAD, PATCH, DELETE, POST, OPTIONS";
  if (verb == "OPTIONS") {
    auto l = look();
    l->options(allow);
    return l;
  }
  const bool known =
      id.empty() ? verb == "POST" : verb == "HEAD" || verb == "PATCH" || verb == "DELETE";
  if (!known) {
    auto l = look();
    l->refuse_verb(request, allow, true);
    return l;
  }
  if (request.field("Tus-Resumable") != tus_version) return refused(make_error(errc::tus_version));
  if (id.empty()) return write(upload::kind::tus_open, {});
  if (verb == "PATCH") return write(upload::kind::tus_patch, id);
  auto l = look();
  if (verb == "HEAD") l->state(id);
  else l->end_upload(id);
  return l;
}

}  // namespace nova::gateway
