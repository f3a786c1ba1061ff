#include "storage/blobs/s3_store.hpp"

#include "protocols/core/ids.hpp"
#include "protocols/core/log.hpp"
#include "storage/blobs/content_hash.hpp"
#include "storage/blobs/file_store.hpp"
#include "storage/blobs/files.hpp"
#include "storage/blobs/s3_answers.hpp"
#include "storage/blobs/s3_client.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>

namespace nova::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t most_parts = 10'000, most_copied_at_once = 5'000'000'000;
constexpr std::size_t copy_bytes = 1u << 20;
constexpr const char* probe_key = "nova-doctor";
/// An upload in parts that began so long before the walk's limit has no process any more.
constexpr std::chrono::hours abandoned_upload{24};
/// Readers of an object have come to its end when a newer one of the same blob is so old.
constexpr std::chrono::hours older_object{1};
/// Both clocks of an age are in whole seconds.
constexpr std::chrono::seconds clock_step{1};

error failed(std::string_view step, std::string_view reason) {
  log::error("blobs.failed", {{"step", step}, {"reason", reason}});
  return make_error(errc::unavailable, "The store of media cannot be used.", 1000);
}

std::string refusal_of(const s3_answer& a) {
  auto word = read_refusal(a.text);
  return "status " + std::to_string(a.status) + (word.empty() ? "" : ' ' + word);
}

/// The blob of an object's key `NAME.uuid`, or `NAME` as copied from a folder; empty: another object.
std::string_view blob_of(std::string_view key) {
  const auto name = key.substr(0, key.find('.'));
  return blobs::is_blob_name(name) ? name : std::string_view();
}

/// The answer, if it is good or `absent` is allowed; anything else is logged.
result<s3_answer> asked(s3_client& client, std::string_view step, const s3_request& request,
                        bool absent = false) {
  auto answer = client.perform(request);
  if (answer.has_error()) return failed(step, answer.error().detail);
  const bool fine = answer->good() && read_refusal(answer->text).empty();
  if (fine || (absent && answer->status == 404)) return answer;
  return failed(step, refusal_of(*answer));
}

class s3_reader final : public blobs::reader {
 public:
  s3_reader(s3_client& client, std::string name, std::int64_t size)
      : client_(client), name_(std::move(name)), size_(size) {}

  std::int64_t size() const override { return size_; }

  result<std::size_t> read(std::int64_t offset, char* to, std::size_t bytes) const override {
    const auto n = std::min<std::int64_t>(static_cast<std::int64_t>(bytes), size_ - offset);
    if (n <= 0) return std::size_t{0};
    s3_request q{.verb = "GET", .key = name_};
    q.fields = {"Range: bytes=" + std::to_string(offset) + '-' + std::to_string(offset + n - 1)};
    q.into = to;
    q.into_bytes = static_cast<std::size_t>(n);
    const auto answer = asked(client_, "s3 read", q);
    if (answer.has_error()) return answer.error();
    if (answer->status != 206 || std::cmp_not_equal(answer->got, n))
      return failed("s3 read", "the service has no ranges");
    return answer->got;
  }

 private:
  s3_client& client_;
  std::string name_;
  std::int64_t size_;
};

class s3_store final : public blobs::store {
 public:
  s3_store(const config::media_settings& settings, std::unique_ptr<blobs::store> parts,
           std::string copies)
      : client_(settings),
        prefix_(settings.s3_folder.empty() ? "" : settings.s3_folder + '/'),
        part_bytes_(std::int64_t{settings.s3_part_mib} << 20),
        parts_(std::move(parts)),
        copies_(std::move(copies)) {}

  result<std::unique_ptr<blobs::part>> open_part(std::string_view name) override {
    return parts_->open_part(name);
  }
  result<void> drop_part(std::string_view name) override { return parts_->drop_part(name); }

  result<blobs::blob> keep(std::unique_ptr<blobs::part> from) override {
    if (auto done = from->flush(); !done) return done.error();
    auto name = from->hash();
    if (!name) return name.error();
    const auto key =
        *name + '.' + to_string(make_uuid_v7(system_wall_clock().now(), system_random()));
    const auto copied = copy(*name, from->size(), key);
    if (copied.has_error()) return copied.error();
    if (!copied.value())
      if (auto done = put(*from, key, *name); !done) return done.error();
    const blobs::blob kept{*name, from->size()};
    if (auto done = parts_->drop_part(from->name()); !done) return done.error();
    return kept;
  }

