// Methods, events and pushes as Nova knows them at run time: rows that the code generator writes from the
// .proto files. Used by the gateway (routes, authorisation, JSON) and by the runtime (routing, deadlines).
#pragma once

#include "protocols/core/error.hpp"

#include <google/protobuf/message.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace boost::json {
class value;
}

namespace nova::rpc {

using message = google::protobuf::Message;
using message_ptr = std::shared_ptr<const message>;

enum class caller_kind : std::uint8_t {
  anonymous = 1,
  user,
  member,
  admin,
  node,
  guest,
  operator_
};
enum class rate_class : std::uint8_t { none, read, write, sign_in, signal };
enum class idempotency : std::uint8_t { none, natural, key, client_id };
enum class key_source : std::uint8_t {
  field,
  account,
  fresh,
  single
};  ///< single: "@one", one entity a domain
enum class verb : std::uint8_t { get, put, post, patch, delete_ };

/// JSON and construction of one message type; one static instance per type, generated.
struct message_type {
  std::string_view name;  ///< full protobuf name
  std::shared_ptr<message> (*make)();
  void (*write_json)(const message&, std::string& out);  ///< appends one JSON object
  /// Fills `out` from a JSON object and appends an error for each value that does not fit. Unknown names are ignored. A message
  /// of another type is a broken invariant.
  void (*read_json)(const boost::json::value&, message& out, std::vector<field_error>& errors);
  /// Sets one scalar field from text (path and query parameters). False: there is no such field.
  bool (*set_from_text)(message& out, std::string_view field, std::string_view text,
                        std::vector<field_error>& errors);
  /// Checks the declared limits (required, max_bytes, max_items, uuid). Call it for protobuf input; read_json does this check itself.
  void (*validate)(const message&, std::vector<field_error>& errors);
};

struct http_route {
  verb method;
  std::string_view path;  ///< "/v1/conversations/{conversation_id}/messages"
  int status;             ///< of success; 204 means: no body
  int status_existing;    ///< 0: none
};

struct method {
  std::uint32_t number;
  std::string_view name;    ///< "messaging.Messaging.Send"
  std::string_view domain;  ///< "messaging"
  std::string_view rpc;     ///< "messaging.send"; empty: not on the WebSocket
  std::span<const http_route> routes;
  std::string_view entity;
  key_source key;
  std::string (*key_of)(const message& request);  ///< for key_source::field
  caller_kind caller;
  rate_class rate;
  std::uint32_t deadline_ms;
  nova::rpc::idempotency idempotency;
  std::string (*idempotency_scope_of)(const message& request);  ///< null: the caller's account
  bool query;
  std::string_view settles_in;
  bool resumes;      ///< answers session.MissedRequest: gateways ask all such methods on a resume
  bool token_keys;   ///< answers session.KeysRequest: the keys of access tokens
  bool revocations;  ///< answers session.RevocationsRequest: sessions whose tokens are refused
  bool cards;        ///< answers views.CardsRequest: the accounts that other domains' answers name
  bool posts;        ///< answers views.PostsRequest: the posts that other domains' answers name
  bool messages;  ///< answers views.MessagesRequest: the messages that other domains' answers name
  bool
      operators;  ///< answers operations.StandingRequest: the operator role of the caller's account
  bool moves_sagas;  ///< answers operations.MoveSagaRequest: an operator moves a saga of the domain
  bool media;        ///< answers views.MediaRequest: the media that other domains' answers name
  bool membership;   ///< answers views.MembershipRequest: the caller belongs to a conversation
  std::string_view
      transfer;  ///< the step of a transfer that it decides (options.proto); empty: none
  std::string_view
      answered_by;  ///< rpc name of the query that answers after success; empty: the method itself
  std::string_view summary;
  const message_type* request;
  const message_type* reply;
  bool (*existing)(const message& reply);  ///< null: the reply has no field `existing`
};

struct event_type {
  std::uint32_t number;
  std::string_view name;    ///< "auth.AccountRegistered"
  std::string_view domain;  ///< of the source
  const message_type* type;
  std::string (*key_of)(const message&);
};

struct push_type {
  std::string_view rpc;
  const message_type* type;
};

/// All methods, events and pushes, in order of number. Generated: protocols/all.
std::span<const method* const> all_methods();
std::span<const event_type* const> all_events();
std::span<const push_type* const> all_pushes();
const method* find_method(std::uint32_t number) noexcept;
const method* find_rpc(std::string_view rpc) noexcept;
const event_type* find_event(std::uint32_t number) noexcept;
const push_type* find_push(std::string_view rpc) noexcept;

/// The OpenAPI 3.1 document, the AsyncAPI 3 document of the socket, the text of contracts.txt.
/// Generated.
std::string_view openapi_json() noexcept;
std::string_view asyncapi_json() noexcept;
std::string_view contracts_text() noexcept;

}  // namespace nova::rpc
