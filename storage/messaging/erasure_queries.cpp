#include "storage/messaging/erasure_queries.hpp"

namespace nova::messaging::queries {

using storage::query;

#define IN_THEM " AND conversation_id = ANY($3::uuid[])"
#define OTHER_NAME(conversation) "md5($2::text || " conversation ".conversation_id::text)::uuid"

const query conversations_of_account{
    .name = "messaging.conversations_of_account",
    .sql =
        "SELECT conversation_id FROM member WHERE account_id = $1 UNION "
        "SELECT c.conversation_id FROM conversation c WHERE c.created_by = $1 OR EXISTS (SELECT "
        "FROM message m WHERE m.conversation_id = c.conversation_id AND m.sender_id = $1) UNION "
        "SELECT conversation_id FROM reaction WHERE account_id = $1",
    .read = {.slow = true, .account_param = 0}};

// Of what messaging owns: cards and blocks are user's, and go by whichever of the two domains' events comes first.
const query count_erasure{.name = "messaging.count_erasure",
                          .sql =
                              "INSERT INTO erasure (account_id, erased, anonymised) SELECT $1, "
                              "(SELECT count(*) FROM reaction WHERE account_id = $1" IN_THEM
                              "), "
                              "(SELECT count(*) FROM member WHERE account_id = $1" IN_THEM
                              ") + "
                              "(SELECT count(*) FROM message WHERE sender_id = $1" IN_THEM
                              ") "
                              "WHERE $2::text IS NOT NULL ON CONFLICT DO NOTHING"};

const query forget_messages{
    .name = "messaging.forget_messages",
    .sql = "UPDATE message m SET sender_id = " OTHER_NAME("m") ", client_id = message_id::text, "
           "body_hash = 0, text = '', extras = '', recalled = true, reacted = false "
           "WHERE sender_id = $1" IN_THEM};

// Earlier texts of the messages, and every change that names the account.
const query forget_changes{
    .name = "messaging.forget_changes",
    .sql =
        "DELETE FROM change h WHERE (position(convert_to($1::uuid::text, 'UTF8') IN body) > 0 OR "
        "EXISTS (SELECT FROM message m WHERE m.conversation_id = h.conversation_id AND "
        "m.seq = h.seq AND m.sender_id = " OTHER_NAME("m") "))" IN_THEM};

// Before the messages lose their mark: the reactions of others on them are deleted in steps, as after a recall.
const query take_back_all{
    .name = "messaging.take_back_all",
    .sql =
        "INSERT INTO taken_back (conversation_id, seq, at) SELECT conversation_id, seq, now() "
        "FROM message WHERE sender_id = $1 AND reacted AND $2::text IS NOT NULL" IN_THEM
        " ON CONFLICT DO NOTHING"};

const query forget_counts{
    .name = "messaging.forget_counts",
    .sql =
        "UPDATE reaction_count k SET n = k.n - 1 FROM reaction x WHERE x.account_id = $1 AND "
        "k.conversation_id = x.conversation_id AND k.seq = x.seq AND k.emoji = x.emoji AND "
        "$2::text IS NOT NULL AND k.conversation_id = ANY($3::uuid[])"};

const query forget_empty_counts{
    .name = "messaging.forget_empty_counts",
    .sql =
        "DELETE FROM reaction_count k WHERE (n <= 0 OR EXISTS (SELECT FROM message m WHERE "
        "m.conversation_id = k.conversation_id AND m.seq = k.seq AND "
        "m.sender_id = " OTHER_NAME("m") ")) AND $1::uuid IS NOT NULL" IN_THEM};

const query forget_sent{
    .name = "messaging.forget_sent",
    .sql = "UPDATE sent s SET account_id = " OTHER_NAME("s") " WHERE account_id = $1" IN_THEM};

const query forget_reactions{
    .name = "messaging.forget_reactions",
    .sql = "DELETE FROM reaction WHERE account_id = $1 AND $2::text IS NOT NULL" IN_THEM};

const query forget_member{
    .name = "messaging.forget_member",
    .sql = "UPDATE member m SET account_id = " OTHER_NAME("m") " WHERE account_id = $1" IN_THEM};

// A chat has the title of its host's stream, and a change for each title that it had.
const query forget_chats{
    .name = "messaging.forget_chats",
    .sql =
        "WITH mine AS (SELECT conversation_id FROM chat WHERE host_id = $1), a AS (DELETE FROM "
        "chat_ban WHERE account_id = $1), b AS (UPDATE conversation SET title = NULL WHERE "
        "conversation_id IN (SELECT conversation_id FROM mine)), d AS (DELETE FROM change WHERE "
        "conversation_id IN (SELECT conversation_id FROM mine) AND position('title'::bytea IN "
        "body) > 0) UPDATE chat SET host_id = conversation_id WHERE host_id = $1"};

const query empty_chat_letters{
    .name = "messaging.empty_chat_letters",
    .sql =
        "UPDATE dead_letter SET type = 0, payload = '', reason = '' WHERE type IN ($3::bigint, "
        "$4::bigint) AND key IN (SELECT key FROM dead_letter WHERE type = $3::bigint AND "
        "position(convert_to($2, 'UTF8') IN payload) > 0 UNION ALL SELECT conversation_id::text "
        "FROM chat WHERE host_id = $1)"};

const query forget_maker{.name = "messaging.forget_maker",
                         .sql = "UPDATE conversation c SET created_by = " OTHER_NAME(
                             "c") " WHERE created_by = $1" IN_THEM};

const query forget_pair{
    .name = "messaging.forget_pair",
    .sql =
        "DELETE FROM direct_pair WHERE (low = $1 OR high = $1) AND $2::text IS NOT NULL" IN_THEM};

#undef OTHER_NAME
#undef IN_THEM

const query forget_person{.name = "messaging.forget_person",
                          .sql =
                              "WITH a AS (DELETE FROM person WHERE account_id = $1), "
                              "b AS (DELETE FROM last_seen WHERE account_id = $1), "
                              "c AS (DELETE FROM privacy WHERE account_id = $1), "
                              "d AS (DELETE FROM follow WHERE account_id = $1 OR followed_id = $1) "
                              "DELETE FROM block WHERE blocker = $1 OR blocked = $1"};

const query empty_events{
    .name = "messaging.empty_events",
    .sql =
        "UPDATE outbox SET type = 0, payload = '' WHERE shard = ANY($2::bigint[]) "
        "AND key = ANY($3::text[]) AND type IN (5001, 5002) "
        "AND position(convert_to($1, 'UTF8') IN payload) > 0"};

// Other members stay in their events: the account's name becomes another one of the same length.
const query rename_in_events{
    .name = "messaging.rename_in_events",
    .sql =
        "UPDATE outbox SET payload = decode(replace(encode(payload, 'escape'), $1, "
        "md5($2::text || key)::uuid::text), 'escape') WHERE type IN (5003, 5004) "
        "AND position(convert_to($1, 'UTF8') IN payload) > 0"};

const query erasure{.name = "messaging.erasure",
                    .sql = "SELECT erased, anonymised FROM erasure WHERE account_id = $1"};

const query delete_erasure{.name = "messaging.delete_erasure",
                           .sql = "DELETE FROM erasure WHERE account_id = $1"};

std::span<const query* const> all_erasure() {
  static const query* const list[] = {&conversations_of_account,
                                      &count_erasure,
                                      &forget_messages,
                                      &forget_changes,
                                      &take_back_all,
                                      &forget_counts,
                                      &forget_empty_counts,
                                      &forget_sent,
                                      &forget_reactions,
                                      &forget_member,
                                      &empty_chat_letters,
                                      &forget_chats,
                                      &forget_maker,
                                      &forget_pair,
                                      &forget_person,
                                      &empty_events,
                                      &rename_in_events,
                                      &erasure,
                                      &delete_erasure};
  return list;
}

}  // namespace nova::messaging::queries
