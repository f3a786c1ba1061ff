// See user_rules.hpp.
#include "actors/user/user_rules.hpp"

#include "protocols/auth/auth.pb.h"
#include "protocols/core/text.hpp"
#include "protocols/user/user.pb.h"
#include "protocols/views/views.pb.h"

#include <unicode/ucal.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace nova::user {

namespace {

constexpr std::size_t max_handle_bytes = 30;
constexpr unix_ms far_ahead =
    std::numeric_limits<std::int64_t>::max() / 2000;  // in timestamptz's range

std::string media_url(const uuid& media) { return "/v1/media/" + to_string(media) + "/content"; }

/// An http or https address without blanks and controls.
bool possible_url(std::string_view url) {
  const auto lower = ascii_lower(url.substr(0, 8));
  const bool known = lower.starts_with("http://") || lower.starts_with("https://");
  const auto host = url.substr(url.find("//") == url.npos ? url.size() : url.find("//") + 2);
  return known && !host.empty() && host.front() != '/' &&
         std::ranges::none_of(
             url, [](unsigned char c) { return c <= ' ' || c == 0x7f || c == '<' || c == '"'; });
}

void take_links(const UpdateMyProfileRequest& q, profile_row& next, std::vector<field_error>& bad) {
  if (q.links_size() == 0 && !q.no_links()) return;
  Links kept;
  for (int i = 0; i < q.links_size(); ++i) {
    const auto field = "links." + std::to_string(i);
    auto title = check_name(q.links(i).title(), max_display_name_code_points);
    if (!title.problem.empty()) bad.push_back({field + ".title", std::string(title.problem)});
    if (!possible_url(q.links(i).url()))
      bad.push_back({field + ".url", "Must be an http or https address."});
    auto& link = *kept.add_items();
    link.set_title(std::move(title.text));
    link.set_url(q.links(i).url());
  }
  next.links = kept.SerializeAsString();
}

std::optional<uuid> media_of(const std::string& text) {
  return text.empty() ? std::nullopt : parse_uuid(text);
}

void put_relation(views::Relation& r, const relation_row& row) {
  r.set_following(row.following);
  r.set_requested(row.requested);
  r.set_followed_by(row.followed_by);
  r.set_blocking(row.blocking);
  r.set_muting(row.muting);
}

void set_bit(std::int64_t& bits, notify_bit bit, bool on) {
  const auto b = static_cast<std::int64_t>(bit);
  bits = on ? bits | b : bits & ~b;
}

bool has_bit(std::int64_t bits, notify_bit bit) {
  return (bits & static_cast<std::int64_t>(bit)) != 0;
}

}  // namespace

result<profile_row> updated_profile(const profile_row& now, const UpdateMyProfileRequest& q,
                                    unix_ms at, const config::user_settings& s) {
  auto bad = make_error(errc::invalid_request, "Some fields are not valid.");
  auto next = now;
  if (q.has_display_name()) {
    auto name = check_display_name(q.display_name());
    if (!name.problem.empty()) bad.fields.push_back({"display_name", std::string(name.problem)});
    if (count_code_points(name.text) > s.display_name_code_points)
      bad.fields.push_back(
          {"display_name",
           "At most " + std::to_string(s.display_name_code_points) + " characters are allowed."});
    next.display_name = name.text.empty() ? now.handle : std::move(name.text);
  }
  if (q.has_bio()) {
    if (count_code_points(q.bio()) > s.bio_code_points)
      bad.fields.push_back(
          {"bio", "At most " + std::to_string(s.bio_code_points) + " characters are allowed."});
    next.bio = q.bio();
  }
  take_links(q, next, bad.fields);
  if (q.has_avatar_media_id()) next.avatar_media_id = media_of(q.avatar_media_id());
  if (q.has_cover_media_id()) next.cover_media_id = media_of(q.cover_media_id());
  if (q.has_private_()) next.is_private = q.private_();
  if (!bad.fields.empty()) return bad;
  if (!(next == now)) next.updated_at = at;
  return next;
}

bool can_be_profile(const auth::AccountRegistered& e, const config::user_settings& s) {
  return possible_handle(e.handle()) &&
         count_code_points(e.display_name()) <= s.display_name_code_points;
}

bool known_time_zone(std::string_view name) {
  const std::u16string wide(name.begin(), name.end());  // ASCII: the field's characters
  UChar canonical[128];
  UBool known = false;
  auto status = U_ZERO_ERROR;
  ucal_getCanonicalTimeZoneID(wide.data(), static_cast<std::int32_t>(wide.size()), canonical,
                              static_cast<std::int32_t>(std::size(canonical)), &known, &status);
  return U_SUCCESS(status) && known != 0 && name != "Etc/Unknown";
}

settings_row updated_settings(settings_row now, const UpdateSettingsRequest& q) {
  if (q.has_message_from()) now.message_from = q.message_from();
  if (q.has_mention_from()) now.mention_from = q.mention_from();
  if (q.has_presence_to()) now.presence_to = q.presence_to();
  if (q.has_discoverable()) now.discoverable = q.discoverable();
  if (q.has_locale()) now.locale = q.locale();
  if (q.has_time_zone()) now.time_zone = q.time_zone();
  const auto& n = q.notify();
  if (n.has_follow()) set_bit(now.notify, notify_bit::follow, n.follow());
  if (n.has_mention()) set_bit(now.notify, notify_bit::mention, n.mention());
  if (n.has_comment()) set_bit(now.notify, notify_bit::comment, n.comment());
  if (n.has_reaction()) set_bit(now.notify, notify_bit::reaction, n.reaction());
  if (n.has_share()) set_bit(now.notify, notify_bit::share, n.share());
  if (n.has_message()) set_bit(now.notify, notify_bit::message, n.message());
  return now;
}

