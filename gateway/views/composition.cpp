#include "gateway/views/composition.hpp"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <map>
#include <unordered_map>

namespace nova::gateway {
namespace {

namespace pb = google::protobuf;
using views::Card;
using views::Message;
using views::Post;

bool is_card(const pb::Descriptor& type) { return &type == Card::descriptor(); }
bool is_post(const pb::Descriptor& type) { return &type == Post::descriptor(); }
bool is_message(const pb::Descriptor& type) { return &type == Message::descriptor(); }

bool alone(const Card& c) { return !c.account_id().empty() && c.handle().empty(); }
bool alone(const Post& p) { return !p.post_id().empty() && p.created_at() == 0; }
bool alone(const Message& m) { return !m.conversation_id().empty() && m.sent_at() == 0; }

bool shows(const pb::Descriptor& type, std::set<const pb::Descriptor*>& seen) {
  if (is_card(type) || is_post(type) || is_message(type)) return true;
  if (!seen.insert(&type).second) return false;
  for (int i = 0; i < type.field_count(); ++i)
    if (const auto* inner = type.field(i)->message_type())
      if (!type.field(i)->is_map() && shows(*inner, seen)) return true;
  return false;
}

/// Calls f(message) for the message and each one in it.
template <class F>
void walk(rpc::message& m, const F& f) {
  f(m);
  const auto& type = *m.GetDescriptor();
  const auto& fields = *m.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const auto* field = type.field(i);
    if (field->message_type() == nullptr || field->is_map()) continue;
    if (field->is_repeated())
      for (int n = 0; n < fields.FieldSize(m, field); ++n)
        walk(*fields.MutableRepeatedMessage(&m, field, n), f);
    else if (fields.HasField(m, field)) walk(*fields.MutableMessage(&m, field), f);
  }
}

template <class Shown, class F>
void each(rpc::message& m, const F& f) {
  walk(m, [&](rpc::message& inner) {
    if (inner.GetDescriptor() == Shown::descriptor()) f(static_cast<Shown&>(inner));
  });
}

/// Whether the item has a `Shown` that stands alone.
template <class Shown>
bool lacks(const rpc::message& item) {
  const auto& type = *item.GetDescriptor();
  const auto& fields = *item.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const auto* field = type.field(i);
    if (field->is_repeated() || field->message_type() != Shown::descriptor()) continue;
    if (fields.HasField(item, field) &&
        alone(static_cast<const Shown&>(fields.GetMessage(item, field))))
      return true;
  }
  return false;
}

void drop_unanswered_items(rpc::message& reply) {
  const auto& fields = *reply.GetReflection();
  const auto* items = reply.GetDescriptor()->FindFieldByName("items");
  if (items == nullptr || !items->is_repeated() || items->message_type() == nullptr) return;
  int kept = 0;
  const int all = fields.FieldSize(reply, items);
  for (int i = 0; i < all; ++i) {
    const auto& item = fields.GetRepeatedMessage(reply, items, i);
    if (!lacks<Post>(item) && !lacks<Message>(item)) fields.SwapElements(&reply, items, kept++, i);
  }
  for (int i = all; i > kept; --i) fields.RemoveLast(&reply, items);
}

}  // namespace

bool shows_others(const pb::Descriptor& type) {
  std::set<const pb::Descriptor*> seen;
  return shows(type, seen);
}

composition::composition(const rpc::message& reply) : reply_(reply.New()) {
  reply_->CopyFrom(reply);
}

composition::ids composition::missing() {
  ids out;
  walk(*reply_, [&](rpc::message& m) {
    if (is_card(*m.GetDescriptor())) {
      const auto& card = static_cast<const Card&>(m);
      if (alone(card) && asked_accounts_.insert(card.account_id()).second)
        out.accounts.push_back(card.account_id());
    } else if (is_post(*m.GetDescriptor())) {
      const auto& post = static_cast<const Post&>(m);
      if (alone(post) && asked_posts_.insert(post.post_id()).second)
        out.posts.push_back(post.post_id());
    } else if (is_message(*m.GetDescriptor())) {
      const auto& message = static_cast<const Message&>(m);
      if (!alone(message) ||
          !asked_messages_.emplace(message.conversation_id(), message.seq()).second)
        return;
      auto& name = out.messages.emplace_back();
      name.set_conversation_id(message.conversation_id());
      name.set_seq(message.seq());
    }
  });
  return out;
}

void composition::take(const views::CardsReply& cards) {
  std::unordered_map<std::string_view, const Card*> by_id;
  for (const auto& card : cards.items()) by_id[card.account_id()] = &card;
  each<Card>(*reply_, [&](Card& card) {
    if (!alone(card)) return;
    if (const auto found = by_id.find(card.account_id()); found != by_id.end())
      card = *found->second;
  });
}

// An author whose card came before the post keeps the card.
void composition::take(const views::PostsReply& posts) {
  std::unordered_map<std::string_view, const Post*> by_id;
  for (const auto& post : posts.items()) by_id[post.post_id()] = &post;
  each<Post>(*reply_, [&](Post& post) {
    if (!alone(post)) return;
    const auto found = by_id.find(post.post_id());
    if (found == by_id.end()) return;
    auto author = std::move(*post.mutable_author());
    post = *found->second;
    if (author.account_id() == post.author().account_id() && !alone(author))
      *post.mutable_author() = std::move(author);
  });
}

void composition::take(const views::MessagesReply& messages) {
  std::map<std::pair<std::string_view, std::int64_t>, const Message*> by_place;
  for (const auto& message : messages.items())
    by_place[{message.conversation_id(), message.seq()}] = &message;
  each<Message>(*reply_, [&](Message& message) {
    if (!alone(message)) return;
    const auto found = by_place.find({message.conversation_id(), message.seq()});
    if (found != by_place.end()) message = *found->second;
  });
}

void composition::away(std::string_view domain) {
  if (std::ranges::find(away_, domain) == away_.end()) away_.emplace_back(domain);
}

rpc::message_ptr composition::finish() {
  drop_unanswered_items(*reply_);
  each<Card>(*reply_, [](Card& card) {
    if (alone(card)) card.set_missing(true);
  });
  const auto* degraded = reply_->GetDescriptor()->FindFieldByName("degraded");
  if (degraded != nullptr && degraded->is_repeated() &&
      degraded->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING)
    for (const auto& domain : away_)
      reply_->GetReflection()->AddString(reply_.get(), degraded, domain);
  return reply_;
}

}  // namespace nova::gateway
