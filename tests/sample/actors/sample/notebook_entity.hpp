// One account's notes. Handlers: notebook_handlers.cpp. The only writer of the account's rows.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "storage/sample/sample_rows.hpp"

#include <string_view>

namespace google::protobuf {
class StringValue;
}
namespace nova::auth {
class AccountRegistered;
}

namespace nova::sample {

class CreateNoteRequest;
class GetNoteRequest;
class ListNotesRequest;

struct notebook_state {
  uuid account{};
  std::int64_t notes = 0;
};

struct notebook_entity {
  using state = notebook_state;
  using outcome = runtime::outcome<state>;
  using context = runtime::context;
  using reads = runtime::reads;

  /// The kind with its handlers, for the descriptor.
  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view key, const reads& r);
  static std::size_t weight(const state& s) { return sizeof s; }

  static outcome create_note(const state&, const CreateNoteRequest&, const context&, const reads&);
  static outcome get_note(const state&, const GetNoteRequest&, const context&, const reads&);
  static outcome list_notes(const state&, const ListNotesRequest&, const context&, const reads&);

  /// Handles auth's event: writes the first note, once.
  static outcome on_account_registered(const state&, const auth::AccountRegistered&, const context&,
                                       const reads&);
  /// Handles the reminder of a note; the reminder's name is the note's id.
  static outcome on_due(const state&, const google::protobuf::StringValue&, const context&,
                        const reads&);
};

}  // namespace nova::sample
