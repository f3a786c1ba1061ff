#include "storage/search/search_rows.hpp"

#include <algorithm>
#include <string_view>

namespace nova::search {
namespace {

// Columns of each query, in the order of its SQL.
namespace post {
enum : std::size_t { post_id, at, length, terms };
}
namespace post_text {
enum : std::size_t { post_id, author_id, text };
}
namespace message {
enum : std::size_t { conversation_id, seq, message_id, at, text };
}
namespace person {
enum : std::size_t { account_id, handle, display_name, score };
}

template <class Row, class F>
std::vector<Row> each(const storage::rows& r, const F& row) {
  std::vector<Row> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i) out.push_back(row(i));
  return out;
}

/// What PostgreSQL sends of a tsvector: a count; then each term, its end, the number of its positions, the positions.
class vector_bytes {
 public:
  explicit vector_bytes(std::string_view bytes) : rest_(bytes) {}

  std::uint32_t number(std::size_t size) {
    std::uint32_t n = 0;
    for (std::size_t i = 0; i < size && !rest_.empty(); ++i, rest_.remove_prefix(1))
      n = n << 8 | static_cast<std::uint8_t>(rest_.front());
    return n;
  }
  std::string text() {
    const auto end = rest_.find('\0');
    std::string out(rest_.substr(0, end));
    skip(end == rest_.npos ? end : end + 1);
    return out;
  }
  void skip(std::size_t bytes) { rest_.remove_prefix(std::min(bytes, rest_.size())); }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::vector<std::pair<std::string, std::uint32_t>> terms_of(const std::string& sent) {
  vector_bytes in(sent);
  std::vector<std::pair<std::string, std::uint32_t>> out;
  for (auto left = in.number(4); left > 0 && !in.empty(); --left) {
    auto term = in.text();
    const auto positions = in.number(2);
    in.skip(std::size_t{2} * positions);
    out.emplace_back(std::move(term), positions);
  }
  return out;
}

}  // namespace

std::vector<post_row> read_posts(const storage::rows& r) {
  return each<post_row>(r, [&](std::size_t i) {
    return post_row{r.id(i, post::post_id), r.time(i, post::at), r.int8(i, post::length),
                    terms_of(r.blob(i, post::terms))};
  });
}

std::vector<post_text_row> read_post_texts(const storage::rows& r) {
  return each<post_text_row>(r, [&](std::size_t i) {
    return post_text_row{r.id(i, post_text::post_id), r.id(i, post_text::author_id),
                         r.text(i, post_text::text)};
  });
}

std::vector<message_row> read_messages(const storage::rows& r) {
  return each<message_row>(r, [&](std::size_t i) {
    return message_row{r.id(i, message::conversation_id), r.int8(i, message::seq),
                       r.id(i, message::message_id), r.time(i, message::at),
                       r.text(i, message::text)};
  });
}

std::vector<person_row> read_people(const storage::rows& r) {
  return each<person_row>(r, [&](std::size_t i) {
    return person_row{r.id(i, person::account_id), r.text(i, person::handle),
                      r.text(i, person::display_name), r.get<double>(i, person::score)};
  });
}

std::int64_t read_erased(const storage::rows& r) { return r.empty() ? 0 : r.int8(0, 0); }

}  // namespace nova::search