  result<std::shared_ptr<const blobs::reader>> open(std::string_view name) const override {
    auto found = objects_of(name);
    if (found.has_error()) return found.error();
    if (found->empty()) return make_error(errc::not_found);
    auto& newest = found->back();
    return std::shared_ptr<const blobs::reader>(
        std::make_shared<s3_reader>(client_, std::move(newest.key), newest.size));
  }

  result<blobs::local_file> local(std::string_view name) const override {
    const auto content = open(name);
    if (content.has_error()) return content.error();
    auto path = copies_ + '/' + std::string(name) + '-' + std::to_string(copied_.fetch_add(1));
    const file copy(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!copy) return disk_error("open");
    std::shared_ptr<const void> owner(nullptr, [path](const void*) { ::unlink(path.c_str()); });
    std::string piece(copy_bytes, '\0');
    for (std::int64_t at = 0; at < (*content)->size();) {
      const auto n = (*content)->read(at, piece.data(), piece.size());
      if (n.has_error()) return n.error();
      if (auto done = write_all(copy, at, {piece.data(), *n}); !done) return done.error();
      at += static_cast<std::int64_t>(*n);
    }
    return blobs::local_file{std::move(path), std::move(owner)};
  }

  result<bool> remove(std::string_view name, unix_time_point since) override {
    const auto spared = std::chrono::system_clock::now() - since + clock_step;
    const auto found = objects_of(name);
    if (found.has_error()) return found.error();
    bool all = true;
    for (const auto& object : *found) {
      if (object.age <= spared) all = false;
      else if (auto gone = remove_object(object.key); !gone) return gone.error();
    }
    return all;
  }

  result<bool> intact(std::string_view name,
                      const std::function<bool(std::size_t)>& paced) const override {
    const auto content = open(name);
    if (content.has_error()) return content.error();
    return is_named(**content, name, copy_bytes, paced);
  }

  // Also removes the objects of a blob behind which a newer one has been there for long.
  result<void> visit(unix_time_point until,
                     const std::function<void(const blobs::blob&)>& each) const override {
    std::vector<object> same;
    const auto over = [&] {
      std::ranges::stable_sort(same, std::greater(), &object::age);
      for (std::size_t i = 0; i + 1 < same.size(); ++i)
        if (same[i + 1].age > older_object) (void)remove_object(same[i].key);
      if (!same.empty() && std::chrono::system_clock::now() - same.back().age < until)
        each({std::string(blob_of(same.back().key)), same.back().size});
      same.clear();
    };
    auto listed = list({}, [&](object&& found) {
      if (!same.empty() && blob_of(same.back().key) != blob_of(found.key)) over();
      same.push_back(std::move(found));
    });
    if (listed) over();
    return listed;
  }

  // Also ends the uploads in parts that a process has left behind: the service would keep their bytes.
  result<void> visit_parts(unix_time_point until,
                           const std::function<void(const std::string&)>& each) const override {
    if (auto done = parts_->visit_parts(until, each); !done) return done;
    std::string key, upload;
    do {
      auto query = key.empty() ? "" : "key-marker=" + query_text(key) + '&';
      query += "prefix=" + query_text(prefix_);
      if (!key.empty()) query += "&upload-id-marker=" + query_text(upload);
      const auto answer = asked(client_, "s3 list", {.verb = "GET", .query = query + "&uploads="});
      if (answer.has_error()) return answer.error();
      auto page = read_page(answer->text);
      for (auto& item : page.items) {
        item.key.erase(0, prefix_.size());
        if (!blob_of(item.key).empty() && item.at + abandoned_upload < until)
          abort(item.key, item.upload_id);
      }
      key = std::move(page.next);
      upload = std::move(page.next_upload);
    } while (!key.empty());
    return {};
  }

 private:
  /// Ages are by the clock of the service, which need not agree with this machine's.
  struct object {
    std::string key;
    std::int64_t size = 0;
    std::chrono::seconds age{};
  };

