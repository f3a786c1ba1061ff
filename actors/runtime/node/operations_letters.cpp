// Dead letters for operators, and replays.
#include "actors/runtime/node/node_impl.hpp"
#include "actors/runtime/node/operations.hpp"
#include "protocols/operations/operations.pb.h"
#include "storage/runtime/runtime_queries.hpp"

#include <sodium.h>

#include <algorithm>
#include <charconv>

namespace nova::runtime {

using namespace nova::operations;
namespace queries = storage::runtime_queries;

namespace {

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto end = text.data() + text.size();
  const auto [at, ec] = std::from_chars(text.data(), end, out);
  return ec == std::errc() && at == end;
}

std::string event_name(std::uint32_t type) {
  const auto* known = rpc::find_event(type);
  return known != nullptr ? std::string(known->name) : std::to_string(type);
}

std::string base64_of(const std::string& bytes) {
  std::string out(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  out.pop_back();  // the NUL
  return out;
}

std::string payload_text(std::uint32_t type, const std::string& payload) {
  const auto* known = rpc::find_event(type);
  if (known == nullptr) return base64_of(payload);
  auto body = known->type->make();
  if (!body->ParseFromString(payload)) return base64_of(payload);
  std::string out;
  known->type->write_json(*body, out);
  return out;
}

void fill(Letter& out, const std::string& consumer, const dead_letter& l) {
  out.set_letter_id(to_string(letter_name{consumer, l.id}));
  out.set_event(event_name(l.type));
  out.set_key(l.key);
  out.set_status(l.status);
  out.set_reason(l.reason);
  out.set_attempts(l.attempts);
  out.set_at(l.at);
}

storage::statement find(const storage::query& q, const letter_id& id) {
  return {&q, {id.source, std::int64_t{id.shard}, static_cast<std::int64_t>(id.seq)}, 0};
}

rpc::reply_result empty() { return rpc::message_ptr(std::make_shared<Empty>()); }

/// A page over several consumers, one after another.
struct letter_page : std::enable_shared_from_this<letter_page> {
  node& from;
  std::vector<std::string> consumers;
  letter_id after;  ///< in the first of `consumers`
  std::int64_t limit = 0;
  rpc::reply_fn reply;
  std::shared_ptr<DeadLettersReply> out = std::make_shared<DeadLettersReply>();

  explicit letter_page(node& n) : from(n) {}

  void go_on() {
    if (consumers.empty()) return reply(rpc::message_ptr(out));
    // One more than wanted tells whether there is another page.
    const auto most = static_cast<std::uint32_t>(limit - out->items_size() + 1);
    from.dead_letters(
        consumers.front(), after, most,
        [self = shared_from_this()](const result<std::vector<dead_letter>>& r) { self->take(r); });
  }

  void take(const result<std::vector<dead_letter>>& r) {
    if (r.has_error()) return reply(r.error());
    for (const auto& letter : r.value()) {
      if (out->items_size() == limit) {
        out->set_next_cursor(out->items(static_cast<int>(limit) - 1).letter_id());
        return reply(rpc::message_ptr(out));
      }
      fill(*out->add_items(), consumers.front(), letter);
    }
    consumers.erase(consumers.begin());
    after = {};
    go_on();
  }
};

}  // namespace

std::string to_string(const letter_name& n) {
  return n.consumer + "." + n.id.source + "." + std::to_string(n.id.shard) + "." +
         std::to_string(n.id.seq);
}

std::optional<letter_name> parse_letter_name(std::string_view text) {
  std::array<std::string_view, 4> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto dot = i + 1 < parts.size() ? text.find('.') : text.size();
    if (dot == text.npos) return std::nullopt;
    parts[i] = text.substr(0, dot);
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  letter_name out{std::string(parts[0]), {std::string(parts[1]), 0, 0}};
  if (!read_number(parts[2], out.id.shard) || !read_number(parts[3], out.id.seq))
    return std::nullopt;
  return out;
}

void operations::dead_letters(rpc::call c) {
  const auto& q = static_cast<const DeadLettersRequest&>(*c.request);
  auto page = std::make_shared<letter_page>(node_);
  page->limit = std::min(q.has_limit() ? q.limit() : default_page, max_page);
  for (const auto& d : node_.internals().directory.domains())
    if (!q.has_consumer() || d->link.domain.name == q.consumer())
      page->consumers.emplace_back(d->link.domain.name);
  if (page->consumers.empty()) return c.reply(make_error(errc::not_found, "No such domain."));
  std::ranges::sort(page->consumers);
  if (q.has_cursor()) {
    const auto behind = parse_letter_name(q.cursor());
    if (!behind) return c.reply(make_error(errc::invalid_request, "The cursor is none."));
    std::erase_if(page->consumers, [&](const auto& name) { return name < behind->consumer; });
    if (!page->consumers.empty() && page->consumers.front() == behind->consumer)
      page->after = behind->id;
  }
  page->reply = std::move(c.reply);
  page->go_on();
}

void operations::show_letter(rpc::call c) {
  const auto name =
      parse_letter_name(static_cast<const ShowLetterRequest&>(*c.request).letter_id());
  auto* database = name ? database_of(name->consumer) : nullptr;
  if (database == nullptr) return c.reply(make_error(errc::not_found));
  database->read(find(queries::show_dead_letter, name->id),
                 [name = *name, reply = std::move(c.reply)](const storage::read_result& r) {
                   if (r.has_error()) return reply(r.error());
                   if (r->empty()) return reply(make_error(errc::not_found));
                   dead_letter l;
                   l.id = name.id;
                   l.type = static_cast<std::uint32_t>(r->int8(0, 0));
                   l.key = r->text(0, 1);
                   l.status = r->text(0, 3);
                   l.reason = r->text(0, 4);
                   l.attempts = static_cast<std::uint32_t>(r->int8(0, 5));
                   l.at = r->time(0, 6);
                   auto out = std::make_shared<Letter>();
                   fill(*out, name.consumer, l);
                   out->set_payload(payload_text(l.type, r->blob(0, 2)));
                   reply(rpc::message_ptr(std::move(out)));
                 });
}

void operations::retry_letter(rpc::call c) {
  const auto& q = static_cast<const RetryLetterRequest&>(*c.request);
  const auto name = parse_letter_name(q.letter_id());
  auto* database = name ? database_of(name->consumer) : nullptr;
  if (database == nullptr) return c.reply(make_error(errc::not_found));
  auto asked = std::make_shared<rpc::call>(std::move(c));
  database->read(find(queries::find_dead_letter, name->id), [this, name = *name, asked,
                                                             q](const storage::read_result& r) {
    if (r.has_error()) return asked->reply(r.error());
    if (r->empty()) return asked->reply(make_error(errc::not_found));
    record(name.consumer, act_of(*asked, "retry_letter", q.letter_id(), q.reason()),
           [this, name, asked](const result<void>& recorded) {
             if (recorded.has_error()) return asked->reply(recorded.error());
             node_.retry_dead_letter(name.consumer, name.id, [asked](const result<void>& done) {
               asked->reply(done.has_error() ? rpc::reply_result(done.error()) : empty());
             });
           });
  });
}

void operations::discard_letter(rpc::call c) {
  const auto& q = static_cast<const DiscardLetterRequest&>(*c.request);
  const auto name = parse_letter_name(q.letter_id());
  if (!name) return c.reply(make_error(errc::not_found));
  std::vector<storage::statement> act{
      storage::record_act(act_of(c, "discard_letter", q.letter_id(), q.reason()))};
  node_.discard_dead_letter(
      name->consumer, name->id,
      [reply = std::move(c.reply)](const result<void>& done) {
        reply(done.has_error() ? rpc::reply_result(done.error()) : empty());
      },
      std::move(act));
}

}  // namespace nova::runtime
