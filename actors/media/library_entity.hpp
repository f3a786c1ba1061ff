// The uploads and media of one account. Virtual entity `library`, keyed by account_id. Handlers: upload_handlers.cpp,
// media_handlers.cpp, recording_handlers.cpp, export_handlers.cpp, erasure_handlers.cpp. The only writer of the account's uploads and media; references are a read model.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "storage/media/media_rows.hpp"

#include <map>
#include <string>
#include <string_view>

namespace google::protobuf {
class StringValue;
}
namespace nova::auth {
class AccountClosed;
class AccountReopened;
class EraseAccount;
}  // namespace nova::auth
namespace nova::transfer {
class OpenRequest;
class StateRequest;
class GrantRequest;
class ReportRequest;
class FinishRequest;
class EndRequest;
class KeptRequest;
}  // namespace nova::transfer
namespace nova::streaming {
class StreamEnded;
}
namespace nova::user {
class AccountErased;
}
namespace nova::views {
class ExportRequest;
}

namespace nova::media {

class MediaRequest;
class EditMediaRequest;
class UsageRequest;
class ProcessedRequest;
class RecordedRequest;

struct open_upload {
  upload_row row;
  std::string writer;  ///< the grant in force; empty: no writer
};

struct library_state {
  uuid account{};
  std::int64_t used = 0;
  bool closed = false;
  std::map<uuid, open_upload> uploads;  ///< without a medium; at most settings.uploads_per_account
};

struct library_entity {
  using state = library_state;
  using outcome = runtime::outcome<state>;
  using context = runtime::context;
  using reads = runtime::reads;

  /// The kind with its handlers, for the descriptor.
  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view key, const reads& r);
  static std::size_t weight(const state& s) { return sizeof s + 600 * s.uploads.size(); }

  // upload_handlers.cpp
  static outcome open_upload(const state&, const transfer::OpenRequest&, const context&,
                             const reads&);
  static outcome upload_state(const state&, const transfer::StateRequest&, const context&,
                              const reads&);
  static outcome grant_writing(const state&, const transfer::GrantRequest&, const context&,
                               const reads&);
  static outcome report_written(const state&, const transfer::ReportRequest&, const context&,
                                const reads&);
  static outcome finish_upload(const state&, const transfer::FinishRequest&, const context&,
                               const reads&);
  static outcome end_upload(const state&, const transfer::EndRequest&, const context&,
                            const reads&);

  // media_handlers.cpp
  static outcome edit_media(const state&, const EditMediaRequest&, const context&, const reads&);
  static outcome delete_media(const state&, const MediaRequest&, const context&, const reads&);
  static outcome get_usage(const state&, const UsageRequest&, const context&, const reads&);
  static outcome note_processed(const state&, const ProcessedRequest&, const context&,
                                const reads&);
  static outcome note_recorded(const state&, const RecordedRequest&, const context&, const reads&);
  /// A recording is ordered.
  static outcome on_stream_ended(const state&, const streaming::StreamEnded&, const context&,
                                 const reads&);
  /// The end of an upload's time, and the looks at media that nothing shows.
  static outcome on_due(const state&, const google::protobuf::StringValue&, const context&,
                        const reads&);

  // export_handlers.cpp
  static outcome list_kept(const state&, const transfer::KeptRequest&, const context&,
                           const reads&);
  static outcome export_part(const state&, const views::ExportRequest&, const context&,
                             const reads&);

  // erasure_handlers.cpp
  static outcome on_account_closed(const state&, const auth::AccountClosed&, const context&,
                                   const reads&);
  static outcome on_account_reopened(const state&, const auth::AccountReopened&, const context&,
                                     const reads&);
  static outcome on_erase_account(const state&, const auth::EraseAccount&, const context&,
                                  const reads&);
  /// Behind all that other domains told of the account: a recording that was ordered meanwhile goes as well.
  static outcome on_account_erased(const state&, const user::AccountErased&, const context&,
                                   const reads&);
};

}  // namespace nova::media