views::Profile seen_profile(const profile_row& row, const profile_facts_row& facts,
                            const uuid& viewer) {
  views::Profile p;
  p.set_account_id(to_string(row.account_id));
  p.set_handle(row.handle);
  p.set_display_name(row.display_name);
  if (row.avatar_media_id) p.set_avatar_url(media_url(*row.avatar_media_id));
  p.set_private_(row.is_private);
  if (!viewer.is_nil()) put_relation(*p.mutable_relation(), facts.relation);
  if (facts.blocks_viewer) {
    p.set_card_only(true);
    return p;
  }
  p.set_bio(row.bio);
  p.set_created_at(row.created_at);
  p.set_updated_at(row.updated_at);
  Links links;
  if (links.ParseFromString(row.links)) p.mutable_links()->Swap(links.mutable_items());
  if (row.cover_media_id) p.set_cover_url(media_url(*row.cover_media_id));
  p.set_followers_count(facts.followers);
  p.set_following_count(facts.following);
  p.set_posts_count(facts.posts);
  Pins pins;
  if (pins.ParseFromString(row.pinned)) p.mutable_pinned_post_ids()->Swap(pins.mutable_post_ids());
  return p;
}

views::Card card_message(const card_row& row, bool with_relation) {
  views::Card c;
  c.set_account_id(to_string(row.account_id));
  c.set_handle(row.handle);
  c.set_display_name(row.display_name);
  if (row.avatar_media_id) c.set_avatar_url(media_url(*row.avatar_media_id));
  c.set_private_(row.is_private);
  if (with_relation) put_relation(*c.mutable_relation(), row.relation);
  return c;
}

Settings settings_message(const settings_row& row) {
  Settings s;
  s.set_message_from(row.message_from);
  s.set_mention_from(row.mention_from);
  s.set_presence_to(row.presence_to);
  s.set_discoverable(row.discoverable);
  s.set_locale(row.locale);
  s.set_time_zone(row.time_zone);
  auto& n = *s.mutable_notify();
  n.set_follow(has_bit(row.notify, notify_bit::follow));
  n.set_mention(has_bit(row.notify, notify_bit::mention));
  n.set_comment(has_bit(row.notify, notify_bit::comment));
  n.set_reaction(has_bit(row.notify, notify_bit::reaction));
  n.set_share(has_bit(row.notify, notify_bit::share));
  n.set_message(has_bit(row.notify, notify_bit::message));
  return s;
}

ProfileChanged profile_changed_message(const profile_row& row) {
  ProfileChanged p;
  p.set_account_id(to_string(row.account_id));
  p.set_handle(row.handle);
  p.set_display_name(row.display_name);
  if (row.avatar_media_id) p.set_avatar_media_id(to_string(*row.avatar_media_id));
  p.set_private_(row.is_private);
  if (row.cover_media_id) p.set_cover_media_id(to_string(*row.cover_media_id));
  return p;
}

CardChanged card_changed_message(const profile_row& row) {
  CardChanged e;
  e.set_account_id(to_string(row.account_id));
  auto& card = *e.mutable_card();
  card.set_account_id(e.account_id());
  card.set_handle(row.handle);
  card.set_display_name(row.display_name);
  if (row.avatar_media_id) card.set_avatar_url(media_url(*row.avatar_media_id));
  card.set_private_(row.is_private);
  return e;
}

PrivacyChanged privacy_message(const profile_row& profile, const settings_row& row) {
  PrivacyChanged p;
  p.set_account_id(to_string(profile.account_id));
  p.set_private_(profile.is_private);
  p.set_message_from(row.message_from);
  p.set_mention_from(row.mention_from);
  p.set_presence_to(row.presence_to);
  p.set_discoverable(row.discoverable);
  return p;
}

bool may_see(const profile_row& row, const uuid& viewer) {
  return !row.is_private || !viewer.is_nil();
}

bool possible_handle(std::string_view handle) {
  return !handle.empty() && handle.size() <= max_handle_bytes &&
         std::ranges::all_of(handle, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

error no_such_person() { return make_error(errc::not_found, "There is no such person."); }

store::page_mark first_page() {
  store::page_mark mark{far_ahead, {}};
  std::ranges::fill(mark.account, std::uint8_t{0xff});
  return mark;
}

// "<ms>.<uuid>".
std::optional<store::page_mark> parse_cursor(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == text.npos) return std::nullopt;
  store::page_mark mark;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + dot, mark.at);
  const auto id = parse_uuid(text.substr(dot + 1));
  if (failed != std::errc() || end != text.data() + dot || !id) return std::nullopt;
  if (mark.at < 0 || mark.at > far_ahead) return std::nullopt;
  mark.account = *id;
  return mark;
}

std::string cursor_text(const store::page_mark& mark) {
  return std::to_string(mark.at) + '.' + to_string(mark.account);
}

}  // namespace nova::user
