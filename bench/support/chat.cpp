// See chat.hpp.
#include "bench/support/chat.hpp"

#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

namespace nova::bench {

void describe(const chat_server& server, report& out) {
  const auto promise = server.promise();
  out.set("server", boost::json::string(server.name()));
  out.set("promise", boost::json::string(promise.text));
  out.set("promise_source", boost::json::string(promise.source));
  out.set("stored", promise.stored);
}

}  // namespace nova::bench
