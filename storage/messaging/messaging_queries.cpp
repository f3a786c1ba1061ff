#include "storage/messaging/messaging_queries.hpp"

namespace nova::messaging::queries {

using storage::merging;

// A message as messaging_rows reads it, from the alias `m`.
#define MESSAGE_COLUMNS(m)                                                                     \
  m ".conversation_id, " m ".seq, " m ".rev, " m ".message_id, " m ".sender_id, " m            \
    ".client_id, " m ".text, " m ".extras, " m ".reply_to, " m ".sent_at, " m ".edited_at, " m \
    ".recalled"
// `me` differs by statement, so reactions are joined where they are wanted.
#define MINE(me)                                                                            \
  "EXISTS (SELECT FROM reaction y WHERE y.conversation_id = x.conversation_id AND y.seq = " \
  "x.seq AND y.emoji = x.emoji AND y.account_id = " me ")"
#define REACTIONS_OF(me) \
  "LEFT JOIN LATERAL (SELECT array_agg(emoji) AS emojis, array_agg(n) AS counts, "  \
  "array_agg(mine) AS mine FROM (SELECT emoji, n, " MINE(me)                        \
  "::int::bigint AS mine FROM reaction_count x WHERE m.reacted AND "                \
  "x.conversation_id = m.conversation_id AND x.seq = m.seq ORDER BY first_at, emoji) g) r ON true "
#define LAST_MESSAGE                                                                        \
  "LEFT JOIN LATERAL (SELECT * FROM message m WHERE m.conversation_id = c.conversation_id " \
  "ORDER BY m.seq DESC LIMIT 1) l ON true "
// Behind a LIMIT the planner looks a row up by its key, also where its statistics are wrong.
#define MEMBER_BY_KEY(conversation, account)                                           \
  "CROSS JOIN LATERAL (SELECT * FROM member k WHERE k.conversation_id = " conversation \
  " AND k.account_id = " account " LIMIT 1) own "
#define CONVERSATION_BY_KEY(conversation)                                                    \
  "CROSS JOIN LATERAL (SELECT * FROM conversation k WHERE k.conversation_id = " conversation \
  " LIMIT 1) c "
// How many messages `me` sent up to the seq: the kept count of the blocks, and the rest of one block.
#define SENT_UPTO(me, upto)                                                             \
  "(coalesce((SELECT s.n FROM sent s WHERE s.conversation_id = c.conversation_id AND "  \
  "s.account_id = " me " AND s.seq <= " upto                                            \
  " ORDER BY s.seq DESC LIMIT 1), 0) + "                                                \
  "(SELECT count(*) FROM (SELECT u.sender_id FROM message u WHERE u.conversation_id = " \
  "c.conversation_id AND u.seq > " upto " - " upto " % 32 AND u.seq <= " upto           \
  " ORDER BY "                                                                          \
  "u.seq LIMIT 32) b WHERE b.sender_id = " me "))"
// Messages of others behind the own read mark that are not recalled. The newest 64 are counted; of more, what is kept is
// taken off, and at most 200 recalled ones.
#define UNREAD(me) \
  "CASE WHEN coalesce(l.seq, 0) - own.read_seq <= 64 THEN (SELECT count(*) FROM (SELECT "      \
  "u.sender_id, u.recalled FROM message u WHERE u.conversation_id = c.conversation_id AND "    \
  "u.seq > own.read_seq ORDER BY u.seq LIMIT 64) b WHERE b.sender_id <> " me                   \
  " AND NOT b.recalled) ELSE l.seq - own.read_seq - " SENT_UPTO(me, "l.seq") " + " SENT_UPTO(  \
      me, "own.read_seq") " - (SELECT count(*) FROM (SELECT u.sender_id FROM message u WHERE " \
  "u.conversation_id = c.conversation_id AND u.seq > own.read_seq AND u.recalled ORDER BY "    \
  "u.seq DESC LIMIT 200) b WHERE b.sender_id <> " me ") END"
#define SUMMARY_COLUMNS(me)                                                         \
  "c.conversation_id, c.kind::bigint, c.title, c.rev, c.created_at, own.read_seq, " \
  "own.delivered_seq, coalesce(l.seq, 0), " UNREAD(me) ", c.member_count, " MESSAGE_COLUMNS("l")

// ---- conversations

const query load_conversation{
    "messaging.load_conversation",
    "SELECT kind::bigint, title, created_at, rev FROM conversation WHERE conversation_id = $1"};

const query load_members{
    "messaging.load_members",
    "SELECT account_id, role::bigint, joined_at, read_seq, delivered_seq, active_at "
    "FROM member WHERE conversation_id = $1 ORDER BY account_id"};

const query load_recent{"messaging.load_recent",
                        "SELECT seq, sender_id, client_id, message_id, sent_at, body_hash "
                        "FROM message WHERE conversation_id = $1 ORDER BY seq DESC LIMIT $2"};

const query load_blocked{
    "messaging.load_blocked",
    "SELECT true FROM direct_pair d JOIN block b ON (b.blocker = d.low AND b.blocked = d.high) "
    "OR (b.blocker = d.high AND b.blocked = d.low) WHERE d.conversation_id = $1 LIMIT 1"};

const query insert_conversation{
    "messaging.insert_conversation",
    "INSERT INTO conversation (conversation_id, kind, title, created_by, created_at, rev, "
    "member_count) VALUES ($1, $2::bigint::smallint, $3, $4, $5, 0, $6)"};

const query insert_direct_pair{
    "messaging.insert_direct_pair",
    "INSERT INTO direct_pair (low, high, conversation_id) VALUES ($1, $2, $3)"};

const query insert_members{
    "messaging.insert_members",
    "INSERT INTO member (conversation_id, account_id, role, joined_at, read_seq, delivered_seq, "
    "active_at) SELECT $1, account, $3::bigint::smallint, $4, $5::bigint, $5::bigint, "
    "$6::timestamptz FROM unnest($2::uuid[]) account"};

const query delete_member{"messaging.delete_member",
                          "DELETE FROM member WHERE conversation_id = $1 AND account_id = $2"};

const query set_role{
    "messaging.set_role",
    "UPDATE member SET role = $3::bigint::smallint WHERE conversation_id = $1 AND account_id = $2"};

const query set_title{"messaging.set_title",
                      "UPDATE conversation SET title = $2 WHERE conversation_id = $1"};

const query set_rev{"messaging.set_rev",
                    "UPDATE conversation c SET rev = x.rev FROM unnest($1::uuid[], $2::bigint[]) "
                    "AS x(id, rev) WHERE c.conversation_id = x.id",
                    merging::last,
                    50,
                    1,
                    {"uuid[]", "bigint[]"}};

const query set_member_count{"messaging.set_member_count",
                             "UPDATE conversation c SET member_count = x.n, emptied_at = CASE WHEN "
                             "x.n = 0 THEN x.at END FROM unnest($1::uuid[], $2::bigint[], "
                             "$3::timestamptz[]) AS x(id, n, at) WHERE c.conversation_id = x.id",
                             merging::last,
                             51,
                             1,
                             {"uuid[]", "bigint[]", "timestamptz[]"}};

#define EMPTY_CONVERSATIONS                                                                        \
  "WITH k AS (SELECT conversation_id FROM conversation WHERE emptied_at < $1 ORDER BY emptied_at " \
  "LIMIT $2::bigint)"
#define ROWS_OF_EMPTY(columns, table)                                       \
  "SELECT " columns " FROM k CROSS JOIN LATERAL (SELECT z.ctid FROM " table \
  " z WHERE z.conversation_id = k.conversation_id LIMIT $2::bigint) y LIMIT $2::bigint"
#define COUNT_OF_EMPTY(table) " UNION ALL (" ROWS_OF_EMPTY("1", table) ")"
#define DELETE_OF_EMPTY(name, table)  \
  ", " name " AS (DELETE FROM " table \
  " WHERE ctid = ANY (ARRAY(" ROWS_OF_EMPTY("y.ctid", table) ")))"
#define NONE_LEFT(table) \
  " AND NOT EXISTS (SELECT FROM " table " z WHERE z.conversation_id = c.conversation_id)"

const query due_empty{
    "messaging.due_empty", EMPTY_CONVERSATIONS
    " SELECT count(*) FROM (SELECT FROM (SELECT 1 FROM k" COUNT_OF_EMPTY("reaction")
        COUNT_OF_EMPTY("reaction_count") COUNT_OF_EMPTY("change") COUNT_OF_EMPTY("sent")
            COUNT_OF_EMPTY("message") COUNT_OF_EMPTY("taken_back") ") a LIMIT $2::bigint) b"};

const query clear_empty{
    "messaging.clear_empty",
    EMPTY_CONVERSATIONS DELETE_OF_EMPTY("d1", "reaction") DELETE_OF_EMPTY("d2", "reaction_count")
        DELETE_OF_EMPTY("d3", "change") DELETE_OF_EMPTY("d4", "sent")
            DELETE_OF_EMPTY("d5", "message") DELETE_OF_EMPTY("d6", "taken_back")
    " DELETE FROM conversation c USING k WHERE c.conversation_id = "
    "k.conversation_id" NONE_LEFT("reaction") NONE_LEFT("reaction_count") NONE_LEFT("change")
        NONE_LEFT("sent") NONE_LEFT("message") NONE_LEFT("taken_back")};

const query list_member{
    "messaging.list_member",
    "UPDATE member m SET active_at = x.at FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) "
    "AS "
    "x(conversation, account, at) WHERE m.conversation_id = x.conversation AND m.account_id = "
    "x.account",
    merging::last,
    63,
    2,
    {"uuid[]", "uuid[]", "timestamptz[]"}};

const query find_direct{"messaging.find_direct",
                        "SELECT conversation_id FROM direct_pair WHERE low = $1 AND high = $2"};

// A place in the list lies at most $5 before the last activity. So a page needs the conversations whose place is not more than
// $5 before that of the $4th which surely lies behind the cursor; of these, and of those without a place, the last activity
// is looked up.
const query list_conversations{
    .name = "messaging.list_conversations",
    .sql =
        "WITH placed AS (SELECT conversation_id FROM member WHERE account_id = $1 AND active_at <= "
        "$2::timestamptz AND active_at >= coalesce((SELECT active_at FROM member WHERE account_id "
        "= $1 "
        "AND active_at < $2::timestamptz - $5::bigint * interval '1 millisecond' ORDER BY "
        "active_at "
        "DESC OFFSET $4::bigint LIMIT 1) - $5::bigint * interval '1 millisecond', '-infinity') "
        "UNION ALL SELECT conversation_id FROM member WHERE account_id = $1 AND active_at IS "
        "NULL), "
        "page AS (SELECT x.conversation_id, a.active_at FROM placed x CROSS JOIN LATERAL (SELECT "
        "coalesce((SELECT m.sent_at FROM message m WHERE m.conversation_id = k.conversation_id "
        "ORDER BY m.seq DESC LIMIT 1), k.created_at) AS active_at FROM conversation k WHERE "
        "k.conversation_id = x.conversation_id LIMIT 1) a WHERE (a.active_at, x.conversation_id) < "
        "($2::timestamptz, $3::uuid) ORDER BY 2 DESC, 1 DESC LIMIT $4::bigint) "
        "SELECT " SUMMARY_COLUMNS("$1") ", page.active_at FROM page " CONVERSATION_BY_KEY(
            "page.conversation_id") MEMBER_BY_KEY("page.conversation_id", "$1") LAST_MESSAGE
    "ORDER BY page.active_at DESC, c.conversation_id DESC",
    .read = {.slow = true, .account_param = 0}};

const query conversation_summary{
    "messaging.conversation_summary",
    "SELECT " SUMMARY_COLUMNS("$2") " FROM conversation c " MEMBER_BY_KEY("c.conversation_id", "$2")
        LAST_MESSAGE "WHERE c.conversation_id = $1"};

const query conversation_members{
    "messaging.conversation_members",
    "SELECT m.conversation_id, m.account_id, m.role::bigint, m.joined_at, m.read_seq, "
    "m.delivered_seq, p.handle, p.display_name FROM unnest($1::uuid[]) AS c(id) CROSS JOIN LATERAL "
    "(SELECT * FROM member x WHERE x.conversation_id = c.id ORDER BY x.account_id LIMIT "
    "$2::bigint) m "
    "LEFT JOIN person p ON p.account_id = m.account_id"};

const query list_members{
    "messaging.list_members",
    "SELECT m.conversation_id, m.account_id, m.role::bigint, m.joined_at, m.read_seq, "
    "m.delivered_seq, p.handle, p.display_name FROM member m LEFT JOIN person p USING (account_id) "
    "WHERE m.conversation_id = $1 AND m.account_id > $2 ORDER BY m.account_id LIMIT $3::bigint"};

// ---- messages

const query insert_message{
    "messaging.insert_message",
    "INSERT INTO message (conversation_id, seq, message_id, sender_id, client_id, body_hash, rev, "
    "text, extras, reply_to, sent_at) SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], "
    "$4::uuid[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::bytea[], $10::bigint[], "
    "$11::timestamptz[])",
    merging::rows,
    10,
    1,
    {"uuid[]", "bigint[]", "uuid[]", "uuid[]", "text[]", "bigint[]", "bigint[]", "text[]",
     "bytea[]", "bigint[]", "timestamptz[]"}};

const query count_sent{
    "messaging.count_sent",
    "INSERT INTO sent (conversation_id, account_id, seq, n) SELECT x.conversation, x.account, "
    "x.seq, "
    "(coalesce((SELECT s.n FROM sent s WHERE s.conversation_id = x.conversation AND s.account_id = "
    "x.account ORDER BY s.seq DESC LIMIT 1), 0) + sum(x.n) OVER (PARTITION BY x.conversation, "
    "x.account ORDER BY x.seq))::bigint FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], "
    "$4::bigint[]) AS x(conversation, account, seq, n)",
    merging::rows,
    11,
    1,
    {"uuid[]", "uuid[]", "bigint[]", "bigint[]"}};

const query find_by_client_id{
    "messaging.find_by_client_id",
    "SELECT seq, message_id, sent_at, body_hash FROM message WHERE conversation_id = $1 AND "
    "sender_id = $2 AND client_id = $3"};

const query message_head{
    "messaging.message_head",
    "SELECT sender_id, recalled, reacted FROM message WHERE conversation_id = $1 AND seq = $2"};

const query edit_message{"messaging.edit_message",
                         "UPDATE message SET text = $3, extras = $4, edited_at = $5, rev = $6 "
                         "WHERE conversation_id = $1 AND seq = $2"};

const query recall_message{
    "messaging.recall_message",
    "UPDATE message SET text = '', extras = '', recalled = true, reacted = false, rev = $3 "
    "WHERE conversation_id = $1 AND seq = $2"};

const query history_back{"messaging.history_back",
                         "SELECT " MESSAGE_COLUMNS("m") ", r.emojis, r.counts, r.mine FROM message m " REACTIONS_OF("$5")
                         "WHERE m.conversation_id = $1 AND m.seq < $2 AND m.seq > $3 "
                         "ORDER BY m.seq DESC LIMIT $4::bigint"};

const query history_forward{
    "messaging.history_forward",
    "SELECT " MESSAGE_COLUMNS("m") ", r.emojis, r.counts, r.mine FROM message m " REACTIONS_OF("$5")
    "WHERE m.conversation_id = $1 AND m.seq < $2 AND m.seq > $3 "
    "ORDER BY m.seq LIMIT $4::bigint"};

// Along the conversations of the account; its cost grows with their messages.
const query sent_messages{
    .name = "messaging.sent_messages",
    .sql = "SELECT " MESSAGE_COLUMNS("m") ", r.emojis, r.counts, r.mine FROM member own JOIN message "
           "m ON m.conversation_id = own.conversation_id " REACTIONS_OF("$1")
           "WHERE own.account_id = $1 AND m.sender_id = $1 AND (m.conversation_id, m.seq) > "
           "($2::uuid, $3::bigint) ORDER BY m.conversation_id, m.seq LIMIT $4::bigint",
    .read = {.slow = true, .account_param = 0}};

const query insert_change{"messaging.insert_change",
                          "INSERT INTO change (conversation_id, rev, seq, body, at) "
                          "VALUES ($1, $2, $3, $4, $5)"};

// The body of an edit begins with its kind: field 1, six bytes.
const query delete_edits{"messaging.delete_edits",
                         "DELETE FROM change WHERE conversation_id = $1 AND seq = $2 AND "
                         "substring(body FROM 1 FOR 8) = '\\x0a06656469746564'::bytea"};

const query due_changes{
    "messaging.due_changes",
    "SELECT count(*) FROM (SELECT FROM change WHERE at < $1 LIMIT $2::bigint) x"};

const query clear_changes{
    "messaging.clear_changes",
    "WITH old AS (SELECT conversation_id, rev FROM change WHERE at < $1 ORDER BY at LIMIT "
    "$2::bigint), told AS (UPDATE conversation c SET pruned_rev = greatest(c.pruned_rev, x.rev) "
    "FROM (SELECT conversation_id, max(rev) AS rev FROM old GROUP BY conversation_id) x WHERE "
    "c.conversation_id = x.conversation_id) DELETE FROM change h USING old WHERE "
    "h.conversation_id = old.conversation_id AND h.rev = old.rev"};

const query insert_reaction{
    "messaging.insert_reaction",
    "WITH one AS (INSERT INTO reaction (conversation_id, seq, account_id, emoji, at) "
    "VALUES ($1, $2, $3, $4, $5)) INSERT INTO reaction_count AS c (conversation_id, seq, emoji, n, "
    "first_at) VALUES ($1, $2, $4, 1, $5) ON CONFLICT (conversation_id, seq, emoji) DO UPDATE SET "
    "n = c.n + 1"};

const query delete_reaction{
    "messaging.delete_reaction",
    "WITH one AS (DELETE FROM reaction WHERE conversation_id = $1 AND seq = $2 AND account_id = $3 "
    "AND emoji = $4 RETURNING 1) UPDATE reaction_count SET n = n - (SELECT count(*) FROM one) "
    "WHERE "
    "conversation_id = $1 AND seq = $2 AND emoji = $4"};

const query delete_spent_count{
    "messaging.delete_spent_count",
    "DELETE FROM reaction_count WHERE conversation_id = $1 AND seq = $2 AND emoji = $3 AND n = 0"};

const query delete_reaction_counts{
    "messaging.delete_reaction_counts",
    "DELETE FROM reaction_count WHERE conversation_id = $1 AND seq = $2"};

const query take_back{"messaging.take_back",
                      "INSERT INTO taken_back (conversation_id, seq, at) VALUES ($1, $2, $3) "
                      "ON CONFLICT DO NOTHING"};

// A message that is to be cleared counts as a row, each reaction of it as another.
const query due_reactions{
    "messaging.due_reactions",
    "SELECT count(*) FROM (SELECT FROM (SELECT t.seq FROM taken_back t WHERE t.at <= $1 UNION ALL "
    "SELECT r.seq FROM taken_back t JOIN reaction r USING (conversation_id, seq) WHERE t.at <= $1) "
    "a LIMIT $2::bigint) b"};

const query clear_reactions{
    "messaging.clear_reactions",
    "WITH k AS (SELECT conversation_id, seq FROM taken_back WHERE at <= $1 ORDER BY at LIMIT "
    "$2::bigint), v AS (SELECT k.conversation_id, k.seq, x.emoji, x.account_id FROM k CROSS JOIN "
    "LATERAL (SELECT emoji, account_id FROM reaction y WHERE y.conversation_id = k.conversation_id "
    "AND y.seq = k.seq LIMIT $2::bigint) x LIMIT $2::bigint), gone AS (DELETE FROM reaction r "
    "USING "
    "v WHERE r.conversation_id = v.conversation_id AND r.seq = v.seq AND r.emoji = v.emoji AND "
    "r.account_id = v.account_id) DELETE FROM taken_back t USING k WHERE t.conversation_id = "
    "k.conversation_id AND t.seq = k.seq AND (SELECT count(*) FROM (SELECT FROM reaction y WHERE "
    "y.conversation_id = k.conversation_id AND y.seq = k.seq LIMIT $2::bigint + 1) a) <= (SELECT "
    "count(*) FROM v WHERE v.conversation_id = k.conversation_id AND v.seq = k.seq)"};

const query mark_reacted{
    "messaging.mark_reacted",
    "UPDATE message SET reacted = true WHERE conversation_id = $1 AND seq = $2 AND NOT reacted"};

const query message_reactions{
    "messaging.message_reactions",
    "SELECT emoji, n, " MINE(
        "$3") " FROM reaction_count x WHERE conversation_id = $1 AND seq = $2"};

// ---- marks and resume

const query mark_read{
    "messaging.mark_read",
    "UPDATE member m SET read_seq = greatest(m.read_seq, x.seq), delivered_seq = "
    "greatest(m.delivered_seq, x.seq), marked_at = x.at FROM (SELECT conversation, account, "
    "max(seq), max(at) FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::timestamptz[]) "
    "AS r(conversation, account, seq, at) GROUP BY conversation, account) AS x(conversation, "
    "account, seq, at) WHERE m.conversation_id = x.conversation AND m.account_id = x.account",
    merging::rows,
    60,
    1,
    {"uuid[]", "uuid[]", "bigint[]", "timestamptz[]"}};

const query mark_delivered{
    "messaging.mark_delivered",
    "UPDATE member m SET delivered_seq = greatest(m.delivered_seq, x.seq), marked_at = x.at FROM "
    "(SELECT conversation, account, max(seq), max(at) FROM unnest($1::uuid[], $2::uuid[], "
    "$3::bigint[], $4::timestamptz[]) AS r(conversation, account, seq, at) GROUP BY conversation, "
    "account) AS x(conversation, account, seq, at) WHERE m.conversation_id = x.conversation AND "
    "m.account_id = x.account",
    merging::rows,
    61,
    1,
    {"uuid[]", "uuid[]", "bigint[]", "timestamptz[]"}};

const query mark_device{
    "messaging.mark_device",
    "INSERT INTO device_mark AS d (session_id, conversation_id, seq) SELECT session, conversation, "
    "max(seq) FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS x(session, conversation, seq) "
    "GROUP BY session, conversation ON CONFLICT (session_id, conversation_id) "
    "DO UPDATE SET seq = greatest(d.seq, excluded.seq), at = CASE WHEN d.at < now() - interval "
    "'1 day' THEN now() ELSE d.at END",
    merging::rows,
    62,
    1,
    {"uuid[]", "uuid[]", "bigint[]"}};

const query due_device_marks{
    "messaging.due_device_marks",
    "SELECT count(*) FROM (SELECT FROM device_mark WHERE at < $1 LIMIT $2::bigint) x"};

const query clear_device_marks{
    "messaging.clear_device_marks",
    "DELETE FROM device_mark WHERE (session_id, conversation_id) IN (SELECT session_id, "
    "conversation_id FROM device_mark WHERE at < $1 ORDER BY at LIMIT $2::bigint)"};

const query positions{
    "messaging.positions",
    "SELECT own.conversation_id, c.rev, coalesce(l.seq, 0), coalesce(d.seq, 0), own.read_seq, "
    "own.delivered_seq, own.marked_at, c.pruned_rev FROM member own "
    "JOIN conversation c USING (conversation_id) LEFT JOIN LATERAL (SELECT seq FROM message m "
    "WHERE m.conversation_id = own.conversation_id ORDER BY seq DESC LIMIT 1) l ON true "
    "LEFT JOIN device_mark d ON d.session_id = $2 AND d.conversation_id = own.conversation_id "
    "WHERE own.account_id = $1 ORDER BY coalesce(l.seq, 0) = 0, own.conversation_id"};

// Conversations that the device has a mark in and the account is no member of.
const query lost_conversations{
    "messaging.lost_conversations",
    "SELECT d.conversation_id FROM device_mark d WHERE d.session_id = $1 AND NOT EXISTS (SELECT "
    "FROM "
    "member m WHERE m.conversation_id = d.conversation_id AND m.account_id = $2) ORDER BY 1"};

const query conversation_heads{
    "messaging.conversation_heads",
    "SELECT c.conversation_id, c.kind::bigint, c.title, c.member_count FROM unnest($1::uuid[]) AS "
    "x(id) " CONVERSATION_BY_KEY("x.id")};

const query memberships{"messaging.memberships",
                        "SELECT conversation_id FROM member WHERE account_id = $1 AND "
                        "conversation_id = ANY($2::uuid[]) "
                        "ORDER BY conversation_id"};

const query missed_messages{
    "messaging.missed_messages",
    "SELECT " MESSAGE_COLUMNS("m")
    ", r.emojis, r.counts, r.mine FROM unnest($1::uuid[], $2::bigint[], "
    "$3::bigint[]) AS x(id, after, upto) CROSS JOIN LATERAL (SELECT * FROM message y WHERE "
    "y.conversation_id = x.id AND y.seq > x.after AND y.seq <= x.upto ORDER BY y.seq "
    "LIMIT greatest(0, x.upto - x.after)) m " REACTIONS_OF("$4") "ORDER BY m.conversation_id, m.seq"};

const query missed_changes{
    "messaging.missed_changes",
    "SELECT x.id, h.rev, h.seq, h.body FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS "
    "x(id, after, upto) CROSS JOIN LATERAL (SELECT * FROM change y WHERE y.conversation_id = x.id "
    "AND y.rev > x.after AND y.rev <= x.upto ORDER BY y.rev LIMIT greatest(0, x.upto - x.after)) h "
    "ORDER BY x.id, h.rev"};

const query change_span{
    "messaging.change_span",
    "SELECT x.id, min(h.seq), max(h.seq) FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], "
    "$4::bigint[]) AS x(id, after, upto, seen) JOIN change h ON h.conversation_id = x.id AND "
    "h.rev > x.after AND h.rev <= x.upto AND h.seq <= x.seen GROUP BY x.id"};

// ---- what other domains told

const query upsert_person{
    "messaging.upsert_person",
    "INSERT INTO person (account_id, handle, display_name) VALUES ($1, $2, $3) ON CONFLICT "
    "(account_id) DO UPDATE SET handle = excluded.handle, display_name = excluded.display_name"};

const query insert_block{
    "messaging.insert_block",
    "INSERT INTO block (blocker, blocked) VALUES ($1, $2) ON CONFLICT DO NOTHING"};

const query delete_block{"messaging.delete_block",
                         "DELETE FROM block WHERE blocker = $1 AND blocked = $2"};

// Each id is looked up by its key: with very many ids the planner would rather read the whole table.
const query known_persons{
    "messaging.known_persons",
    "SELECT p.account_id, p.handle, p.display_name FROM (SELECT DISTINCT unnest($1::uuid[]) AS id) "
    "x "
    "CROSS JOIN LATERAL (SELECT * FROM person k WHERE k.account_id = x.id LIMIT 1) p"};

const query persons_by_handle{
    "messaging.persons_by_handle",
    "SELECT account_id, handle, display_name FROM person WHERE lower(handle) = ANY ($1::text[])"};

const query blocks_between{
    "messaging.blocks_between",
    "SELECT b.blocker FROM unnest($2::uuid[]) AS x(other) CROSS JOIN LATERAL (SELECT k.blocker "
    "FROM "
    "block k WHERE k.blocker = $1 AND k.blocked = x.other LIMIT 1) b UNION ALL SELECT b.blocker "
    "FROM "
    "unnest($2::uuid[]) AS x(other) CROSS JOIN LATERAL (SELECT k.blocker FROM block k WHERE "
    "k.blocker = x.other AND k.blocked = $1 LIMIT 1) b LIMIT 1"};

// Without a row: everyone may write (1), people with a common conversation see the presence (2).
const query may_message{
    "messaging.may_message",
    "SELECT NOT EXISTS (SELECT FROM privacy p WHERE p.account_id = $2 AND (p.message_from = 3 OR "
    "(p.message_from = 2 AND NOT EXISTS (SELECT FROM follow f WHERE f.account_id = $2 AND "
    "f.followed_id = $1))))"};

// Those whose setting lets $1 see their presence, while no block stands between the two.
const query watchable{
    .name = "messaging.watchable",
    .sql =
        "SELECT x.id FROM (SELECT DISTINCT unnest($2::uuid[]) AS id) x CROSS JOIN LATERAL (SELECT "
        "coalesce((SELECT presence_to FROM privacy p WHERE p.account_id = x.id), 2) AS to_whom) p "
        "WHERE (x.id = $1 OR p.to_whom = 1 OR (p.to_whom = 2 AND EXISTS (SELECT FROM member b JOIN "
        "member a ON a.conversation_id = b.conversation_id AND a.account_id = $1 WHERE "
        "b.account_id = x.id))) AND NOT EXISTS (SELECT FROM block k WHERE k.blocker = $1 AND "
        "k.blocked = x.id) AND NOT EXISTS (SELECT FROM block k WHERE k.blocker = x.id AND "
        "k.blocked = $1)",
    .read = {.slow = true, .account_param = 0}};

// Members of a common conversation, without those whom a block separates.
const query conversation_partners{
    .name = "messaging.conversation_partners",
    .sql =
        "SELECT DISTINCT o.account_id FROM member m JOIN member o ON o.conversation_id = "
        "m.conversation_id WHERE m.account_id = $1 AND o.account_id <> $1 AND NOT EXISTS (SELECT "
        "FROM block k WHERE (k.blocker = $1 AND k.blocked = o.account_id) OR (k.blocker = "
        "o.account_id AND k.blocked = $1)) LIMIT $2::bigint",
    .read = {.slow = true, .account_param = 0}};

const query last_seen{"messaging.last_seen",
                      "SELECT s.account_id, s.at FROM (SELECT DISTINCT unnest($1::uuid[]) AS id) x "
                      "CROSS JOIN LATERAL (SELECT * FROM last_seen k WHERE k.account_id = x.id "
                      "LIMIT 1) s"};

const query note_seen{
    "messaging.note_seen",
    "INSERT INTO last_seen AS s (account_id, at) SELECT account, max(at) FROM unnest($1::uuid[], "
    "$2::timestamptz[]) AS x(account, at) GROUP BY account ON CONFLICT (account_id) DO UPDATE SET "
    "at = greatest(s.at, excluded.at)",
    merging::rows,
    64,
    1,
    {"uuid[]", "timestamptz[]"}};

const query insert_follow{
    "messaging.insert_follow",
    "INSERT INTO follow (account_id, followed_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"};

const query delete_follow{"messaging.delete_follow",
                          "DELETE FROM follow WHERE account_id = $1 AND followed_id = $2"};

const query put_privacy{
    "messaging.put_privacy",
    "INSERT INTO privacy (account_id, message_from, presence_to) VALUES ($1, $2::bigint::smallint, "
    "$3::bigint::smallint) ON CONFLICT (account_id) DO UPDATE SET message_from = "
    "excluded.message_from, presence_to = excluded.presence_to"};

std::vector<const query*> all() {
  return {&load_conversation,
          &load_members,
          &load_recent,
          &load_blocked,
          &insert_conversation,
          &insert_direct_pair,
          &insert_members,
          &delete_member,
          &set_role,
          &set_title,
          &set_rev,
          &set_member_count,
          &list_member,
          &find_direct,
          &list_conversations,
          &conversation_summary,
          &conversation_members,
          &list_members,
          &insert_message,
          &count_sent,
          &find_by_client_id,
          &message_head,
          &edit_message,
          &recall_message,
          &history_back,
          &history_forward,
          &sent_messages,
          &insert_change,
          &delete_edits,
          &due_changes,
          &due_empty,
          &clear_empty,
          &clear_changes,
          &insert_reaction,
          &delete_reaction,
          &delete_spent_count,
          &delete_reaction_counts,
          &take_back,
          &due_reactions,
          &clear_reactions,
          &mark_reacted,
          &message_reactions,
          &mark_read,
          &mark_delivered,
          &mark_device,
          &due_device_marks,
          &clear_device_marks,
          &positions,
          &lost_conversations,
          &conversation_heads,
          &memberships,
          &missed_messages,
          &missed_changes,
          &change_span,
          &upsert_person,
          &insert_block,
          &delete_block,
          &known_persons,
          &persons_by_handle,
          &blocks_between,
          &may_message,
          &watchable,
          &conversation_partners,
          &last_seen,
          &note_seen,
          &insert_follow,
          &delete_follow,
          &put_privacy};
}

}  // namespace nova::messaging::queries
