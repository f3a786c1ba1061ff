// Says what in a history cannot be: pure, no clock, no sockets. Called by the crash test at rest; checker_test.cpp plants
// each fault and sees that it is found.
#pragma once

#include "tests/crash/history.hpp"

#include <string>
#include <vector>

namespace nova::crash {

enum class fault {
  lost,  ///< acknowledged, and not there (a message, an edit, a recall, a reaction, an account, a member)
  doubled,  ///< one client_id twice in a conversation, or one message twice on one connection
  reordered,  ///< a connection was told messages or changes out of order, or members see different orders
  phantom,      ///< there, and nobody asked for it
  sequence,     ///< seq of a conversation is not 1..n
  hole,         ///< a stream left messages out without an explicit gap, or ended too early
  stale,        ///< a device's last view of a message is not what the history says
  unread,       ///< an unread count or a read mark is wrong
  idempotency,  ///< one client_id had two answers, or was accepted with another body
  profile,      ///< an account without profile, or a profile without account
  receipt,      ///< a receipt goes backwards, says what nobody read, or did not come
  presence,     ///< somebody is shown as present who is not, or the reverse
  undrained,    ///< an event that its consumer did not take, or a hole in the outbox
  stale_epoch,  ///< a write by a lane whose shards belonged to another one
  effect,       ///< an event took no effect in another domain, took it twice, or out of order
  block,        ///< a block that was acknowledged does not hold, or one that was taken back does
  stalled,      ///< nobody was served while a strike concerned a few rows only
  undurable,    ///< acknowledged while no standby had it
};

std::string_view name_of(fault f) noexcept;

struct violation {
  fault what;
  std::string detail;
};

/// Whether a block was set or taken back between the two accounts of a direct conversation: marks may be withheld there.
bool block_between(const history& h, std::string_view conversation);

/// The history of a copy that was begun when `then` had been seen: that is in it, and what came later, in `now`, may be. Streams
/// and probes are of another server and left out; the state at rest is to be read anew.
history as_of(const history& then, const history& now);

/// Everything that is wrong; empty when nothing is.
std::vector<violation> check(const history& h);

}  // namespace nova::crash
