// The request fields that change the form of any answer: 304, gzip, CORS.
// Pure; http_connection applies it to each answer.
#pragma once

#include "gateway/http/http_messages.hpp"

#include <span>
#include <string>
#include <string_view>

namespace nova::gateway {

/// A strong tag, in quotes. Equal content has an equal tag.
std::string etag_of(std::string_view content);

/// True when If-None-Match names the tag (weak comparison) or is `*`.
bool names_etag(std::string_view if_none_match, std::string_view etag);

/// True when Accept-Encoding allows gzip.
bool takes_gzip(std::string_view accept_encoding);

struct answer_wishes {
  std::string_view if_none_match, accept_encoding, origin;
};

/// Turns a 200 into a 304 when the client has this content. Uses the gzip body when the client accepts
/// gzip. Lets pages of the listed origins read the answer.
void suit(http_answer& a, const answer_wishes& wishes, std::span<const std::string> origins);

/// The answer to a preflight of a listed origin; suit() adds the rest.
http_answer preflight_answer();

}  // namespace nova::gateway
