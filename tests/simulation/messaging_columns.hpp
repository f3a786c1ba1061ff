// Column positions of messaging's tables in memory, as in its migrations. Shared by memory_messaging*.cpp.
#pragma once

namespace nova::simulation {

enum conversation_column {
  c_id,
  c_kind,
  c_title,
  c_creator,
  c_created,
  c_rev,
  c_members,
  c_pruned,
  c_emptied
};
enum member_column {
  m_conversation,
  m_account,
  m_role,
  m_joined,
  m_read,
  m_delivered,
  m_active,
  m_marked
};
enum message_column {
  x_conversation,
  x_seq,
  x_id,
  x_sender,
  x_client,
  x_hash,
  x_rev,
  x_text,
  x_extras,
  x_reply,
  x_sent,
  x_edited,
  x_recalled,
  x_reacted
};
enum reaction_column { r_conversation, r_seq, r_account, r_emoji, r_at };
enum count_column { n_conversation, n_seq, n_emoji, n_count, n_first };
enum sent_column { s_conversation, s_account, s_seq, s_count };
enum change_column { h_conversation, h_rev, h_seq, h_body, h_at };

}  // namespace nova::simulation
