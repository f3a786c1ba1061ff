// The goals of Nova on two shared cores, beside the reference of the same run. Only this file has these numbers; scenarios
// print each goal with its figure. A missed goal is printed and is never an error. Used by the scenarios.
#pragma once

#include <cstddef>

namespace nova::bench::goals {

/// durable-send, window 16: sends answered, as a share of the bare insert of 100 rows a transaction.
constexpr double share_of_bare_insert(std::size_t sockets) { return sockets > 64 ? 0.45 : 0.60; }
/// durable-send, window 16: CPU of the server, seconds per 1,000 sends.
constexpr double send_cpu_s_per_1000(std::size_t sockets) { return sockets > 64 ? 0.020 : 0.015; }
/// durable-send, window 1, 64 sockets: from the intended start to the answer.
constexpr double window_1_p99_ms = 15;
/// durable-send, open loop at half of the maximum.
constexpr double half_rate_p99_ms = 50;

/// fanout, one frame a write: CPU of the server for a delivery, beside a bare epoll loop that writes the same frames.
constexpr double fan_out_beside_bare = 1.25;
/// fanout, eight messages under way: CPU seconds of the server per million deliveries.
constexpr double fan_out_cpu_s_per_million = 1.2;

/// idle: user-space memory of one authenticated socket, in units of 1,000 bytes.
constexpr double idle_kb_per_socket = 4;

/// worst-account, with the rows of core review A5: pages of the account, its resume, and joins of a group of 50,000.
constexpr double worst_list_p99_ms = 10, worst_history_p99_ms = 5, worst_resume_ms = 100,
                 worst_join_shard_ms = 0.5;
/// worst-account: sends with a mention beside plain sends.
constexpr double mention_share_of_plain = 0.80;
/// worst-account: history of another account beside 200 lists of the worst one, against quiet.
constexpr double neighbour_p99_beside_quiet = 2;

/// events: of one source shard, many to a unit.
constexpr double read_model_events_per_s = 15'000;

/// login: logins a second, as a share of bare Argon2id with the same parameters in kept memory.
constexpr double share_of_bare_argon2id = 0.90;
/// login: time to refuse a login above the limit.
constexpr double shed_p99_ms = 100;

/// event-effect: from the call until the effect in another domain is on disk, at 2,000 events a second.
constexpr double event_p99_ms = 50;

/// reminders: 10,000 of one second, and the calls of others meanwhile beside their quiet p99.
constexpr double reminders_s = 5;
constexpr double reminders_beside_quiet = 2;

/// download: bytes a second of a large file, as a share of nginx's; CPU for a byte, beside nginx's.
constexpr double download_beside_nginx = 0.60, download_cpu_beside_nginx = 1.7;
/// download: an upload's bytes a second, as a share of a bare write with fsync.
constexpr double upload_beside_write = 0.50;
/// download: user-space memory for a transfer, with 1,000 slow ones at once.
constexpr double slow_transfer_kib = 256;
/// download: a picture of 12 megapixels, from its upload until it is ready.
constexpr double picture_ready_ms = 1'000;

/// live: CPU for a byte of what 1,000 players fetch, beside nginx's for the same files; of 20 streams at once, segments that a
/// playlist names later than RFC 8216 §6.2.2 allows behind the one before.
constexpr double play_cpu_beside_nginx = 1.5, late_segments = 0;
/// live-chat: from the intended send until a viewer has the message, with 10,000 viewers and 50 messages a second.
constexpr double chat_way_p99_ms = 1'000;

/// social: requests of 64 clients in a second, 1 % of them logins; the audit's limits at that rate.
constexpr double social_requests_per_s = 3'000;
constexpr double social_login_p99_ms = 50, social_feed_p99_ms = 200;
/// social: beside the audit's system under the same load.
constexpr double social_beside_monolith = 10;

/// timelines: pages at 500 a second; flat out, as a share of the bare statement on one connection.
constexpr double feed_page_p99_ms = 10, feed_pages_beside_bare = 0.35;
/// timelines: entries of a post's readers, beside a bare INSERT … SELECT of the same rows; pages of others meanwhile.
constexpr double fan_out_rows_beside_bare = 0.40, fan_out_others_beside_quiet = 2;

/// search: documents published, taken and indexed in a second.
constexpr double search_documents_per_s = 3'000;
/// search: tables and indexes beside the bytes of the texts.
constexpr double search_disk_beside_text = 4;
/// search: questions of one client, one after the other.
constexpr double search_questions_per_s = 200;
/// search: open loop at 100 a second.
constexpr double search_p99_ms = 50;
/// search: of what a scan over all texts finds for 2 to 4 characters of Chinese, Japanese or Korean.
constexpr double search_cjk_recall = 0.99;
constexpr double search_recall_at_10 = 0.95;

/// call-across: open loop at 1,000 a second; calls of 100 bytes over one link.
constexpr double call_across_p99_ms = 2, envelopes_per_s = 500'000;

/// send-across: CPU of all processes and PostgreSQL for a send, with gateway, messaging and the other domains on three nodes,
/// beside one process.
constexpr double send_across_beside_one = 1.6;
/// fanout-across: CPU of all processes and PostgreSQL for a delivery over two gateway nodes, beside one process.
constexpr double fan_out_across_beside_one = 1.25;
/// fanout-across: bytes that the node of messaging sends over its links for a message, in the largest room beside the smallest.
constexpr double link_bytes_beside_small_room = 1.1;

/// moves: time without an answer of a part, and calls that failed.
constexpr double move_ms = 150;
constexpr double failed_by_moves = 0;

/// fail-over, of a killed and of a frozen node: from the fault to the answer of a write that was sent after it, by part.
constexpr double fail_over_p99_ms = 3'500;

/// herd: until the last socket is back at another gateway, and statements of auth's own meanwhile.
constexpr double herd_back_s = 60, herd_auth_queries = 0;

}  // namespace nova::bench::goals
