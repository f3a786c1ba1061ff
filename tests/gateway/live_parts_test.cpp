// What a gateway keeps of live streams: which playback addresses are in use, and which segments are asked about before they are removed.
#include "actors/streaming/viewer_state.hpp"
#include "gateway/transfer/live_sweep.hpp"
#include "gateway/transfer/live_viewers.hpp"
#include "gateway/transfer/live_windows.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>

using namespace nova;
using namespace std::chrono_literals;

namespace {

/// A store of nothing but names.
class names_only final : public blobs::store {
 public:
  result<std::unique_ptr<blobs::part>> open_part(std::string_view) override { return none(); }
  result<void> drop_part(std::string_view) override { return {}; }
  result<blobs::blob> keep(std::unique_ptr<blobs::part>) override { return none(); }
  result<std::shared_ptr<const blobs::reader>> open(std::string_view) const override {
    return none();
  }
  result<blobs::local_file> local(std::string_view) const override { return none(); }
  result<bool> remove(std::string_view, std::chrono::system_clock::time_point) override {
    return none();
  }
  result<bool> intact(std::string_view, const std::function<bool(std::size_t)>&) const override {
    return none();
  }
  result<void> visit(std::chrono::system_clock::time_point,
                     const std::function<void(const blobs::blob&)>& each) const override {
    for (const auto& name : names) each({name, 1});
    return {};
  }
  result<void> visit_parts(std::chrono::system_clock::time_point,
                           const std::function<void(const std::string&)>&) const override {
    return {};
  }
  std::vector<std::string> names;

 private:
  static error none() { return make_error(errc::not_found); }
};

/// A file of one byte, with a descriptor or of a store elsewhere.
class small_file final : public blobs::reader {
 public:
  explicit small_file(int descriptor) : descriptor_(descriptor) {}
  std::int64_t size() const override { return 1; }
  result<std::size_t> read(std::int64_t, char*, std::size_t) const override { return 0; }
  int descriptor() const noexcept override { return descriptor_; }

 private:
  const int descriptor_;
};

}  // namespace

