// A domain's part of an account's export: the pages of its lists, one after the other. Most lists are made by handlers that clients
// call too. Used by export_handlers of domains; the gateway asks for page after page (gateway/transfer/export_download).
#pragma once

#include "actors/runtime/api/decision.hpp"
#include "protocols/core/page.hpp"
#include "protocols/views/views.pb.h"

#include <charconv>
#include <span>

namespace nova::runtime {

/// One list, or one object, as JSON. Its reply has `next_cursor` if it has pages.
template <class State>
struct export_list {
  std::string_view name;  ///< of the file, without number and ending
  const rpc::message_type* reply = nullptr;
  /// An empty cursor: the first page.
  outcome<State> (*page)(const State&, const std::string& cursor, const context&,
                         const reads&) = nullptr;
};

namespace export_parts {

/// "LIST.PAGE:CURSOR OF THE LIST"
struct place {
  std::size_t list = 0;
  std::size_t page = 1;
  std::string inner = {};
};

inline std::optional<place> read_place(const std::string& cursor) {
  place p;
  if (cursor.empty()) return p;
  const auto* end = cursor.data() + cursor.size();
  const auto list = std::from_chars(cursor.data(), end, p.list);
  if (list.ec != std::errc() || list.ptr == end || *list.ptr != '.') return std::nullopt;
  const auto page = std::from_chars(list.ptr + 1, end, p.page);
  if (page.ec != std::errc() || page.ptr == end || *page.ptr != ':') return std::nullopt;
  p.inner.assign(page.ptr + 1, end);
  return p;
}

inline std::string text_of(const place& p) {
  return std::to_string(p.list) + '.' + std::to_string(p.page) + ':' + p.inner;
}

inline std::string next_cursor_of(const rpc::message& reply) {
  const auto* field = reply.GetDescriptor()->FindFieldByName("next_cursor");
  return field == nullptr ? std::string() : reply.GetReflection()->GetString(reply, field);
}

}  // namespace export_parts

template <class State>
outcome<State> export_page(std::span<const export_list<State>> lists, const views::ExportRequest& q,
                           const State& s, const context& c, const reads& r) {
  const auto at = export_parts::read_place(q.cursor());
  if (!at || at->list >= lists.size())
    return invalid_field("cursor", "This is not a cursor that was given out.");
  const auto& list = lists[at->list];
  auto page = list.page(s, at->inner, c, r);
  auto* made = std::get_if<decision<State>>(&page);
  if (made == nullptr) return page;
  views::ExportReply reply;
  auto& file = *reply.add_files();
  file.set_name(std::string(list.name) + '-' + std::to_string(at->page) + ".json");
  std::string json;
  list.reply->write_json(*made->reply, json);
  file.set_json(std::move(json));
  if (auto next = export_parts::next_cursor_of(*made->reply); !next.empty())
    reply.set_next_cursor(export_parts::text_of({at->list, at->page + 1, std::move(next)}));
  else if (at->list + 1 < lists.size())
    reply.set_next_cursor(export_parts::text_of({at->list + 1}));
  decision<State> d;
  d.reply = share(std::move(reply));
  return d;
}

}  // namespace nova::runtime
