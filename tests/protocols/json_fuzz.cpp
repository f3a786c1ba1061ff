// Random messages and damaged JSON, from a printed seed; a run of a second in ctest, longer with
// NOVA_FUZZ_ROUNDS.
#include "tests/protocols/json_fixture.hpp"

#include <google/protobuf/util/message_differencer.h>

#include <cstdlib>
#include <random>

using namespace nova;
using namespace nova::sample;

namespace {

namespace pb = google::protobuf;

int rounds() {
  const char* asked = std::getenv("NOVA_FUZZ_ROUNDS");
  return asked != nullptr ? std::atoi(asked) : 2000;
}

class generator {
 public:
  explicit generator(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  std::uint64_t any() { return random_() >> below(64); }

  std::string text() {
    std::string out;
    for (auto n = below(12); n > 0; --n)
      put_code_point(out, static_cast<std::uint32_t>(1 + any() % 0x10ffff));
    return out;
  }

  Everything message(int depth = 0) {
    Everything m;
    for (int i = 0; i < m.GetDescriptor()->field_count(); ++i) {
      const auto& f = *m.GetDescriptor()->field(i);
      if (below(2) == 0 || f.name() == "secret" || f.name() == "made" || f.name() == "existing")
        continue;
      fill(m, f, depth);
    }
    return m;
  }

 private:
  static void put_code_point(std::string& out, std::uint32_t c) {
    if (c >= 0xd800 && c < 0xe000) c = 'x';
    if (c < 0x80) return out.push_back(static_cast<char>(c));
    const int tail = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    constexpr std::uint32_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    out += static_cast<char>(lead[tail] | c >> 6 * tail);
    for (int i = tail - 1; i >= 0; --i) out += static_cast<char>(0x80 | (c >> 6 * i & 0x3f));
  }

  std::int64_t time() {
    return static_cast<std::int64_t>(below(4'000'000'000'000)) - 2'000'000'000'000;
  }

  void fill(Everything& m, const pb::FieldDescriptor& f, int depth) {
    const auto& name = f.name();
    if (name == "children") {
      if (depth < 2) *m.add_children() = message(depth + 1);
    } else if (name == "counts") {
      (*m.mutable_counts())[text()] = static_cast<std::int64_t>(any());
    } else if (name == "inners") {
      (*m.mutable_inners())[text()].set_name("n");
    } else if (name == "inner") {
      m.mutable_inner()->set_name("n" + text());
    } else if (name == "nullable") {
      m.mutable_nullable()->set_name("n");
    } else if (name == "at") {
      m.set_at(time());
    } else if (name == "times") {
      for (auto n = below(3); n > 0; --n) m.add_times(time());
    } else {
      fill_scalar(m, f);
    }
  }

  void fill_scalar(Everything& m, const pb::FieldDescriptor& f) {
    const auto& r = *m.GetReflection();
    const bool more = f.is_repeated();
    switch (f.cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_STRING:
        more ? r.AddString(&m, &f, text()) : r.SetString(&m, &f, text());
        break;
      case pb::FieldDescriptor::CPPTYPE_INT64: {
        const auto x = static_cast<std::int64_t>(below(2) ? any() : -any());
        more ? r.AddInt64(&m, &f, x) : r.SetInt64(&m, &f, x);
        break;
      }
      case pb::FieldDescriptor::CPPTYPE_INT32:
        r.SetInt32(&m, &f, static_cast<std::int32_t>(any()));
        break;
      case pb::FieldDescriptor::CPPTYPE_UINT32:
        r.SetUInt32(&m, &f, static_cast<std::uint32_t>(any()));
        break;
      case pb::FieldDescriptor::CPPTYPE_UINT64: r.SetUInt64(&m, &f, any()); break;
      case pb::FieldDescriptor::CPPTYPE_BOOL: r.SetBool(&m, &f, below(2) == 1); break;
      case pb::FieldDescriptor::CPPTYPE_DOUBLE:
        r.SetDouble(&m, &f, static_cast<double>(below(1000)) / 8);
        break;
      case pb::FieldDescriptor::CPPTYPE_FLOAT:
        r.SetFloat(&m, &f, static_cast<float>(below(1000)) / 8);
        break;
      default: FAIL("a type that the fuzz does not know");
    }
  }

  std::mt19937_64 random_;
};

bool same(const Everything& a, const Everything& b) {
  return pb::util::MessageDifferencer::Equals(a, b);
}

}  // namespace

TEST_CASE("any message survives the way through JSON") {
  const auto seed = std::random_device()();
  INFO("seed ", seed);
  generator make(seed);
  for (int i = 0; i < rounds(); ++i) {
    const auto m = make.message();
    Everything back;
    REQUIRE(read_into(back, written(m)) == lines{});
    REQUIRE_MESSAGE(same(m, back), written(m));
  }
}

TEST_CASE("damaged JSON is refused or read as a message that can be written and read again") {
  const auto seed = std::random_device()();
  INFO("seed ", seed);
  generator make(seed);
  int accepted = 0, refused = 0;
  for (int i = 0; i < rounds(); ++i) {
    auto text = written(make.message());
    using namespace std::string_view_literals;
    constexpr auto scraps = "\"\\{}[]:,0-1.eEu\xff\x00truenull"sv;
    for (auto n = 1 + make.below(3); n > 0; --n)
      text[make.below(text.size())] = scraps[make.below(scraps.size())];
    boost::system::error_code failure;
    const auto value = rpc::json::parse(text, 32, failure);
    if (failure) {
      ++refused;
      continue;
    }
    Everything m, back;
    std::vector<field_error> errors;
    rpc::message_type_of<Everything>().read_json(value, m, errors);
    if (!errors.empty()) continue;
    ++accepted;
    REQUIRE(broken_limits(m) == lines{});
    REQUIRE(read_into(back, written(m)) == lines{});
    REQUIRE_MESSAGE(same(m, back), text);
  }
  CHECK(accepted > 0);
  CHECK(refused > 0);
}
