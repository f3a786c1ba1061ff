// What of a request decides about the form of its answer, whatever the answer is: 304, gzip, CORS.
// Pure; http_connection applies it to each answer.
#pragma once

#include "gateway/http/http_messages.hpp"

#include <span>
#include <string>
#include <string_view>

namespace nova::gateway {

/// Strong, in quotes; the same for the same content.
std::string etag_of(std::string_view content);

/// If-None-Match names the tag (weak comparison), or is `*`.
bool names_etag(std::string_view if_none_match, std::string_view etag);

/// Accept-Encoding takes gzip.
bool takes_gzip(std::string_view accept_encoding);

struct answer_wishes {
  std::string_view if_none_match, accept_encoding, origin;
};

/// Turns a 200 into 304 when the client has this content, takes the gzip body when the client takes
/// gzip, and lets pages of the listed origins read the answer.
void suit(http_answer& a, const answer_wishes& wishes, std::span<const std::string> origins);

/// The answer to a preflight of a listed origin; suit() adds the rest.
http_answer preflight_answer();

}  // namespace nova::gateway
