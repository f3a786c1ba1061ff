// `nova certs`: an authority for one cluster, and certificates of its nodes, for trying out and for small installations. Called by
// gateway/main.cpp and by tests of links.
#pragma once

#include "protocols/core/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace nova::config {

struct certificate_order {
  std::filesystem::path folder = {};
  std::vector<std::string> nodes = {};    ///< letters, digits, '-', '_' and '.'
  int days = 365;                         ///< negative: it has expired
  std::vector<std::string> revoked = {};  ///< nodes whose certificates in the folder count no more
  // In tests, certificates that links refuse:
  bool node_uri = true;  ///< false: it names no node
  std::string uses = "serverAuth,clientAuth";
  bool self_signed = false;  ///< instead of by the authority
};

/// Writes `ca.pem`, `ca.key`, and `NODE.pem` and `NODE.key` for each node; keys have mode 600. An authority that is in the folder
/// signs again; certificates of nodes are replaced. Before that, those of `revoked` are added to the authority's list `crl.pem`.
result<void> make_certificates(const certificate_order& order);

}  // namespace nova::config
