// The pure decisions of content: what a post, comment, draft and vote may be, and how they look to clients. Called by the
// handlers; no state, no clock, no database.
#pragma once

#include "config/settings/content_settings.hpp"
#include "protocols/core/error.hpp"
#include "protocols/core/text_parts.hpp"
#include "storage/content/content_store.hpp"

#include <map>

namespace nova::content {

inline constexpr std::int64_t max_poll_s = 30LL * 24 * 3600;
inline constexpr std::size_t max_option_code_points = 100;
inline constexpr std::size_t max_pins = 3;

std::string_view name_of(visibility v);
/// Everyone for any other name: the contract lets no other name in.
visibility visibility_of(std::string_view name);

/// The post of a request that arrives at `now`. All that is wrong with the fields comes at once, as `invalid_request`.
result<post_row> checked_post(const CreatePostRequest& q, const uuid& id, const uuid& author,
                              unix_ms now, const config::content_settings& s);
result<comment_row> checked_comment(const CreateCommentRequest& q, const uuid& id, const uuid& post,
                                    const uuid& author, unix_ms now);
/// A text that only media or a poll may leave empty.
result<void> checked_text(std::string_view text, const TextBody& body);
/// The choices in their order: within the poll, each once, one unless `multiple`.
result<std::vector<std::int64_t>> checked_choices(const VoteRequest& q, int options, bool multiple);
result<void> checked_draft(const DraftRequest& q);
/// The fields that the request names replace those of the draft.
void change_draft(DraftRequest& draft, const UpdateDraftRequest& q);

/// The accounts that a text mentions.
struct mentioned_accounts {
  std::vector<uuid> all;   ///< each once, in their order
  std::vector<uuid> told;  ///< of them those who may see the text and did not write it
};
/// Accounts by the handles that name them in a text, in lower case.
using named_accounts = std::map<std::string, uuid>;
/// The mentions of a stored text. A new text that holds them keeps their accounts: the handle may belong to another account now.
named_accounts mentions_of(std::string_view text, const TextBody& body);
/// Fills the entities of `body`: a handle of `kept` keeps its account, another one is of the account in `found`. A handle
/// without an account is plain text.
mentioned_accounts set_entities(TextBody& body, const std::vector<text_part>& parts,
                                const named_accounts& kept, const std::vector<mentioned_row>& found,
                                const uuid& writer);
std::vector<std::string> handles_in(const std::vector<text_part>& parts);
/// Each once, in their order.
std::vector<std::string> hashtags_of(const TextBody& body);

nova::views::Post post_message(const post_row& row, unix_ms now);
nova::views::Poll poll_message(const post_row& row, unix_ms now);
Comment comment_message(const comment_row& row);
Draft draft_message(const draft_row& row);

/// The comments that have one answer fewer when `chain.front()` is deleted: its parent, and above a deleted one that loses its
/// last answer with it, the next.
std::vector<uuid> losing_an_answer(const std::vector<chain_link>& chain);

/// Cursors name the last item of a page.
std::string cursor_of(store::place p);
/// Absent: behind all items of a list that is read from the newest one.
result<store::place> place_of(const std::string* cursor);

error no_such_post();
error no_such_comment();

}  // namespace nova::content
