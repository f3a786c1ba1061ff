// People as tests and benches need them: registered over HTTP, with tokens. Names derive from a prefix and a number, so
// that a failing run can be read.
#pragma once

#include "tests/support/client/http.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nova::client {

struct account {
  std::string id;
  std::string handle;
  std::string email;
  std::string password;
  std::string access_token;
  std::string refresh_token;
};

/// The account that `handle` would have, not registered yet.
account unregistered(const std::string& handle);
std::string register_body(const account& a);

/// Fills id and tokens from the answer of register, login or refresh; false when it is not one.
bool take_tokens(account& a, const http_reply& reply);

/// Empty after an answer other than 201; `why` then holds it.
std::optional<account> register_account(http_client& http, const std::string& handle,
                                        std::string* why = nullptr);

/// Registers `count` accounts over `lanes` connections at once: the server's password hashes are the cost (about 22 ms of
/// a core each). Waits when it sheds. Empty on any other refusal.
std::vector<account> register_accounts(const endpoint& to, const std::string& prefix,
                                       std::size_t count, std::size_t lanes = 4);

/// POST /v1/conversations; the conversation's id, or empty with the answer in `why`.
std::string create_conversation(http_client& http, const account& by, const std::string& kind,
                                const std::vector<std::string>& member_ids,
                                std::string* why = nullptr);

/// A string that no other call in any process gives: for handles.
std::string unique_suffix();

}  // namespace nova::client
