// The works of media without a server: a worker that is a script, a store that can be watched, and the answers of a bus.
#include "actors/media/works/media_works.hpp"
#include "protocols/media/media.nova.hpp"
#include "storage/blobs/file_store.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>

using namespace nova;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr auto patience = 20s;

struct folder {
  folder() {
    std::string pattern = (fs::temp_directory_path() / "nova-works-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~folder() { fs::remove_all(path); }
  fs::path path;
};

/// A store whose `keep` goes on when `together` calls of it are under way.
class meeting_store final : public blobs::store {
 public:
  meeting_store(std::unique_ptr<blobs::store> inner, int together)
      : inner_(std::move(inner)), together_(together) {}

  result<blobs::blob> keep(std::unique_ptr<blobs::part> from) override {
    {
      std::unique_lock lock(mutex_);
      ++here_;
      changed_.notify_all();
      if (!changed_.wait_for(lock, patience, [this] { return here_ >= together_; }))
        return make_error(errc::unavailable);
    }
    return inner_->keep(std::move(from));
  }
  result<std::unique_ptr<blobs::part>> open_part(std::string_view name) override {
    return inner_->open_part(name);
  }
  result<void> drop_part(std::string_view name) override { return inner_->drop_part(name); }
  result<std::shared_ptr<const blobs::reader>> open(std::string_view name) const override {
    return inner_->open(name);
  }
  result<blobs::local_file> local(std::string_view name) const override {
    return inner_->local(name);
  }
  result<bool> remove(std::string_view name, std::chrono::system_clock::time_point since) override {
    return inner_->remove(name, since);
  }
  result<bool> intact(std::string_view name,
                      const std::function<bool(std::size_t)>& paced) const override {
    return inner_->intact(name, paced);
  }
  result<void> visit(std::chrono::system_clock::time_point until,
                     const std::function<void(const blobs::blob&)>& each) const override {
    return inner_->visit(until, each);
  }
  result<void> visit_parts(std::chrono::system_clock::time_point until,
                           const std::function<void(const std::string&)>& each) const override {
    return inner_->visit_parts(until, each);
  }

 private:
  const std::unique_ptr<blobs::store> inner_;
  const int together_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int here_ = 0;
};

/// Answers that nothing waits, and keeps what a worker tells.
struct answering_bus final : rpc::bus {
  void call(rpc::call c) override {
    if (c.method == &media::media_interface::note_processed::info()) {
      told.set_value(static_cast<const media::ProcessedRequest&>(*c.request));
      return c.reply(rpc::message_ptr(std::make_shared<media::Empty>()));
    }
    if (c.method == &media::media_interface::list_waiting::info())
      return c.reply(rpc::message_ptr(std::make_shared<media::WaitingReply>()));
    c.reply(make_error(errc::unavailable));
  }
  void attach(rpc::attachment, std::function<void(result<void>)>) override {}
  void detach(rpc::connection_id, const uuid&) override {}
  bool ready() const override { return true; }
  void collect_metrics(metric_samples&) const override {}

  std::promise<media::ProcessedRequest> told;
};

}  // namespace

TEST_CASE("the files of a picture are stored side by side: the waits for the disk are one") {
  const folder f;
  const auto program = (f.path / "picture").string();
  std::ofstream(program) << "#!/bin/sh\n"
                            "printf 'walls landlock seccomp\\npicture 4 3 -\\n'\n"
                            "printf 'variant 320 image/webp 4 3 2\\nw1'\n"
                            "printf 'variant 320_avif image/avif 4 3 2\\na1'\n"
                            "printf 'variant 1280 image/webp 4 3 2\\nw2'\n"
                            "printf 'variant 1280_avif image/avif 4 3 2\\na2'\n"
                            "printf 'shown shown image/jpeg 4 3 1\\nsend\\n'\n";
  fs::permissions(program, fs::perms::owner_all);
  auto inner = std::move(storage::open_file_store((f.path / "blobs").string()).value());
  auto part = std::move(inner->open_part("part").value());
  REQUIRE(part->write(0, "picture").has_value());
  const auto uploaded = inner->keep(std::move(part)).value();
  meeting_store store(std::move(inner), 5);
  config::media_settings settings;
  settings.worker_program = program;
  settings.scrub_kib_s = 0;
  answering_bus bus;
  auto answer = bus.told.get_future();
  media::media_works works(settings, store, store);
  works.start(bus);
  media::MediaUploaded e;
  e.set_account_id("a");
  e.set_media_id("m");
  e.set_kind("image");
  e.set_content_type("image/jpeg");
  e.set_blob(uploaded.name);
  works.told(media::media_uploaded_event(), e);
  const bool in_time = answer.wait_for(2 * patience) == std::future_status::ready;
  works.stop();
  REQUIRE(in_time);
  const auto told = answer.get();
  CHECK_FALSE(told.failed());
  REQUIRE(told.variants_size() == 4);
  std::vector<std::string> names{told.shown_blob()};
  for (const auto& v : told.variants()) names.push_back(v.blob());
  for (const auto& name : names) CHECK(store.open(name).has_value());
  std::ranges::sort(names);
  CHECK(std::ranges::adjacent_find(names) == names.end());
}
