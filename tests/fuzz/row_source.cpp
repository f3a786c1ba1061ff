#include "tests/fuzz/row_source.hpp"

#include "tests/fuzz/claim.hpp"
#include "tests/fuzz/fixed_sources.hpp"

#include <algorithm>
#include <limits>

namespace nova::fuzz {
namespace {

using storage::value;

enum class about {
  any,      ///< `least` to `most` rows
  rare,     ///< one row in one of eight cases
  usual,    ///< one row in seven of eight
  one,      ///< exactly one row
  ids,      ///< one row or none for each id of the first parameter
  ranges,   ///< up to three rows for each (id, after, upto)
  back,     ///< seq descending from `before`
  forward,  ///< seq ascending from `after`
  given,    ///< about the id that is the first parameter
  texts,    ///< of the texts of the first parameter
};

/// Columns: A known account · C known conversation · E the row's own session · U another account for each row · I the id that
/// was asked for · S its seq · D seq descending to 1 · K kind 1–3 · n small number · N any number · t time · x text · w password
/// hash · s salt · e empty blob · b switch · L list of texts · M list of numbers · G list of accounts · T a text that was asked for. `?`: the next may
/// be NULL; `|`: all to the next `|` may be.
struct shape {
  std::string_view name, columns;
  about rows = about::any;
  std::uint32_t most = 1, least = 0;
};

constexpr std::string_view summary = "CK?xntnnnnn|CnnCAxxe?nt?tb|";

constexpr shape shapes[] = {
    {"messaging.load_conversation", "K?xtn", about::usual},
    {"messaging.load_members", "UKtnn?t", about::any, 5, 2},
    {"messaging.load_recent", "DAxCtN", about::any, 6},
    {"messaging.load_blocked", "b", about::rare},
    {"messaging.find_direct", "C"},
    {"messaging.list_conversations", "UK?xntnnnnn|CnnCAxxe?nt?tb|t", about::any, 5},
    {"messaging.conversation_summary", summary, about::usual},
    {"messaging.conversation_members", "IUKtnn?x?x", about::ids},
    {"messaging.list_members", "CUKtnn?x?x", about::any, 4},
    {"messaging.find_by_client_id", "nCtN"},
    {"messaging.message_head", "Abb", about::usual},
    {"messaging.history_back", "ISnCAxxe?nt?tb|LMM|", about::back, 5},
    {"messaging.history_forward", "ISnCAxxe?nt?tb|LMM|", about::forward, 5},
    {"messaging.message_reactions", "xnb", about::any, 3},
    {"messaging.due_reactions", "n", about::one},
    {"messaging.due_device_marks", "n", about::one},
    {"messaging.due_changes", "n", about::one},
    {"messaging.due_empty", "n", about::one},
    {"messaging.positions", "Unnnnn?tn", about::any, 4},
    {"messaging.lost_conversations", "C", about::any, 2},
    {"messaging.conversation_heads", "IK?xn", about::ids},
    {"messaging.missed_messages", "ISnCAxxe?nt?tb|LMM|", about::ranges, 3},
    {"messaging.missed_changes", "In?ne", about::ranges, 3},
    {"messaging.change_span", "Inn", about::ids},
    {"messaging.known_persons", "Ixx", about::ids},
    {"messaging.persons_by_handle", "ATx", about::texts},
    {"messaging.blocks_between", "A", about::rare},
    {"messaging.watchable", "A", about::any, 2},
    {"messaging.may_message", "b", about::one},
    {"messaging.may_join", "b", about::one},
    {"messaging.conversation_partners", "A", about::any, 3},
    {"messaging.memberships", "C", about::any, 3},
    {"messaging.sent_messages", "CDnCAxxe?nt?tb|LMM|", about::any, 3},
    {"auth.find_export", "At"},
    {"messaging.last_seen", "It", about::ids},
    {"auth.account", "|xxwt||ntt|", about::one},
    {"auth.sessions", "Ensxttt", about::any, 3},
    {"auth.name_owner", "A"},
    {"auth.taken_names", "T", about::texts},
    {"auth.session_salt", "s"},
    {"auth.revocations", "Et", about::any, 3},
    {"auth.deletion_counts", "nn", about::one},
    {"auth.operators", "Axtx", about::any, 2},
    {"user.erasure_count", "n", about::one},
    {"messaging.conversations_of_account", "C", about::any, 3},
    {"messaging.erasure", "nn", about::rare},
    {"runtime.saga_of_entity", "xxxnettx", about::rare},
    {"runtime.find_saga", "xxxnettx", about::rare},
    {"user.profile", "Ixxxtte?U?Ube", about::given},
    {"user.profile_by_handle", "Axxxtte?U?Ube"},
    {"user.profile_by_former_handle", "Axxxtte?U?Ube"},
    {"auth.last_handle_change", "t"},
    {"user.cards", "Ixx?Ubbbbbb", about::ids},
    {"user.profile_facts", "nnnbbbbbb", about::one},
    {"user.search_people", "Axx?Ubbbbbb", about::any, 3},
    {"user.suggestions", "Axx?UbbbbbbnG", about::any, 3},
    {"user.notice_head", "|UU|nn", about::one},
    {"user.notices", "Axx?UbbbbbbUx?Ut", about::any, 3},
    {"user.notice_known", "b", about::rare},
    {"user.notices_behind", "n", about::one},
    {"user.relation_facts", "bbbb?tbb?tbbb?tn", about::one},
    {"user.followers", "Axx?Ubbbbbbt", about::any, 3},
    {"user.following", "Axx?Ubbbbbbt", about::any, 3},
    {"user.follow_requests", "Axx?Ubbbbbbt", about::any, 3},
    {"user.blocks", "Axx?Ubbbbbbt", about::any, 3},
    {"user.mutes", "Axx?Ubbbbbbt", about::any, 3},
    {"user.pending_requests", "At", about::any, 3},
    {"user.settings", "xxxbxxn"},
};

const shape& shape_of(const storage::statement& s) {
  auto at = std::find_if(std::begin(shapes), std::end(shapes),
                         [&](const auto& x) { return x.name == s.query->name; });
  claim(at != std::end(shapes), "row_source.cpp knows the columns of every read", s.query->name);
  return *at;
}

template <class T>
const T* parameter(const storage::statement& s, std::size_t i) {
  return i < s.params.size() ? std::get_if<T>(&s.params[i]) : nullptr;
}

}  // namespace

bool row_source::knows(std::string_view domain) {
  return std::ranges::any_of(
      shapes, [&](const auto& s) { return s.name.substr(0, s.name.find('.')) == domain; });
}

std::uint32_t row_source::below(std::uint32_t n) {
  state_ = state_ * 1664525u + 1013904223u;
  return static_cast<std::uint32_t>((std::uint64_t{state_} * n) >> 32);
}

std::string row_source::word() {
  static constexpr std::string_view words[] = {
      "ada", "+1", "c-1", "hello", "\xf0\x9f\x91\x8d", "ada@example.org", "Ada L.", ""};
  return std::string(words[below(std::size(words))]);
}

std::vector<row_source::row_facts> row_source::facts_of(const storage::statement& s,
                                                        std::uint32_t most) {
  const auto& is = shape_of(s);
  std::vector<row_facts> out;
  auto ids = parameter<std::vector<uuid>>(s, 0);
  if (is.rows == about::ids && ids) {
    for (const auto& id : *ids)
      if (below(16) != 0 && out.size() < 300) out.push_back({0, 0, id, 0});
  } else if (is.rows == about::ranges && ids) {
    const auto &after = std::get<std::vector<std::int64_t>>(s.params[1]),
               &upto = std::get<std::vector<std::int64_t>>(s.params[2]);
    for (std::size_t i = 0; i < ids->size(); ++i)
      for (auto seq = after[i]; seq < upto[i] && seq - after[i] < most; ++seq)
        out.push_back({0, 0, (*ids)[i], seq + 1});
  } else if (is.rows == about::back || is.rows == about::forward) {
    auto before = std::min<std::int64_t>(std::get<std::int64_t>(s.params[1]), 60),
         after = std::max<std::int64_t>(std::get<std::int64_t>(s.params[2]), 0);
    auto limit = std::min<std::int64_t>(std::get<std::int64_t>(s.params[3]), most);
    bool forward = is.rows == about::forward;
    for (std::int64_t i = 0; i < limit && before - 1 - i > after; ++i)
      out.push_back({0, 0, *parameter<uuid>(s, 0), forward ? after + 1 + i : before - 1 - i});
  } else if (is.rows == about::texts) {
    for (const auto& text : std::get<std::vector<std::string>>(s.params[0]))
      if (below(4) == 0)
        out.push_back({out.size(),
                       0,
                       {},
                       static_cast<std::int64_t>(
                           &text - &std::get<std::vector<std::string>>(s.params[0])[0])});
  } else {
    bool eighth = below(8) == 0;
    auto n = is.least + below(most + 1 - is.least);
    if (is.rows == about::one) n = 1;
    if (is.rows == about::rare) n = eighth;
    if (is.rows == about::usual || is.rows == about::given) n = !eighth;
    out.resize(n);
    if (auto id = parameter<uuid>(s, 0))
      for (auto& row : out) row.id = *id;
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i].index = i, out[i].count = out.size();
  return out;
}

value row_source::cell(char column, const row_facts& f, std::uint32_t strings) {
  auto index = static_cast<unsigned>(f.index);
  switch (column) {
    case 'A': return known_id('A', below(4));
    case 'C': return known_id('C', below(3));
    case 'E': return known_id('E', index);
    case 'U': return known_id('A', index % 250);
    case 'I': return f.id;
    case 'S': return f.seq;
    case 'D': return static_cast<std::int64_t>(f.count - f.index);
    case 'K': return std::int64_t{1} + below(3);
    case 'n': return std::int64_t{below(12)};
    case 'N': return std::int64_t{below(2)} * std::numeric_limits<std::int64_t>::max();
    case 't': return storage::timestamp{fixed_clock::time - below(100'000)};
    case 'x': return word();
    case 'w': return password_hash_;
    case 's': return storage::bytes{salt_};
    case 'e': return storage::bytes{};
    case 'b': return below(2) == 1;
    case 'L': return std::vector<std::string>(strings, "+1");
    case 'M': return std::vector<std::int64_t>(strings, 1);
    case 'G': return std::vector<uuid>(strings, known_id('A', 1));
    default: claim(false, "a column that row_source.cpp knows", std::string_view(&column, 1));
  }
  return {};
}

storage::rows row_source::answer(const storage::statement& s) {
  const auto& is = shape_of(s);
  std::vector<value> cells;
  std::size_t columns = 0;
  for (const auto& f : facts_of(s, is.most)) {
    bool group = false, null_group = false, null_next = false;
    auto strings = 1 + below(3);
    columns = 0;
    for (char column : is.columns) {
      if (column == '|') {
        group = !group;
        null_group = group && below(4) == 0;
      } else if (column == '?') {
        null_next = below(2) == 0;
      } else if (column == 'T') {
        cells.emplace_back(
            std::get<std::vector<std::string>>(s.params[0])[static_cast<std::size_t>(f.seq)]);
        ++columns;
      } else {
        const bool null = std::exchange(null_next, false) || null_group;
        cells.push_back(null ? value() : cell(column, f, strings));
        ++columns;
      }
    }
  }
  if (cells.empty()) return {};
  return {columns, std::move(cells)};
}

}  // namespace nova::fuzz
