// TLS of one client connection on buffers in memory: the owner moves the bytes. The server's certificate is not checked: tests and
// benches use one that they have just made. Used by joining_stream.hpp.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace nova::client {

class client_tls {
 public:
  client_tls();
  ~client_tls();

  /// Takes what is to be sent; what goes onto the wire is appended to `wire`, at the latest when the handshake is over. False: TLS
  /// has failed.
  bool send(std::string_view plain, std::string& wire);
  /// Takes what came from the wire. Appends what it says to `plain` and answers of TLS itself to `wire`. False: TLS has failed, or
  /// the server has ended it.
  bool receive(std::string_view cipher, std::string& plain, std::string& wire);

 private:
  struct body;
  bool advance(std::string& wire);
  std::unique_ptr<body> body_;
};

}  // namespace nova::client