  /// Calls `each` for the objects of blobs whose names begin with `start`, by their keys.
  result<void> list(std::string_view start, const std::function<void(object&&)>& each) const {
    std::string next;
    do {
      auto query = next.empty() ? "" : "continuation-token=" + query_text(next) + '&';
      query += "list-type=2&prefix=" + query_text(prefix_ + std::string(start));
      const auto answer = asked(client_, "s3 list", {.verb = "GET", .query = std::move(query)});
      if (answer.has_error()) return answer.error();
      auto page = read_page(answer->text);
      for (auto& item : page.items) {
        item.key.erase(0, prefix_.size());
        if (!blob_of(item.key).empty())
          each({std::move(item.key), item.size, answer->date - item.at});
      }
      next = std::move(page.next);
    } while (!next.empty());
    return {};
  }

  /// The objects of a blob, the newest last. Errors: not_found for what is no name.
  result<std::vector<object>> objects_of(std::string_view name) const {
    if (!blobs::is_blob_name(name)) return make_error(errc::not_found);
    std::vector<object> out;
    auto done = list(name, [&](object&& found) { out.push_back(std::move(found)); });
    if (!done) return done.error();
    std::ranges::stable_sort(out, std::greater(), &object::age);
    return out;
  }

  result<void> remove_object(const std::string& key) const {
    const auto gone = asked(client_, "s3 remove", {.verb = "DELETE", .key = key}, true);
    return gone.has_error() ? result<void>(gone.error()) : result<void>();
  }

  // A blob that is kept again gets a new object: a node that is about to remove the older ones has not seen it.
  /// True: the service has copied an object of these bytes. A large blob is uploaded again instead.
  result<bool> copy(const std::string& name, std::int64_t size, const std::string& to) {
    if (size > most_copied_at_once) return false;
    const auto there = objects_of(name);
    if (there.has_error()) return there.error();
    if (there->empty() || there->back().size != size) return false;
    s3_request q{.verb = "PUT", .key = to};
    q.fields = {"x-amz-copy-source: " + client_.path_of(there->back().key)};
    const auto copied = asked(client_, "s3 copy", q, true);
    if (copied.has_error()) return copied.error();
    return copied->good();
  }

  result<void> put(blobs::part& from, const std::string& key, const std::string& sha256) {
    if (from.size() > part_bytes_) return put_in_parts(from, key);
    const auto answer = asked(client_, "s3 put", piece_of(from, key, 0, from.size(), sha256));
    return answer.has_error() ? result<void>(answer.error()) : result<void>();
  }

  static s3_request piece_of(blobs::part& from, const std::string& key, std::int64_t at,
                             std::int64_t bytes, std::string sha256) {
    s3_request q{.verb = "PUT", .key = key};
    q.sha256 = std::move(sha256);
    q.body_bytes = bytes;
    q.body = [&from, at](std::int64_t offset, char* to, std::size_t n) {
      return from.read(at + offset, to, n).has_value();
    };
    return q;
  }

  static result<std::string> hash_of(blobs::part& from, std::int64_t at, std::int64_t bytes) {
    content_hash hash;
    std::string piece(copy_bytes, '\0');
    while (hash.bytes() < bytes) {
      const auto n = static_cast<std::size_t>(
          std::min<std::int64_t>(bytes - hash.bytes(), static_cast<std::int64_t>(piece.size())));
      if (auto read = from.read(at + hash.bytes(), piece.data(), n); !read) return read.error();
      hash.add({piece.data(), n});
    }
    return hash.hex();
  }

  result<void> put_in_parts(blobs::part& from, const std::string& name) {
    const auto begun =
        asked(client_, "s3 begin", {.verb = "POST", .key = name, .query = "uploads="});
    if (begun.has_error()) return begun.error();
    const auto id = read_upload_id(begun->text);
    if (id.empty()) return failed("s3 begin", "the service has named no upload");
    auto done = put_parts(from, name, id);
    if (!done) abort(name, id);
    return done;
  }

