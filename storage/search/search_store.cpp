#include "storage/search/search_store.hpp"

#include "protocols/core/text.hpp"
#include "storage/runtime/runtime_queries.hpp"
#include "storage/search/search_queries.hpp"

#include <algorithm>

namespace nova::search::store {

using storage::timestamp;
using storage::value;

namespace {

value number(visibility v) { return static_cast<std::int64_t>(v); }

template <class T>
value optional_cell(const std::optional<T>& x) {
  return x ? value(*x) : value();
}
value optional_time(const std::optional<unix_ms>& x) { return x ? value(timestamp{*x}) : value(); }

std::vector<value> cells_of(const view& v) {
  return {v.account,
          v.query,
          timestamp{v.before_at},
          v.before_id,
          optional_cell(v.by),
          optional_cell(v.by_handle),
          timestamp{v.since},
          timestamp{v.until},
          v.limit};
}

}  // namespace

uuid last_id() {
  uuid out;
  std::ranges::fill(out, 0xFF);
  return out;
}

statement find_posts(const view& v, const std::optional<std::string>& language) {
  auto cells = cells_of(v);
  cells.push_back(optional_cell(language));
  return {&queries::find_posts, std::move(cells)};
}
statement post_texts(std::vector<uuid> posts) { return {&queries::post_texts, {std::move(posts)}}; }
statement find_messages(const view& v, const std::optional<uuid>& conversation) {
  auto cells = cells_of(v);
  cells.push_back(optional_cell(conversation));
  return {&queries::find_messages, std::move(cells)};
}
statement find_people(const view& v, double before_score, std::string first_word,
                      std::string nearly) {
  return {&queries::find_people,
          {v.account, v.query, before_score, v.before_id, std::move(first_word), timestamp{v.since},
           timestamp{v.until}, v.limit, std::move(nearly)}};
}

statement put_post(post_document d) {
  return {&queries::put_post,
          {d.post_id, d.revision, d.author_id, timestamp{d.at}, number(d.seen_by),
           std::move(d.mentions), optional_cell(d.language), std::move(d.text), d.length,
           std::move(d.terms)}};
}
statement set_visibility(const uuid& post, std::int64_t revision, visibility seen_by,
                         std::vector<uuid> mentions) {
  return {&queries::set_visibility, {post, revision, number(seen_by), std::move(mentions)}};
}
statement end_post(const uuid& post, std::int64_t revision, unix_ms now) {
  return {&queries::end_post, {post, revision, timestamp{now}}};
}

statement put_message(message_document d) {
  return {&queries::put_message,
          {d.conversation_id, d.seq, d.revision, d.message_id, d.sender_id, timestamp{d.at},
           std::move(d.text), std::move(d.terms)}};
}
statement edit_message(const uuid& conversation, std::int64_t seq, std::int64_t revision,
                       std::string text, std::string terms) {
  return {&queries::edit_message, {conversation, seq, revision, std::move(text), std::move(terms)}};
}
statement end_message(const uuid& conversation, std::int64_t seq, std::int64_t revision,
                      unix_ms now) {
  return {&queries::end_message, {conversation, seq, revision, timestamp{now}}};
}

statement put_person(person_document d) {
  auto name = ascii_lower(d.handle);
  return {&queries::put_person,
          {d.account_id, d.revision, timestamp{d.registered_at}, std::move(d.handle),
           std::move(name), std::move(d.display_name), d.is_private, std::move(d.terms)}};
}
statement set_privacy(const uuid& account, std::int64_t revision, bool is_private,
                      bool discoverable) {
  return {&queries::set_privacy, {account, revision, is_private, discoverable}};
}

statement set_closed(const uuid& account, std::int64_t revision, bool closed) {
  return {&queries::set_closed, {account, revision, closed}};
}
statement add_members(const uuid& conversation, std::vector<uuid> accounts, std::int64_t revision,
                      std::int64_t from_seq) {
  return {&queries::add_members, {conversation, std::move(accounts), revision, from_seq}};
}
statement end_member(const uuid& conversation, const uuid& account, std::int64_t revision,
                     unix_ms now) {
  return {&queries::end_member, {conversation, account, revision, timestamp{now}}};
}
statement put_follow(const uuid& account, const uuid& followed, std::int64_t revision,
                     std::optional<unix_ms> over) {
  return {&queries::put_follow, {account, followed, revision, optional_time(over)}};
}
statement put_block(const uuid& account, const uuid& blocked, std::int64_t revision,
                    std::optional<unix_ms> over) {
  return {&queries::put_block, {account, blocked, revision, optional_time(over)}};
}

statement drop_account(const uuid& account) { return {&queries::erase_account, {account}}; }
std::vector<statement> erase_account(
    const uuid& account, std::vector<std::int64_t> kept,
    const std::vector<storage::runtime_queries::worded_event>& texts) {
  auto out = storage::runtime_queries::empty_words_of(account, texts);
  out.insert(out.begin(), {{&queries::count_erasure, {account}},
                           drop_account(account),
                           {&storage::runtime_queries::empty_dead_letters,
                            {to_string(account), std::move(kept)}}});
  return out;
}
statement erasure(const uuid& account) { return {&queries::erasure, {account}}; }
statement delete_erasure(const uuid& account) { return {&queries::delete_erasure, {account}}; }

}  // namespace nova::search::store
