// A running nova as an operator has it: commands beside the data folder, SQL in its databases, and people. Used by the flow tests of
// operators' commands.
#pragma once

#include "storage/postgres/conninfo.hpp"
#include "tests/support/client/account.hpp"
#include "tests/support/server_process.hpp"

#include <doctest/doctest.h>
#include <boost/json/parse.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

namespace nova::test {

struct ran {
  int status = 0;
  std::string out;  ///< stderr as well
  boost::json::value json() const {
    boost::system::error_code ec;
    auto value = boost::json::parse(out, ec);
    REQUIRE_MESSAGE(!ec, out);
    return value;
  }
};

struct operators_stage {
  client::server_process nova;
  std::unique_ptr<client::http_client> http;

  operators_stage() {
    REQUIRE_MESSAGE(nova.start(), nova.problem());
    http = std::make_unique<client::http_client>(nova.at());
  }

  ran run(const std::string& words) const {
    const auto line = client::default_binary() + " " + words + " --data " + nova.data() + " 2>&1";
    auto* pipe = ::popen(line.c_str(), "r");
    REQUIRE(pipe != nullptr);
    ran out;
    std::array<char, 4096> piece{};
    while (const auto n = ::fread(piece.data(), 1, piece.size(), pipe))
      out.out.append(piece.data(), n);
    out.status = WEXITSTATUS(::pclose(pipe));
    return out;
  }

  /// The first cell, asked as the administrator of the embedded server.
  std::string sql(const std::string& domain, const std::string& text) const {
    return ask("nova_" + domain, text);
  }
  /// In the server's own database, which stays open when a domain's is shut.
  void administer(const std::string& text) const { ask("postgres", text); }

  std::string ask(const std::string& database, const std::string& text) const {
    std::ifstream postmaster(nova.data() + "/postgres/postmaster.pid"),
        secrets(nova.data() + "/postgres.secrets");
    std::string line, folder, password;
    for (int n = 1; n <= 5 && std::getline(postmaster, line); ++n) folder = line;
    for (std::string name, secret; secrets >> name >> secret;)
      if (name == "postgres") password = secret;
    auto db = storage::blocking_connection::open(
        "host=" + folder + " port=5432 user=postgres password=" + password + " dbname=" + database);
    REQUIRE(db.has_value());
    auto cell = db->text(text);
    INFO((cell ? "" : cell.error().detail));
    REQUIRE(cell.has_value());
    return *cell;
  }

  client::account person(const std::string& name) {
    std::string why;
    auto a = client::register_account(*http, name + client::unique_suffix(), &why);
    INFO(why);
    REQUIRE(a.has_value());
    return *a;
  }

  template <class F>
  bool until(F done) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < end) {
      if (done()) return true;
      std::this_thread::yield();
    }
    return false;
  }
};

}  // namespace nova::test