  result<void> put_parts(blobs::part& from, const std::string& name, const std::string& id) {
    const auto bytes = std::max(part_bytes_, from.size() / most_parts + 1);
    std::vector<std::string> etags;
    etags.reserve(static_cast<std::size_t>(from.size() / bytes + 1));
    for (std::int64_t at = 0; at < from.size(); at += bytes) {
      const auto n = std::min(bytes, from.size() - at);
      auto sha256 = hash_of(from, at, n);
      if (sha256.has_error()) return sha256.error();
      auto q = piece_of(from, name, at, n, *std::move(sha256));
      q.query = "partNumber=" + std::to_string(etags.size() + 1) + "&uploadId=" + query_text(id);
      auto answer = asked(client_, "s3 part", q);
      if (answer.has_error()) return answer.error();
      etags.push_back(std::move(answer->etag));
    }
    s3_request q{.verb = "POST", .key = name, .query = "uploadId=" + query_text(id)};
    q.text = finished_upload(etags);
    q.sha256 = sha256_of(q.text);
    q.fields = {"Content-Type: application/xml"};
    const auto answer = asked(client_, "s3 finish", q);
    return answer.has_error() ? result<void>(answer.error()) : result<void>();
  }

  static std::string sha256_of(std::string_view text) {
    content_hash hash;
    hash.add(text);
    return hash.hex();
  }

  void abort(const std::string& name, const std::string& id) const {
    (void)asked(client_, "s3 abort",
                {.verb = "DELETE", .key = name, .query = "uploadId=" + query_text(id)}, true);
  }

  mutable s3_client client_;
  const std::string prefix_;
  const std::int64_t part_bytes_;
  const std::unique_ptr<blobs::store> parts_;
  const std::string copies_;
  mutable std::atomic<std::uint64_t> copied_{0};
};

std::string wrong_setting(const config::media_settings& s) {
  const auto word = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  const auto host = s.s3_endpoint.find("://");
  if (!s.s3_endpoint.starts_with("http://") && !s.s3_endpoint.starts_with("https://"))
    return "media.s3_endpoint begins with https:// or http://";
  if (s.s3_endpoint.find_first_of("/?#@ ", host + 3) != std::string::npos)
    return "media.s3_endpoint is a host without path and without user";
  if (s.s3_bucket.empty() ||
      !std::ranges::all_of(s.s3_bucket, [&](char c) { return word(c) || c == '.'; }))
    return "media.s3_bucket is not the name of a bucket";
  if (s.s3_folder.starts_with('/') || s.s3_folder.ends_with('/') ||
      s.s3_folder.find("//") != std::string::npos ||
      !std::ranges::all_of(s.s3_folder, [&](char c) { return word(c) || c == '/'; }))
    return "media.s3_folder has letters, digits, `-`, `_` and `/` between";
  if (s.s3_access_key.empty() || s.s3_secret_key.empty())
    return "media.s3_access_key and media.s3_secret_key are both needed";
  return {};
}

std::optional<bucket_fault> fault_of(std::string_view step, const result<s3_answer>& answer) {
  if (answer.has_error())
    return bucket_fault{false, std::string(step) + ": " + answer.error().detail};
  if (answer->good()) return std::nullopt;
  return bucket_fault{true, std::string(step) + ": " + refusal_of(*answer)};
}

}  // namespace

result<std::unique_ptr<blobs::store>> open_s3_store(const config::media_settings& settings,
                                                    const std::string& folder) {
  auto parts = open_file_store(folder);
  if (!parts) return parts.error();
  const auto copies = folder + "/copies";
  std::error_code ec;
  fs::remove_all(copies, ec);
  fs::create_directory(copies, ec);
  if (ec) return make_error(errc::unavailable, copies + ": " + ec.message());
  return std::unique_ptr<blobs::store>(
      std::make_unique<s3_store>(settings, *std::move(parts), copies));
}

std::optional<bucket_fault> look_at_bucket(const config::media_settings& settings, bool writes) {
  if (auto wrong = wrong_setting(settings); !wrong.empty()) return bucket_fault{true, wrong};
  s3_client client(settings);
  if (auto fault =
          fault_of("list", client.perform({.verb = "GET", .query = "list-type=2&max-keys=1"})))
    return fault;
  if (!writes) return std::nullopt;
  for (const char* verb : {"PUT", "GET", "DELETE"})
    if (auto fault = fault_of(verb, client.perform({.verb = verb, .key = probe_key}))) return fault;
  return std::nullopt;
}

}  // namespace nova::storage
