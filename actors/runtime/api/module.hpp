// A domain as a module of the process: its name, its tables, its keys, its factory, and its hooks at the edge. Each
// actors/<noun>/<noun>_descriptor exports one as `descriptor()`; actors/domain_modules.hpp lists them for gateway/main.cpp.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "actors/runtime/api/side_works.hpp"
#include "protocols/core/blobs.hpp"
#include "storage/database/migration_file.hpp"

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nova::runtime {

/// Secrets of the installation by name, 32 random bytes each. They survive restarts.
using kept_keys = std::map<std::string, std::string, std::less<>>;

/// Reports a committed event to the edge, on the node that committed it. A crash loses calls that were not made yet.
struct edge_tap {
  const rpc::event_type* event = nullptr;
  /// Called on an actor's thread; must not block.
  void (*tell)(const rpc::message& event, rpc::push_sink& edge) = nullptr;
};

/// The stores of the process, for work beside the actors.
struct side_stores {
  blobs::store& media;
  blobs::store& segments;  ///< of live streams
};

/// Work beside the actors, and the domain's events that it is told of.
template <class Settings>
struct works_beside {
  std::vector<const rpc::event_type*> events{};
  /// Empty: none.
  std::function<std::unique_ptr<side_works>(const Settings&, const side_stores&)> make{};
};

/// Makes the push that tells a watcher of an account's presence. `last_seen` is 0 when this node never saw the account.
using presence_push =
    std::function<rpc::push_ptr(const uuid& account, bool online, unix_ms last_seen)>;

/// A call to one of the domain's methods that keeps when an account was last online.
struct seen_note {
  const rpc::method* method = nullptr;
  rpc::message_ptr (*request)(unix_ms at) = nullptr;
};

/// A kind of push that the domain sends at a pace (outgoing::pace). A gateway without the domain finds the pace here.
struct paced_push {
  const rpc::push_type* push = nullptr;
  const push_pace* pace = nullptr;
};

/// The events by which the domains of a process answer auth about one account.
struct account_answers {
  std::vector<const rpc::event_type*> registrations, erasures;
};

/// `Settings` is the domain's own struct in its descriptor, and all settings of the process in the list.
template <class Settings>
struct domain_module {
  std::string_view name;
  std::span<const storage::migration> migrations;
  /// Files in `<data>/keys` that the process makes at the first start and passes to `make`.
  std::vector<std::string_view> keys{};
  /// Called once a start. Throws std::invalid_argument when a key is missing or too short.
  std::function<domain(const Settings&, const kept_keys&)> make;
  std::vector<edge_tap> taps{};
  std::vector<paced_push> paces{};
  /// At most one domain of a process sets it. Empty: none.
  presence_push presence{};
  /// At most one domain of a process sets it. No method: none.
  seen_note note_seen{};
  /// The event by which the domain says that it has all that it needs of a new account. Null: it needs nothing.
  const rpc::event_type* confirms_registration = nullptr;
  /// The event by which the domain answers auth's EraseAccount. Null: it keeps nothing of accounts.
  const rpc::event_type* confirms_erasure = nullptr;
  /// Called behind `make` with the answers of all modules of the process. At most one domain sets it: registrations and ends of
  /// accounts wait for all of them.
  void (*await_answers)(domain&, const account_answers&) = nullptr;
  works_beside<Settings> beside{};
};

/// The same module for a caller that holds all settings; `section` is the member with the domain's own settings.
template <class All, class Holder, class Settings>
domain_module<All> in_section(domain_module<Settings> m, Settings Holder::*section) {
  std::function<std::unique_ptr<side_works>(const All&, const side_stores&)> beside;
  if (m.beside.make)
    beside = [make = m.beside.make, section](const All& s, const side_stores& stores) {
      return make(s.*section, stores);
    };
  return {m.name,
          m.migrations,
          std::move(m.keys),
          [make = std::move(m.make), section](const All& s, const kept_keys& keys) {
            return make(s.*section, keys);
          },
          std::move(m.taps),
          std::move(m.paces),
          std::move(m.presence),
          m.note_seen,
          m.confirms_registration,
          m.confirms_erasure,
          m.await_answers,
          {std::move(m.beside.events), std::move(beside)}};
}

/// The answers that these modules give.
template <class Modules>
account_answers answers_of(const Modules& modules) {
  account_answers out;
  for (const auto& m : modules) {
    if (m.confirms_registration) out.registrations.push_back(m.confirms_registration);
    if (m.confirms_erasure) out.erasures.push_back(m.confirms_erasure);
  }
  return out;
}

}  // namespace nova::runtime
