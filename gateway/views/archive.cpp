#include "gateway/views/archive.hpp"

#include "protocols/views/views.pb.h"

#include <zip.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <memory>
#include <span>

namespace nova::gateway {
namespace {

/// In the order of the domains' names.
std::vector<const rpc::method*> parts_of_exports() {
  std::vector<const rpc::method*> out;
  for (const auto* method : rpc::all_methods())
    if (method->request->name == views::ExportRequest::descriptor()->full_name())
      out.push_back(method);
  std::ranges::sort(out, {}, &rpc::method::domain);
  return out;
}

/// One archive on its way: one call at a time, so that memory holds one page besides the archive.
class filling : public std::enable_shared_from_this<filling> {
 public:
  filling(rpc::bus& bus, rpc::call& c, unix_ms now)
      : bus_(bus),
        caller_(c.caller),
        request_id_(c.request_id),
        deadline_(c.deadline),
        made_at_(now),
        reply_(std::move(c.reply)) {
    caller_.kind = rpc::caller_kind::node;
  }

  void begin(rpc::reply_result r) {
    if (!r) return reply_(std::move(r));
    account_ = static_cast<const views::Archive&>(**r).account_id();
    if (const auto id = parse_uuid(account_)) caller_.account = *id;
    ask({});
  }

 private:
  void ask(const std::string& cursor) {
    if (at_ == parts_.size()) return finish();
    auto request = std::make_shared<views::ExportRequest>();
    request->set_cursor(cursor);
    rpc::call c;
    c.method = parts_[at_];
    c.caller = caller_;
    c.request_id = request_id_;
    c.deadline = deadline_;
    c.request = std::move(request);
    c.reply = [self = shared_from_this()](rpc::reply_result r) { self->told(std::move(r)); };
    bus_.call(std::move(c));
  }

  void told(rpc::reply_result r) {
    if (!r) return reply_(std::move(r));
    const auto& page = static_cast<const views::ExportReply&>(**r);
    const std::string folder(parts_[at_]->domain);
    for (const auto& file : page.files()) {
      bytes_ += file.json().size();
      if (bytes_ > archive_bytes) {
        complete_ = false;
        return finish();
      }
      files_.emplace_back(folder + '/' + file.name(), file.json());
    }
    if (page.next_cursor().empty()) ++at_;
    ask(page.next_cursor());
  }

  void finish() {
    boost::json::object domains;
    for (const auto* part : parts_) domains[part->domain] = boost::json::array();
    for (const auto& [path, content] : files_)
      domains[path.substr(0, path.find('/'))].as_array().emplace_back(path);
    const boost::json::object manifest{{"format", 1},
                                       {"account_id", account_},
                                       {"made_at", format_rfc3339(made_at_)},
                                       {"complete", complete_},
                                       {"domains", std::move(domains)}};
    files_.emplace(files_.begin(), "manifest.json", boost::json::serialize(manifest));
    auto zip = zip_of(files_);
    if (!zip) return reply_(zip.error());
    auto archive = std::make_shared<views::Archive>();
    archive->set_account_id(account_);
    archive->set_content(*std::move(zip));
    reply_(rpc::message_ptr(std::move(archive)));
  }

  rpc::bus& bus_;
  rpc::caller caller_;
  const std::string request_id_;
  const std::chrono::steady_clock::time_point deadline_;
  const unix_ms made_at_;
  rpc::reply_fn reply_;
  std::string account_;
  const std::vector<const rpc::method*> parts_ = parts_of_exports();
  std::size_t at_ = 0, bytes_ = 0;
  bool complete_ = true;
  archive_files files_;
};

error zip_fault() { return make_error(errc::internal, "The archive could not be made."); }

bool add_files(zip_t* zip, const archive_files& files) {
  return std::ranges::all_of(files, [&](const auto& file) {
    auto* from = zip_source_buffer(zip, file.second.data(), file.second.size(), 0);
    if (from == nullptr) return false;
    const auto index = zip_file_add(zip, file.first.c_str(), from, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(from);
      return false;
    }
    return zip_set_file_compression(zip, static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0) == 0;
  });
}

result<std::string> bytes_of(zip_source_t* made) {
  zip_stat_t size;
  zip_stat_init(&size);
  if (zip_source_stat(made, &size) != 0 || zip_source_open(made) != 0) return zip_fault();
  std::string out(size.size, '\0');
  const auto read = zip_source_read(made, out.data(), out.size());
  zip_source_close(made);
  if (read != static_cast<zip_int64_t>(out.size())) return zip_fault();
  return out;
}

}  // namespace

result<std::string> zip_of(const archive_files& files) {
  zip_error_t why;
  zip_error_init(&why);
  const std::unique_ptr<zip_source_t, decltype(&zip_source_free)> made(
      zip_source_buffer_create(nullptr, 0, 0, &why), &zip_source_free);
  auto* zip = made ? zip_open_from_source(made.get(), ZIP_TRUNCATE, &why) : nullptr;
  zip_error_fini(&why);
  if (zip == nullptr) return zip_fault();
  zip_source_keep(made.get());  // the archive owns one reference, `made` the other
  if (!add_files(zip, files) || zip_close(zip) != 0) {
    zip_discard(zip);
    return zip_fault();
  }
  return bytes_of(made.get());
}

rpc::reply_fn filling_archive(rpc::bus& bus, rpc::call& c, unix_ms now) {
  auto f = std::make_shared<filling>(bus, c, now);
  return [f](rpc::reply_result r) { f->begin(std::move(r)); };
}

}  // namespace nova::gateway