TEST_CASE("a window is kept for a moment, but never one that was asked for before a change") {
  using windows = gateway::live_windows;
  windows known;
  const auto window = [] { return std::make_shared<const live::Window>(); };
  const auto begin = windows::time_point(1'000s);
  CHECK(known.find("stream", begin) == nullptr);
  const auto first = window(), second = window();
  known.keep("stream", first, begin);
  CHECK(known.find("stream", begin + windows::window_kept - 1ms) == first);
  CHECK(known.find("stream", begin + windows::window_kept) == nullptr);
  CHECK(known.find("other", begin) == nullptr);

  // Two questions under way: the answer of the earlier one comes last.
  known.keep("stream", second, begin + 20ms);
  known.keep("stream", first, begin + 10ms);
  CHECK(known.find("stream", begin + 30ms) == second);

  known.changed("stream", begin + 50ms);
  CHECK(known.find("stream", begin + 50ms) == nullptr);
  known.keep("stream", first, begin + 40ms);
  CHECK(known.find("stream", begin + 51ms) == nullptr);
  known.keep("stream", second, begin + 60ms);
  CHECK(known.find("stream", begin + 61ms) == second);
  // Of a stream that nobody has played yet, too.
  known.changed("other", begin + 50ms);
  known.keep("other", first, begin + 40ms);
  CHECK(known.find("other", begin + 51ms) == nullptr);
}

TEST_CASE(
    "a file is held for its time, without a descriptor never, and a full list lets go of old "
    "ones") {
  using windows = gateway::live_windows;
  windows known;
  const auto begin = windows::time_point(1'000s);
  known.keep_file("elsewhere", std::make_shared<small_file>(-1), begin);
  CHECK(known.file("elsewhere", begin) == nullptr);
  const auto file = std::make_shared<small_file>(7);
  known.keep_file("blob", file, begin);
  CHECK(known.file("blob", begin + windows::file_kept - 1ms) == file);
  CHECK(known.file("blob", begin + windows::file_kept) == nullptr);
  CHECK(file.use_count() == 2);
  known.forget_old(begin + windows::file_kept);
  CHECK(file.use_count() == 1);

  for (std::size_t i = 0; i <= windows::most_files; ++i)
    known.keep_file("blob" + std::to_string(i), file, begin);
  CHECK(file.use_count() == static_cast<long>(windows::most_files) + 1);
  known.keep_file("new", file, begin + windows::file_kept);
  CHECK(file.use_count() == 2);
  for (std::size_t i = 0; i <= windows::most_streams; ++i)
    known.keep("stream" + std::to_string(i), std::make_shared<const live::Window>(), begin);
  CHECK(known.find("stream" + std::to_string(windows::most_streams - 1), begin) != nullptr);
  CHECK(known.find("stream" + std::to_string(windows::most_streams), begin) == nullptr);
  known.keep("new", std::make_shared<const live::Window>(), begin + windows::file_kept);
  CHECK(known.find("new", begin + windows::file_kept) != nullptr);
}

TEST_CASE("an address counts for 15 s behind its last playlist, exact to 2 s") {
  using viewers = gateway::live_viewers;
  for (int seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(static_cast<unsigned>(seed));
    viewers edge;
    streaming::viewer_count stream;
    const auto begin = viewers::time_point(1'000s);
    const unix_ms wall = 1'700'000'000'000 + static_cast<unix_ms>(random() % 1'000);
    const auto fetch = [&](const std::string& token, std::int64_t at_ms) {
      if (const auto told = edge.seen("stream", token, begin + std::chrono::milliseconds(at_ms)))
        stream.add(told->addresses, wall + at_ms);
    };
    const std::int64_t pace = 500 + static_cast<std::int64_t>(random() % 1'500);
    const std::int64_t leaves = 20'000 + static_cast<std::int64_t>(random() % 5'000);
    std::int64_t last = 0, gone = 0;
    for (std::int64_t at = 0, next = 0, stays = 0; gone == 0; at += 10) {
      if (at == next && at < leaves) fetch("leaves", last = at), next += pace / 10 * 10;
      if (at == stays) fetch("stays", at), stays += 1'000;
      if (at >= 3'000 && at < leaves) REQUIRE(stream.at(wall + at) == 2);
      if (at > leaves && stream.at(wall + at) == 1) gone = at;
      REQUIRE(at < 60'000);
    }
    CHECK(gone - last >= 13'000);
    CHECK(gone - last <= 17'000);
  }
}

TEST_CASE("an address that left before it was told of does not come back with the next viewer") {
  gateway::live_viewers edge;
  const auto begin = gateway::live_viewers::time_point(1'000s);
  REQUIRE(edge.seen("stream", "first", begin).has_value());
  CHECK_FALSE(edge.seen("stream", "left", begin + 1s).has_value());
  const auto told = edge.seen("stream", "later", begin + 100s);
  REQUIRE(told.has_value());
  CHECK(told->addresses.size() == 1);
}

TEST_CASE("each old segment is asked about, however many streams name, in steps of bounded size") {
  names_only store;
  constexpr std::size_t at_once = 100;
  std::mt19937 random(7);
  for (int n = 0; n < 1'050; ++n) {
    std::string name(64, '0');
    for (auto& c : name) c = "0123456789abcdef"[random() % 16];
    store.names.push_back(name);
  }
  gateway::live_sweep sweep(store, at_once);
  const auto walk = [&] {
    std::set<std::string> asked;
    for (int step = 0; step < 11; ++step) {
      const auto names = sweep.next({});
      CHECK(names.size() <= at_once);
      for (const auto& name : names) CHECK(asked.insert(name).second);
    }
    return asked;
  };
  const std::set<std::string> all(store.names.begin(), store.names.end());
  CHECK(walk() == all);
  std::ranges::shuffle(store.names, random);
  CHECK(walk() == all);
}
