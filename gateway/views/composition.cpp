#include "gateway/views/composition.hpp"

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

bool alone(const Card& c) { return !c.account_id().empty() && c.handle().empty(); }
bool alone(const Post& p) { return !p.post_id().empty() && p.created_at() == 0; }
bool alone(const Message& m) { return !m.conversation_id().empty() && m.sent_at() == 0; }

bool alone(const Media& m) { return !m.media_id().empty() && m.state().empty(); }

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
void each_picture(const rpc::message& m, const shape& s, const F& f) {
  for (const auto* field : s.pictures) {
    if (field == nullptr || !s.fields->HasField(m, field)) continue;
    const std::string id(plain_picture(s.fields->GetString(m, field)));
    if (!id.empty()) f(field, id);
  }
}

views::OwnedMedia owned(const std::string& medium, const std::string& owner) {
  views::OwnedMedia out;
  out.set_media_id(medium);
  out.set_owner_id(owner);
  return out;
}

std::string account_of(const rpc::message& m, const shape& s) {
  return s.account_id == nullptr ? std::string() : s.fields->GetString(m, s.account_id);
}

template <class Shown, class F>
void each(rpc::message& m, const shape& of, shown kind, const F& f) {
  walk(m, of, [&](rpc::message& inner, const shape& s) {
    if (s.kind == kind) f(static_cast<Shown&>(inner));
  });
}

/// Whether a post or a message of the item stands alone.
bool lacks(const rpc::message& item, const shape& s) {
  for (const auto& [field, of] : s.parts) {
    if (field->is_repeated() || !s.fields->HasField(item, field)) continue;
    const auto& part = s.fields->GetMessage(item, field);
    if (of->kind == shown::post && alone(static_cast<const Post&>(part))) return true;
    if (of->kind == shown::message && alone(static_cast<const Message&>(part))) return true;
  }
  return false;
}

/// Keeps the elements of a repeated field for which keeps(element) is true, in their order.
template <class F>
void keep(rpc::message& m, const pb::Reflection& fields, const pb::FieldDescriptor* field,
          const F& keeps) {
  int kept = 0;
  const int all = fields.FieldSize(m, field);
  for (int n = 0; n < all; ++n)
    if (keeps(fields.GetRepeatedMessage(m, field, n))) fields.SwapElements(&m, field, kept++, n);
  for (int n = all; n > kept; --n) fields.RemoveLast(&m, field);
}

void drop_unanswered_items(rpc::message& reply, const shape& s) {
  for (const auto& part : s.parts)
    if (part.field->name() == "items" && part.field->is_repeated())
      keep(reply, *s.fields, part.field,
           [&](const rpc::message& item) { return !lacks(item, *part.of); });
}

/// Media that were asked for and not answered: another account's, or gone. The plain address of such a picture stays: there
/// is nothing for others to read.
void drop_media_of_others(rpc::message& m, const shape& s) {
  for (const auto& [field, of] : s.parts)
    if (field->is_repeated() && of->kind == shown::media)
      keep(m, *s.fields, field,
           [](const rpc::message& medium) { return !alone(static_cast<const Media&>(medium)); });
}

}  // namespace

composition::composition(const rpc::message& reply)
    : reply_(reply.New()), shape_(shape_of(*reply.GetDescriptor())) {
  reply_->CopyFrom(reply);
}

composition::ids composition::missing() {
  ids out;
  walk(*reply_, shape_, [&](rpc::message& m, const shape& s) {
    if (s.kind == shown::card) {
      const auto& card = static_cast<const Card&>(m);
      if (alone(card) && asked_accounts_.insert(card.account_id()).second)
        out.accounts.push_back(card.account_id());
    } else if (s.kind == shown::post) {
      const auto& post = static_cast<const Post&>(m);
      if (alone(post) && asked_posts_.insert(post.post_id()).second)
        out.posts.push_back(post.post_id());
    } else if (s.kind == shown::message) {
      const auto& message = static_cast<const Message&>(m);
      if (alone(message) &&
          asked_messages_.emplace(message.conversation_id(), message.seq()).second) {
        auto& name = out.messages.emplace_back();
        name.set_conversation_id(message.conversation_id());
        name.set_seq(message.seq());
      }
    } else if (s.kind == shown::media) {
      const auto& medium = static_cast<const Media&>(m);
      if (alone(medium) && asked_media_.emplace(medium.media_id(), medium.owner_id()).second)
        out.media.push_back(owned(medium.media_id(), medium.owner_id()));
    }
    each_picture(m, s, [&](const pb::FieldDescriptor*, const std::string& id) {
      const auto account = account_of(m, s);
      if (asked_media_.emplace(id, account).second) out.media.push_back(owned(id, account));
    });
  });
  return out;
}

void composition::take(const views::MediaReply& media) {
  std::map<std::pair<std::string_view, std::string_view>, const Media*> by_id;
  for (const auto& m : media.items()) by_id[{m.media_id(), m.owner_id()}] = &m;
  walk(*reply_, shape_, [&](rpc::message& m, const shape& s) {
    if (s.kind == shown::media) {
      auto& medium = static_cast<Media&>(m);
      if (!alone(medium)) return;
      if (const auto found = by_id.find({medium.media_id(), medium.owner_id()});
          found != by_id.end())
        medium = *found->second;
      return;
    }
    each_picture(m, s, [&](const pb::FieldDescriptor* field, const std::string& id) {
      const auto account = account_of(m, s);
      const auto found = by_id.find({id, account});
      if (found == by_id.end()) return;
      const auto& picture = *found->second;
      const auto small = picture.variants().find("320");
      const bool avatar = field == s.pictures[0];
      s.fields->SetString(
          &m, field,
          avatar && small != picture.variants().end() ? small->second.url() : picture.url());
    });
  });
}

void composition::take(const views::CardsReply& cards) {
  std::unordered_map<std::string_view, const Card*> by_id;
  for (const auto& card : cards.items()) by_id[card.account_id()] = &card;
  each<Card>(*reply_, shape_, shown::card, [&](Card& card) {
    if (!alone(card)) return;
    if (const auto found = by_id.find(card.account_id()); found != by_id.end())
      card = *found->second;
  });
}

// An author whose card came before the post keeps the card.
void composition::take(const views::PostsReply& posts) {
  std::unordered_map<std::string_view, const Post*> by_id;
  for (const auto& post : posts.items()) by_id[post.post_id()] = &post;
  each<Post>(*reply_, shape_, shown::post, [&](Post& post) {
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
  each<Message>(*reply_, shape_, shown::message, [&](Message& message) {
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
  drop_unanswered_items(*reply_, shape_);
  if (!media_away_) walk(*reply_, shape_, drop_media_of_others);
  each<Card>(*reply_, shape_, shown::card, [](Card& card) {
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
