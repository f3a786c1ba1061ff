// Signed requests to one S3 bucket by libcurl, with time-outs, a bounded number at once and a bounded number of attempts. Used by
// s3_store, on threads that may wait.
#pragma once

#include "config/settings/media_settings.hpp"
#include "protocols/core/error.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace nova::storage {

/// The hash of no bytes.
inline constexpr std::string_view no_bytes_sha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct s3_request {
  std::string verb;        ///< GET, HEAD, PUT, POST or DELETE
  std::string key = {};    ///< in the folder of the settings; empty: the bucket itself
  std::string query = {};  ///< in the order of the names, percent-encoded, each name with `=`
  std::vector<std::string> fields = {};  ///< `name: value`, signed
  std::string sha256{no_bytes_sha256};   ///< of the body
  std::string text = {};                 ///< the body of POST
  std::int64_t body_bytes = 0;           ///< of PUT
  /// Reads a piece of the body of PUT; false ends the request. Called again from the start for another attempt.
  std::function<bool(std::int64_t at, char* to, std::size_t bytes)> body = {};
  char* into = nullptr;        ///< takes the body of a good answer
  std::size_t into_bytes = 0;  ///< a longer answer ends the request
};

struct s3_answer {
  int status = 0;
  std::size_t got = 0;  ///< bytes in `into`
  std::string text;     ///< the body otherwise, at most most_text_bytes
  std::string etag;
  std::int64_t length = -1;  ///< stated
  /// By the clock of the service, in whole seconds; 0: not stated.
  std::chrono::sys_seconds date{}, modified{};
  bool good() const noexcept { return status >= 200 && status < 300; }
};

class s3_client {
 public:
  static constexpr std::size_t most_text_bytes = 4u << 20;
  /// Before the second attempt; doubled for each further one.
  static constexpr std::chrono::milliseconds first_pause{100};
  /// A service that was not reached is left alone for so long; doubled by each further failure, up to the most.
  static constexpr std::chrono::milliseconds first_rest{500}, most_rest{8'000};

  explicit s3_client(const config::media_settings& settings);
  ~s3_client();
  s3_client(const s3_client&) = delete;
  s3_client& operator=(const s3_client&) = delete;

  /// Any answer below 500 but 429 is one. Errors: unavailable; its detail is for the log and the doctor.
  result<s3_answer> perform(const s3_request& request);
  /// The path of a key, for x-amz-copy-source.
  std::string path_of(std::string_view key) const;

 private:
  struct exchange;
  using time_point = std::chrono::steady_clock::time_point;

  struct outcome {
    std::string reason;  ///< of a failure; empty: there is an answer
    bool again = false;  ///< another attempt makes sense: it failed quickly
    bool reached = true;
  };

  /// A handle of the pool. Errors: unavailable (all are busy, the service rests).
  result<void*> take();
  void give(void* handle, bool reached);
  /// True: the pause is over, and the request may be made again.
  bool pause(std::chrono::milliseconds time);
  void prepare(void* handle) const;
  outcome attempt(void* handle, const s3_request& request, s3_answer& to);

  const config::media_settings settings_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<void*> idle_;
  std::size_t busy_ = 0;
  bool ends_ = false;
  bool on_trial_ = false;  ///< one request finds out if the service is back
  time_point rests_until_{};
  std::chrono::milliseconds rest_{0};  ///< 0: the service was reached
};

}  // namespace nova::storage
