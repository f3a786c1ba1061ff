#include "storage/blobs/s3_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

namespace nova::storage {
namespace {

constexpr long stall_bytes_s = 1;

struct list_end {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};
using field_list = std::unique_ptr<curl_slist, list_end>;

void append(field_list& to, const std::string& field) {
  to.reset(::curl_slist_append(to.release(), field.c_str()));
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.remove_suffix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0)
    text.remove_prefix(1);
  return text;
}

std::chrono::sys_seconds seconds_of(std::string_view date) {
  const auto at = ::curl_getdate(std::string(date).c_str(), nullptr);
  return std::chrono::sys_seconds(std::chrono::seconds(at > 0 ? at : 0));
}

error away(std::string reason) { return make_error(errc::unavailable, std::move(reason), 1000); }

}  // namespace

/// One attempt as its callbacks see it.
struct s3_client::exchange {
  const s3_request& request;
  s3_answer& answer;
  CURL* handle;
  std::int64_t sent = 0;

  static std::size_t read(char* to, std::size_t size, std::size_t count, void* self) {
    auto& x = *static_cast<exchange*>(self);
    const auto n = static_cast<std::size_t>(std::min<std::int64_t>(
        static_cast<std::int64_t>(size * count), x.request.body_bytes - x.sent));
    if (n == 0) return 0;
    if (!x.request.body || !x.request.body(x.sent, to, n)) return CURL_READFUNC_ABORT;
    x.sent += static_cast<std::int64_t>(n);
    return n;
  }

  static int seek(void* self, curl_off_t offset, int origin) {
    auto& x = *static_cast<exchange*>(self);
    if (origin != SEEK_SET || offset < 0 || offset > x.request.body_bytes)
      return CURL_SEEKFUNC_FAIL;
    x.sent = offset;
    return CURL_SEEKFUNC_OK;
  }

  static std::size_t write(char* from, std::size_t size, std::size_t count, void* self) {
    auto& x = *static_cast<exchange*>(self);
    const auto n = size * count;
    long status = 0;
    ::curl_easy_getinfo(x.handle, CURLINFO_RESPONSE_CODE, &status);
    if (x.request.into != nullptr && status >= 200 && status < 300) {
      if (n > x.request.into_bytes - x.answer.got) return 0;
      std::copy_n(from, n, x.request.into + x.answer.got);
      x.answer.got += n;
    } else {
      if (x.answer.text.size() + n > most_text_bytes) return 0;
      x.answer.text.append(from, n);
    }
    return n;
  }

  static std::size_t field(char* from, std::size_t size, std::size_t count, void* self) {
    auto& x = *static_cast<exchange*>(self);
    const std::string_view line(from, size * count);
    const auto colon = line.find(':');
    if (colon == line.npos) return line.size();
    const auto name = lower(line.substr(0, colon));
    const auto value = trimmed(line.substr(colon + 1));
    if (name == "etag") x.answer.etag = value;
    if (name == "date") x.answer.date = seconds_of(value);
    if (name == "last-modified") x.answer.modified = seconds_of(value);
    return line.size();
  }
};

s3_client::s3_client(const config::media_settings& settings) : settings_(settings) {
  [[maybe_unused]] static const auto begun = ::curl_global_init(CURL_GLOBAL_DEFAULT);
}

s3_client::~s3_client() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  for (auto* handle : idle_) ::curl_easy_cleanup(handle);
}

std::string s3_client::path_of(std::string_view key) const {
  std::string out = '/' + settings_.s3_bucket;
  if (key.empty()) return out;
  out += '/';
  if (!settings_.s3_folder.empty()) out += settings_.s3_folder + '/';
  return out.append(key);
}

result<void*> s3_client::take() {
  std::unique_lock lock(mutex_);
  const std::chrono::milliseconds most(settings_.s3_connect_ms);
  if (!changed_.wait_for(lock, most, [this] { return ends_ || busy_ < settings_.s3_transfers; }))
    return away("all of media.s3_transfers are busy");
  if (ends_) return away("Nova stops");
  if (rest_.count() > 0 && (on_trial_ || std::chrono::steady_clock::now() < rests_until_))
    return away("the service was not reached a moment ago");
  void* handle = idle_.empty() ? ::curl_easy_init() : idle_.back();
  if (handle == nullptr) return away("no memory");
  if (!idle_.empty()) idle_.pop_back();
  on_trial_ = rest_.count() > 0;
  ++busy_;
  return handle;
}

