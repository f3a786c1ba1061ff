#include "protocols/session/missed.hpp"

#include "protocols/session/session.nova.hpp"

namespace nova::session {

void add_push(MissedReply& to, const rpc::push_type& type, const rpc::message& body) {
  auto& item = *to.add_items();
  item.set_method(type.rpc.data(), type.rpc.size());
  body.SerializeToString(item.mutable_params());
}

void add_gap(MissedReply& to, std::string conversation_id, std::int64_t from_seq,
             std::int64_t to_seq) {
  Gap gap;
  gap.set_conversation_id(std::move(conversation_id));
  gap.set_from_seq(from_seq);
  gap.set_to_seq(to_seq);
  add_push(to, gap_push(), gap);
}

}  // namespace nova::session
