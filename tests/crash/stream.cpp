// See stream.hpp.
#include "tests/crash/stream.hpp"

#include "tests/support/client/json_text.hpp"

#include <algorithm>

namespace nova::crash {

using client::find_number;
using client::find_string;
using kind = stream_event::kind;

namespace {

void read_message(stream_event& e, std::string_view params) {
  e.what =
      params.find(R"("recalled":true)") != std::string_view::npos ? kind::recalled : kind::message;
  e.seq = find_number(params, "seq").value_or(0);
  e.message_id = find_string(params, "message_id");
  e.text = find_string(params, "text");
}

void read_change(stream_event& e, std::string_view params) {
  const auto change = find_string(params, "kind");
  e.what = change == "edited"     ? kind::edited
           : change == "recalled" ? kind::recalled
                                  : kind::changed;
  e.seq = find_number(params, "seq").value_or(0);
  e.rev = find_number(params, "rev").value_or(0);
  if (e.what == kind::edited) e.text = find_string(params, "text");
}

void read_gap(stream_event& e, std::string_view params) {
  e.what = kind::gap;
  e.seq = find_number(params, "from_seq").value_or(0);
  e.to_seq = find_number(params, "to_seq").value_or(0);
}

void read_receipt(stream_event& e, std::string_view params) {
  e.what = kind::receipt;
  e.text = find_string(params, "account_id");
  e.seq = find_number(params, "read_seq").value_or(0);
  e.to_seq = find_number(params, "delivered_seq").value_or(0);
}

}  // namespace

std::optional<stream_event> read_push(std::string_view method, std::string_view params) {
  stream_event e;
  e.conversation = find_string(params, "conversation_id");
  if (method == "messaging.message") read_message(e, params);
  else if (method == "messaging.updated") read_change(e, params);
  else if (method == "session.gap") read_gap(e, params);
  else if (method == "messaging.receipt") read_receipt(e, params);
  else return std::nullopt;
  return e;
}

void seen_marks::take(const stream_event& e) {
  if (e.what == kind::opened || e.what == kind::receipt) return;
  auto& m = marks_[e.conversation];
  m.rev = std::max(m.rev, e.rev);
  if (e.what == kind::gap) m.seq = std::max(m.seq, e.to_seq);
  else if (!e.message_id.empty()) m.seq = std::max(m.seq, e.seq);
}

seen_marks::mark seen_marks::of(const std::string& conversation) const {
  const auto at = marks_.find(conversation);
  return at == marks_.end() ? mark{} : at->second;
}

std::string seen_marks::text() const {
  std::string out = "{";
  for (const auto& [id, m] : marks_) {
    if (out.size() > 1) out += ',';
    out += client::quoted(id) + R"(:{"seq":)" + std::to_string(m.seq) + R"(,"rev":)" +
           std::to_string(m.rev) + "}";
  }
  return out + "}";
}

}  // namespace nova::crash