void s3_client::give(void* handle, bool reached) {
  {
    const std::lock_guard lock(mutex_);
    --busy_;
    on_trial_ = false;
    idle_.push_back(handle);
    if (reached) {
      rest_ = {};
    } else {
      rest_ = std::clamp(2 * rest_, first_rest, most_rest);
      rests_until_ = std::chrono::steady_clock::now() + rest_;
    }
  }
  changed_.notify_all();
}

bool s3_client::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return ends_; });
}

result<s3_answer> s3_client::perform(const s3_request& request) {
  auto handle = take();
  if (handle.has_error()) return handle.error();
  outcome last;
  s3_answer answer;
  for (std::uint32_t n = 0; n <= settings_.s3_retries; ++n) {
    if (n > 0 && !pause(first_pause * (1u << std::min(n - 1, 10u)))) break;
    answer = {};
    last = attempt(*handle, request, answer);
    if (!last.again) break;
  }
  give(*handle, last.reached);
  if (!last.reason.empty()) return away(std::move(last.reason));
  return answer;
}

void s3_client::prepare(void* handle) const {
  const auto set = [handle](auto option, auto value) {
    ::curl_easy_setopt(static_cast<CURL*>(handle), option, value);
  };
  ::curl_easy_reset(static_cast<CURL*>(handle));
  const auto signature = "aws:amz:" + settings_.s3_region + ":s3";
  set(CURLOPT_AWS_SIGV4, signature.c_str());
  set(CURLOPT_USERNAME, settings_.s3_access_key.c_str());
  set(CURLOPT_PASSWORD, settings_.s3_secret_key.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.s3_connect_ms));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(settings_.s3_request_s) * 1000);
  set(CURLOPT_LOW_SPEED_LIMIT, stall_bytes_s);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(settings_.s3_stall_s));
  set(CURLOPT_WRITEFUNCTION, &exchange::write);
  set(CURLOPT_HEADERFUNCTION, &exchange::field);
  set(CURLOPT_READFUNCTION, &exchange::read);
  set(CURLOPT_SEEKFUNCTION, &exchange::seek);
  if (!settings_.s3_ca.empty()) set(CURLOPT_CAINFO, settings_.s3_ca.c_str());
}

// Another attempt is made only of failures that came quickly: a time-out has cost the caller enough.
s3_client::outcome s3_client::attempt(void* handle, const s3_request& request, s3_answer& to) {
  auto* curl = static_cast<CURL*>(handle);
  prepare(curl);
  const auto set = [curl](auto option, auto value) { ::curl_easy_setopt(curl, option, value); };
  exchange x{request, to, curl};
  auto url = settings_.s3_endpoint + path_of(request.key);
  if (!request.query.empty()) url += '?' + request.query;
  field_list fields;
  append(fields, "x-amz-content-sha256: " + request.sha256);
  for (const auto& field : request.fields) append(fields, field);
  std::array<char, CURL_ERROR_SIZE> reason{};
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_HTTPHEADER, fields.get());
  set(CURLOPT_ERRORBUFFER, reason.data());
  for (auto option : {CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA})
    set(option, static_cast<void*>(&x));
  if (request.verb == "HEAD") set(CURLOPT_NOBODY, 1L);
  if (request.verb == "DELETE") set(CURLOPT_CUSTOMREQUEST, "DELETE");
  if (request.verb == "POST") {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.text.size()));
    set(CURLOPT_POSTFIELDS, request.text.c_str());
  }
  if (request.verb == "PUT") {
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body_bytes));
  }
  const auto done = ::curl_easy_perform(curl);
  long status = 0;
  curl_off_t length = -1;
  ::curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  ::curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  ::curl_easy_reset(curl);  // nothing of this attempt is kept but the connection
  if (done != CURLE_OK) {
    const bool by_us = done == CURLE_ABORTED_BY_CALLBACK || done == CURLE_WRITE_ERROR;
    return {reason[0] != '\0' ? reason.data() : ::curl_easy_strerror(done),
            !by_us && done != CURLE_OPERATION_TIMEDOUT, by_us};
  }
  to.status = static_cast<int>(status);
  to.length = length;
  if (status >= 500 || status == 429) return {"status " + std::to_string(status), true, true};
  return {};
}

}  // namespace nova::storage
