// Handler of inbox_entity for the export of an account: its conversations, and the messages that it has sent.
#include "actors/messaging/inbox_entity.hpp"
#include "actors/runtime/api/export_pages.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "storage/messaging/messaging_store.hpp"

#include <charconv>

namespace nova::messaging {
namespace {

using runtime::context;
using runtime::reads;
using outcome = inbox_entity::outcome;

constexpr std::int64_t page_rows = 200;

outcome conversations(const inbox_state& s, const std::string& cursor, const context& c,
                      const reads& r) {
  ListConversationsRequest q;
  q.set_limit(page_rows);
  if (!cursor.empty()) q.set_cursor(cursor);
  return inbox_entity::list_conversations(s, q, c, r);
}

/// The last message of the page before: "CONVERSATION/SEQ".
outcome sent(const inbox_state&, const std::string& cursor, const context& c, const reads& r) {
  const auto slash = cursor.find('/');
  const auto conversation = parse_uuid(std::string_view(cursor).substr(0, slash)).value_or(uuid{});
  std::int64_t seq = 0;
  if (slash != std::string::npos)
    std::from_chars(cursor.data() + slash + 1, cursor.data() + cursor.size(), seq);
  if (r.size() == 0)
    return runtime::need{
        {store::sent_messages(c.caller.account, conversation, seq, page_rows + 1)}};
  SentMessages reply;
  for (auto& m : read_messages(r.rows(0))) {
    if (reply.items_size() == page_rows) {
      const auto& last = reply.items(reply.items_size() - 1);
      reply.set_next_cursor(last.conversation_id() + '/' + std::to_string(last.seq()));
      break;
    }
    *reply.add_items() = std::move(m);
  }
  runtime::decision<inbox_state> d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

}  // namespace

outcome inbox_entity::export_part(const state& s, const views::ExportRequest& q, const context& c,
                                  const reads& r) {
  using rpc::message_type_of;
  static const runtime::export_list<inbox_state> lists[] = {
      {.name = "conversations",
       .reply = &message_type_of<ListConversationsReply>(),
       .page = conversations},
      {.name = "messages", .reply = &message_type_of<SentMessages>(), .page = sent}};
  return runtime::export_page<inbox_state>(lists, q, s, c, r);
}

}  // namespace nova::messaging
