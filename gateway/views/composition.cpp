#include "gateway/views/composition.hpp"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <map>
#include <unordered_map>

namespace nova::gateway {
namespace {

namespace pb = google::protobuf;
using views::Card;
using views::Media;
using views::Message;
using views::Post;

bool is_card(const pb::Descriptor& type) { return &type == Card::descriptor(); }
bool is_post(const pb::Descriptor& type) { return &type == Post::descriptor(); }
bool is_message(const pb::Descriptor& type) { return &type == Message::descriptor(); }
bool is_media(const pb::Descriptor& type) { return &type == Media::descriptor(); }

bool alone(const Card& c) { return !c.account_id().empty() && c.handle().empty(); }
bool alone(const Post& p) { return !p.post_id().empty() && p.created_at() == 0; }
bool alone(const Message& m) { return !m.conversation_id().empty() && m.sent_at() == 0; }

bool alone(const Media& m) { return !m.media_id().empty() && m.state().empty(); }

constexpr const char* picture_fields[] = {"avatar_url", "cover_url"};

/// The id in `/v1/media/{id}/content`; empty: another address, for example one that is signed already.
std::string_view plain_picture(std::string_view url) {
  constexpr std::string_view front = "/v1/media/", back = "/content";
  constexpr std::size_t id = 36;
  if (url.size() != front.size() + id + back.size() || !url.starts_with(front) ||
      !url.ends_with(back))
    return {};
  return url.substr(front.size(), id);
}

/// Calls f(field, id) for each picture of a person that is named by its plain address.
template <class F>
void each_picture(rpc::message& m, const F& f) {
  const auto& type = *m.GetDescriptor();
  const auto& fields = *m.GetReflection();
  for (const char* name : picture_fields) {
    const auto* field = type.FindFieldByName(name);
    if (field == nullptr || !fields.HasField(m, field)) continue;
    const std::string id(plain_picture(fields.GetString(m, field)));
    if (!id.empty()) f(field, id);
  }
}

views::OwnedMedia owned(const std::string& medium, const std::string& owner) {
  views::OwnedMedia out;
  out.set_media_id(medium);
  out.set_owner_id(owner);
  return out;
}

std::string account_of(const rpc::message& m) {
  const auto* field = m.GetDescriptor()->FindFieldByName("account_id");
  return field == nullptr ? std::string() : m.GetReflection()->GetString(m, field);
}

bool shows(const pb::Descriptor& type, std::set<const pb::Descriptor*>& seen) {
  if (is_card(type) || is_post(type) || is_message(type) || is_media(type)) return true;
  if (type.FindFieldByName(picture_fields[0]) != nullptr) return true;
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

/// Media that were asked for and not answered: another account's, or gone. The plain address of such a picture stays: there
/// is nothing for others to read.
void drop_media_of_others(rpc::message& m) {
  const auto& type = *m.GetDescriptor();
  const auto& fields = *m.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const auto* field = type.field(i);
    if (!field->is_repeated() || field->message_type() != Media::descriptor()) continue;
    int kept = 0;
    const int all = fields.FieldSize(m, field);
    for (int n = 0; n < all; ++n)
      if (!alone(static_cast<const Media&>(fields.GetRepeatedMessage(m, field, n))))
        fields.SwapElements(&m, field, kept++, n);
    for (int n = all; n > kept; --n) fields.RemoveLast(&m, field);
  }
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
      if (alone(message) &&
          asked_messages_.emplace(message.conversation_id(), message.seq()).second) {
        auto& name = out.messages.emplace_back();
        name.set_conversation_id(message.conversation_id());
        name.set_seq(message.seq());
      }
    } else if (is_media(*m.GetDescriptor())) {
      const auto& medium = static_cast<const Media&>(m);
      if (alone(medium) && asked_media_.emplace(medium.media_id(), medium.owner_id()).second)
        out.media.push_back(owned(medium.media_id(), medium.owner_id()));
    }
    find_pictures(m, out);
  });
  return out;
}

void composition::find_pictures(rpc::message& m, ids& out) {
  each_picture(m, [&](const pb::FieldDescriptor*, const std::string& id) {
    const auto account = account_of(m);
    if (asked_media_.emplace(id, account).second) out.media.push_back(owned(id, account));
  });
}

void composition::take(const views::MediaReply& media) {
  std::map<std::pair<std::string_view, std::string_view>, const Media*> by_id;
  for (const auto& m : media.items()) by_id[{m.media_id(), m.owner_id()}] = &m;
  walk(*reply_, [&](rpc::message& m) {
    if (is_media(*m.GetDescriptor())) {
      auto& medium = static_cast<Media&>(m);
      if (!alone(medium)) return;
      if (const auto found = by_id.find({medium.media_id(), medium.owner_id()});
          found != by_id.end())
        medium = *found->second;
      return;
    }
    const auto account = account_of(m);
    each_picture(m, [&](const pb::FieldDescriptor* field, const std::string& id) {
      const auto found = by_id.find({id, account});
      if (found == by_id.end()) return;
      const auto& picture = *found->second;
      const auto small = picture.variants().find("320");
      const bool avatar = field->name() == picture_fields[0];
      m.GetReflection()->SetString(
          &m, field,
          avatar && small != picture.variants().end() ? small->second.url() : picture.url());
    });
  });
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

void composition::away(const rpc::method& question) {
  const auto domain = question.domain;
  media_away_ = media_away_ || question.media;
  if (std::ranges::find(away_, domain) == away_.end()) away_.emplace_back(domain);
}

rpc::message_ptr composition::finish() {
  drop_unanswered_items(*reply_);
  if (!media_away_) walk(*reply_, drop_media_of_others);
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
