// Database servers beside Nova, one of which takes over from another: the part of them that a crash run needs. tests/cluster
// implements it with Patroni.
#pragma once

#include <string>

namespace nova::crash {

enum class replacement { killed, frozen, switched };

class replicated_servers {
 public:
  virtual ~replicated_servers() = default;

  /// Nova's settings; its connection strings name all servers.
  virtual std::string settings_file() const = 0;
  /// For an administrator's session on the primary.
  virtual std::string conninfo(const std::string& database) const = 0;
  /// Waits until every server serves or follows, and one of them has each commit before it is answered.
  virtual bool await_whole(std::string& why) = 0;
  /// Strikes the primary, and returns when another server has carried out its first commit.
  virtual bool replace_primary(replacement how, std::string& why) = 0;
  /// Lets the server that was struck go on. Does not wait for it. Not called after the last strike of a run.
  virtual bool give_back(std::string& why) = 0;
};

}  // namespace nova::crash
