#include "storage/postgres/postgres_database.hpp"

#include "storage/database/several_lanes.hpp"
#include "storage/postgres/lane.hpp"
#include "storage/postgres/read_pool.hpp"

#include <boost/asio/post.hpp>
#include <boost/uuid/random_generator.hpp>

#include <algorithm>
#include <thread>
#include <vector>

namespace nova::storage {
namespace {

class postgres_database final : public database,
                                public std::enable_shared_from_this<postgres_database> {
 public:
  postgres_database(boost::asio::io_context& io, const postgres_options& options)
      : io_(io),
        metrics_(options.domain),
        reads_(std::make_shared<read_pool>(io, options, metrics_)) {
    lane_place place{
        .process = boost::uuids::random_generator()(),
        .parts = lanes_for(options.settings.lanes, std::thread::hardware_concurrency()),
        .apart = options.apart};
    apart_ = place.apart;
    process_ = place.process;
    for (; place.part < place.parts; ++place.part)
      lanes_.push_back(std::make_shared<postgres_lane>(io, options, metrics_, place));
  }

  void start() {
    boost::asio::post(io_, [self = shared_from_this()] {
      for (auto& lane : self->lanes_) {
        lane->when_silent([reads = std::weak_ptr<read_pool>(self->reads_)] {
          if (const auto r = reads.lock()) r->leave_server();
        });
        lane->start();
      }
      self->reads_->start();
    });
  }

  void read(statement s, read_callback done) override {
    reads_->read(std::move(s), std::move(done));
  }
  commit_lane& lane(std::uint32_t shard) override { return *lanes_[shard % lanes_.size()]; }
  std::uint32_t lanes() const noexcept override {
    return static_cast<std::uint32_t>(lanes_.size());
  }

  // Each lane claims its part; the answer has all of them.
  void claim_shards(std::uint32_t shard_count,
                    std::function<void(result<std::vector<shard_claim>>)> done) override {
    auto add = all_claims(lanes_.size(), std::move(done));
    boost::asio::post(io_, [self = shared_from_this(), shard_count, add] {
      for (auto& lane : self->lanes_) lane->claim(shard_count, add);
    });
  }

  void reincarnate(std::function<void(result<void>)> done) override {
    auto all = when_all(lanes_.size(), std::move(done));
    boost::asio::post(io_, [self = shared_from_this(), all] {
      const auto process = boost::uuids::random_generator()();
      for (auto& lane : self->lanes_) lane->reincarnate(process, all);
    });
  }

  bool apart() const noexcept override { return apart_; }

  void claim_lane(std::uint32_t lane, std::uint32_t shard_count, claims_callback done) override {
    boost::asio::post(io_, [self = shared_from_this(), lane, shard_count, done = std::move(done)] {
      self->lanes_[lane]->claim(shard_count, done);
    });
  }

  // The process goes on: its other lanes are not those of a dead one.
  void reincarnate_lane(std::uint32_t lane, std::function<void(result<void>)> done) override {
    boost::asio::post(io_, [self = shared_from_this(), lane, done = std::move(done)] {
      self->lanes_[lane]->reincarnate(self->process_, done);
    });
  }

  bool available() const noexcept override {
    return std::ranges::all_of(lanes_, [](const auto& l) { return l->connected(); }) &&
           reads_->connected();
  }
  bool readable() const noexcept override { return reads_->connected(); }
  void collect_metrics(metric_samples& out) const override { metrics_.collect(out); }

  // Reads first: what still decides needs the lane, and nothing decides without reads.
  void stop(std::function<void()> done) override {
    boost::asio::post(io_, [self = shared_from_this(), done = std::move(done)]() mutable {
      self->reads_->stop([self, done = std::move(done)]() mutable {
        auto all = when_all(self->lanes_.size(),
                            [done = std::move(done)](const result<void>&) { done(); });
        for (auto& lane : self->lanes_) lane->stop([all] { all({}); });
      });
    });
  }

 private:
  boost::asio::io_context& io_;
  bool apart_ = false;
  uuid process_{};
  statement_metrics metrics_;
  std::vector<std::shared_ptr<postgres_lane>> lanes_;
  std::shared_ptr<read_pool> reads_;
};

}  // namespace

std::uint32_t lanes_for(std::uint32_t setting, unsigned cores) {
  constexpr unsigned cores_a_lane = 4, most_by_cores = 4;
  return setting != 0 ? setting : std::clamp(cores / cores_a_lane, 1u, most_by_cores);
}

std::shared_ptr<database> open_database(storage_io& io, postgres_options options) {
  auto made = std::make_shared<postgres_database>(io.next(), options);
  made->start();
  return made;
}

}  // namespace nova::storage
