// The certificates of a node: mutual TLS 1.3 with one authority for the cluster alone. A node's certificate bears its name as
// the URI "nova:node:NAME". Used by gate.
#pragma once

#include "config/settings/cluster_settings.hpp"
#include "protocols/core/error.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>

namespace nova::link {

/// Not changed any more: a renewed certificate is another identity, and open links keep theirs.
using identity = std::shared_ptr<boost::asio::ssl::context>;

/// Null when the settings name no certificate. The error says in one sentence which file does not fit.
result<identity> load_identity(const config::cluster_settings& s);

/// The name that the peer's verified certificate bears; empty: it is no node's certificate.
std::string node_named_by(const ssl_st* session);

}  // namespace nova::link
