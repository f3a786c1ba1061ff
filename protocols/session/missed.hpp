// Filling of session.MissedReply. Called by the handlers of methods that declare `resumes`.
#pragma once

#include "protocols/core/method.hpp"

#include <cstdint>
#include <string>

namespace nova::session {

class MissedReply;

/// Appends a push as its `make_push` would send it. `body` must be of the push's type.
void add_push(MissedReply& to, const rpc::push_type& type, const rpc::message& body);

/// Appends a session.gap: the messages from `from_seq` to `to_seq`, both included, are not sent.
void add_gap(MissedReply& to, std::string conversation_id, std::int64_t from_seq,
             std::int64_t to_seq);

}  // namespace nova::session
