// Stand-ins for the domains whose events feed takes: each publishes the events that a test gives it, through a real outbox. Used
// by the tests of feed and by the bench of search.
#pragma once

#include "tests/support/domain_node.hpp"

#include <google/protobuf/message.h>

namespace nova::test {

/// A domain of this name that does nothing but publish.
domain_part event_source(const std::string& name);

/// Publishes the event from its domain's stand-in, which must be on the node. Returns when it is committed.
void publish(domain_node& node, const rpc::event_type& type, const google::protobuf::Message& e);
/// The same without the wait: the future holds an error when nothing was committed.
std::future<rpc::reply_result> begin_publish(domain_node& node, const rpc::event_type& type,
                                             const google::protobuf::Message& e);

}  // namespace nova::test
