#include "storage/postgres/postgres_database.hpp"

#include "storage/postgres/lane.hpp"
#include "storage/postgres/read_pool.hpp"

#include <boost/asio/post.hpp>

namespace nova::storage {
namespace {

class postgres_database final : public database,
                                public std::enable_shared_from_this<postgres_database> {
 public:
  postgres_database(boost::asio::io_context& io, const postgres_options& options)
      : io_(io),
        metrics_(options.domain),
        lane_(std::make_shared<postgres_lane>(io, options, metrics_)),
        reads_(std::make_shared<read_pool>(io, options, metrics_)) {}

  void start() {
    boost::asio::post(io_, [self = shared_from_this()] {
      self->lane_->when_silent([reads = std::weak_ptr<read_pool>(self->reads_)] {
        if (const auto r = reads.lock()) r->leave_server();
      });
      self->lane_->start();
      self->reads_->start();
    });
  }

  void read(statement s, read_callback done) override {
    reads_->read(std::move(s), std::move(done));
  }
  commit_lane& lane() override { return *lane_; }

  void claim_shards(std::uint32_t shard_count,
                    std::function<void(result<std::vector<shard_claim>>)> done) override {
    boost::asio::post(io_,
                      [self = shared_from_this(), shard_count, done = std::move(done)]() mutable {
                        self->lane_->claim(shard_count, std::move(done));
                      });
  }

  void reincarnate(std::function<void(result<void>)> done) override {
    boost::asio::post(io_, [self = shared_from_this(), done = std::move(done)]() mutable {
      self->lane_->reincarnate(std::move(done));
    });
  }

  bool available() const noexcept override { return lane_->connected() && reads_->connected(); }
  void collect_metrics(metric_samples& out) const override { metrics_.collect(out); }

  // Reads first: what still decides needs the lane, and nothing decides without reads.
  void stop(std::function<void()> done) override {
    boost::asio::post(io_, [self = shared_from_this(), done = std::move(done)]() mutable {
      self->reads_->stop(
          [self, done = std::move(done)]() mutable { self->lane_->stop(std::move(done)); });
    });
  }

 private:
  boost::asio::io_context& io_;
  statement_metrics metrics_;
  std::shared_ptr<postgres_lane> lane_;
  std::shared_ptr<read_pool> reads_;
};

}  // namespace

std::shared_ptr<database> open_database(storage_io& io, postgres_options options) {
  auto made = std::make_shared<postgres_database>(io.next(), options);
  made->start();
  return made;
}

}  // namespace nova::storage
