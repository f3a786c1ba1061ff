// The paths of openapi.json whose bytes pass by the actors: uploads, contents, live streams. Called by
// openapi_operations.cpp.
#include "protocols/codegen/documentation.hpp"
#include "protocols/codegen/openapi_operations.hpp"

#include <algorithm>
#include <string>

namespace nova::codegen {

namespace {

constexpr const char* bytes_of_upload = "application/offset+octet-stream";
constexpr const char* example_id = "0197c9a2-6f00-7c3e-8a55-0d6a4e1f2b90";

const json::object any_bytes{{"type", "string"}, {"format", "binary"}};

json::object content_of(const char* media_type) { return {{media_type, {{"schema", any_bytes}}}}; }

json::object text(const char* in, const char* name, const char* description, const char* example) {
  const bool in_path = std::string_view(in) == "path";
  json::object schema{{"type", "string"}, {"examples", json::array{example}}};
  if (in_path) schema["minLength"] = 1;
  return {{"name", name},
          {"in", in},
          {"required", in_path},
          {"description", description},
          {"schema", std::move(schema)}};
}

json::object id(const char* name, const char* description) {
  auto out = text("path", name, description, example_id);
  out["schema"].as_object()["format"] = "uuid";
  return out;
}

json::object number(const char* name, const char* description, bool required) {
  return {{"name", name},
          {"in", "header"},
          {"required", required},
          {"description", description},
          {"schema",
           {{"type", "integer"},
            {"format", "int64"},
            {"minimum", 0},
            {"examples", json::array{1048576}}}}};
}

json::object one_of(const char* in, const char* name, const char* description,
                    std::initializer_list<const char*> values, bool required = false) {
  json::array list;
  for (const auto* v : values) list.emplace_back(v);
  const auto first = json::array{list.front()};
  return {{"name", name},
          {"in", in},
          {"required", required},
          {"description", description},
          {"schema", {{"type", "string"}, {"enum", std::move(list)}, {"examples", first}}}};
}

json::object field(const char* description, const char* type = "string") {
  return {{"description", description}, {"schema", {{"type", type}}}};
}

struct outline {
  const char *id, *summary, *description;
  json::array parameters = {};
  json::object responses = {};  ///< without the errors
  std::set<int> errors = {};
  bool signed_in = true;  ///< else guests may ask, too
};

json::object operation(const std::string& tag, outline o) {
  auto responses = error_answers(std::move(o.errors));
  for (auto& [status, answer] : o.responses) responses[status] = std::move(answer);
  json::object out{{"operationId", tag + '.' + o.id},
                   {"summary", o.summary},
                   {"description", o.description},
                   {"tags", json::array{tag}},
                   {"responses", std::move(responses)}};
  if (!o.signed_in) out["security"] = with_or_without_token();
  if (!o.parameters.empty()) out["parameters"] = std::move(o.parameters);
  return out;
}

json::object with_body(json::object operation, json::object content, bool required) {
  operation["requestBody"] = {{"required", required}, {"content", std::move(content)}};
  return operation;
}

/// Also for HEAD, which answers the same fields without the bytes.
json::object also_head(json::object get) {
  auto head = get;
  head["operationId"] = std::string(get.at("operationId").as_string()) + ".head";
  for (const char* status : {"200", "206"}) {
    auto& answers = head["responses"].as_object();
    if (auto* answer = answers.if_contains(status)) answer->as_object().erase("content");
  }
  return {{"get", std::move(get)}, {"head", std::move(head)}};
}

json::object tus_field() {
  return one_of("header", "Tus-Resumable", "The version of the tus protocol.", {"1.0.0"}, true);
}

json::object upload_id() { return id("upload_id", "The upload: the last part of its Location."); }

json::object checksum_field() {
  return text(
      "header", "Upload-Checksum",
      "sha1 or sha256, and the sum of the request's bytes in base64. Other bytes are 460 and "
      "do not count.",
      "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=");
}

json::object upload_fields() {
  return {{"Tus-Resumable", field("1.0.0")},
          {"Upload-Offset", field("Bytes that are on disk.", "integer")},
          {"Upload-Expires", field("When an upload that is not finished is dropped.")},
          {"Upload-Media-Id", field("Of a finished upload: the medium that is made of it.")}};
}

/// OPTIONS of the uploads: the limits, without a token.
json::object limits_operation(const std::string& tag) {
  auto out = operation(
      tag, {"upload_limits",
            "What uploads may be.",
            "The version and the extensions of tus 1.0.0, the checksums and the largest upload.",
            {},
            {{"204",
              {{"description", "The fields tell it."},
               {"headers",
                {{"Tus-Version", field("1.0.0")},
                 {"Tus-Extension", field("The extensions, with commas between them.")},
                 {"Tus-Checksum-Algorithm", field("The checksums, with commas between them.")},
                 {"Tus-Max-Size", field("Bytes of the largest upload.", "integer")}}}}}}});
  out["security"] = json::array{};
  return out;
}

json::object uploads_path(const std::string& tag) {
  auto fields = upload_fields();
  fields["Location"] = field("The upload's path.");
  auto begin = operation(
      tag,
      {"create_upload",
       "Begins an upload.",
       "Creation of tus 1.0.0. A body brings the first bytes (creation-with-upload). "
       "`Upload-Concat: partial` begins a part, `Upload-Concat: final;…` makes an upload of "
       "finished "
       "parts and has neither length nor body.",
       {tus_field(), number("Upload-Length", "Bytes of the whole upload.", false),
        text("header", "Upload-Metadata",
             "filename, filetype, purpose (post, message, avatar, cover): each with its value in "
             "base64, with commas between them.",
             "filename ZW5naW5lLmpwZw==,purpose cG9zdA=="),
        text("header", "Upload-Concat", "partial, or final; and the paths of the parts.",
             "partial"),
        checksum_field()},
       {{"201", {{"description", "The upload has begun."}, {"headers", std::move(fields)}}}},
       {401, 403, 404, 409, 410, 412, 423, 460}});
  return {{"post", with_body(std::move(begin), content_of(bytes_of_upload), false)},
          {"options", limits_operation(tag)}};
}

json::object upload_path(const std::string& tag) {
  auto state_fields = upload_fields();
  state_fields["Upload-Length"] = field("Bytes of the whole upload.", "integer");
  state_fields["Upload-Metadata"] = field("As it came.");
  state_fields["Upload-Concat"] = field("Of parts, and of an upload that is made of parts.");
  auto patch = operation(
      tag,
      {"append_upload",
       "Brings the bytes that follow.",
       "What was received counts, also when the connection breaks; HEAD tells how much. Clients "
       "that cannot send PATCH, DELETE or HEAD send POST with X-HTTP-Method-Override.",
       {upload_id(), tus_field(),
        number("Upload-Offset", "Bytes that the upload has: the first byte's place.", true),
        checksum_field()},
       {{"204", {{"description", "The bytes are on disk."}, {"headers", upload_fields()}}}},
       {401, 403, 404, 409, 410, 412, 423, 460}});
  return {{"head", operation(tag, {"upload",
                                   "How far an upload is.",
                                   "The bytes that are on disk and, at the end, the medium's id.",
                                   {upload_id(), tus_field()},
                                   {{"200",
                                     {{"description", "The fields tell it."},
                                      {"headers", std::move(state_fields)}}}},
                                   {401, 404, 410, 412}})},
          {"patch", with_body(std::move(patch), content_of(bytes_of_upload), true)},
          {"delete", operation(tag, {"end_upload",
                                     "Ends an upload that is not finished.",
                                     "Its bytes are dropped.",
                                     {upload_id(), tus_field()},
                                     {{"204", {{"description", "The upload is gone."}}}},
                                     {401, 404, 409, 410, 412}})}};
}

const pb::Descriptor* medium_message(const contract& all) {
  for (const auto& m : all.methods)
    if (m.options.media())
      if (const auto* items = m.proto->output_type()->FindFieldByName("items"))
        return items->message_type();
  return nullptr;
}

/// POST /v1/media: for clients without tus.
json::object media_path(const std::string& tag, const contract& all) {
  auto answer = json::object{{"description", "The medium; its processing may go on."},
                             {"headers", {{"Location", field("The medium's path.")}}}};
  if (const auto* medium = medium_message(all))
    answer["content"] = {
        {"application/json",
         {{"schema", reference(*medium, all)}, {"example", example_of(*medium, false)}}}};
  const auto purposes = {"post", "message", "avatar", "cover"};
  auto post = operation(
      tag,
      {"upload_at_once",
       "Uploads a small medium in one request.",
       "The body is the medium, with its type in Content-Type, or a form with a file. Larger media "
       "go by /v1/uploads. With an Idempotency-Key the same bytes have the first answer again.",
       {one_of("query", "purpose", "The use of the medium.", purposes),
        text("query", "filename", "The file's name, without a form.", "engine.jpg"),
        text("header", "Idempotency-Key",
             "Kept for 24 hours: the same key with the same bytes gives the first answer again.",
             "order-4711")},
       {{"201", std::move(answer)}},
       {401, 403, 404, 409, 410, 423}});
  auto bytes = any_bytes;
  const json::object form{
      {"type", "object"},
      {"required", json::array{"file"}},
      {"properties",
       {{"file", bytes},
        {"purpose",
         {{"type", "string"}, {"enum", json::array(purposes.begin(), purposes.end())}}}}}};
  return {{"post", with_body(std::move(post),
                             {{"multipart/form-data", {{"schema", form}}},
                              {"application/octet-stream", {{"schema", std::move(bytes)}}},
                              {"image/*", {{"schema", any_bytes}}},
                              {"video/*", {{"schema", any_bytes}}},
                              {"audio/*", {{"schema", any_bytes}}}},
                             true)}};
}

json::array signature() {
  return {text("query", "until", "The end of a signed address: milliseconds since 1970.",
               "1767225600000"),
          text("query", "sig", "The signature of a signed address, which needs no token.",
               "Zm9yZ2VkIG9mIGNvdXJzZQ")};
}

json::object content_fields() {
  return {{"ETag", field("Names the bytes.")},
          {"Accept-Ranges", field("bytes")},
          {"Content-Disposition", field("attachment for what a browser must not show as a page.")},
          {"Content-Security-Policy", field("A sandbox without scripts.")},
          {"X-Content-Type-Options", field("nosniff")}};
}

json::object bytes_answers(const char* media_type, const json::object& fields) {
  auto part = fields;
  part["Content-Range"] = field("The place of the bytes and the size of the whole.");
  return {
      {"200",
       {{"description", "The bytes."}, {"headers", fields}, {"content", content_of(media_type)}}},
      {"206",
       {{"description", "The bytes of one range."},
        {"headers", std::move(part)},
        {"content", content_of(media_type)}}},
      {"304", {{"description", "The client has these bytes."}}}};
}

json::object content_path(const std::string& tag, bool variant) {
  json::array parameters{id("media_id", "The medium.")};
  if (variant)
    parameters.push_back(text("path", "name", "A name of the medium's `variants`.", "320"));
  for (auto& p : signature()) parameters.push_back(std::move(p));
  parameters.push_back(
      text("header", "Range", "One range of bytes (RFC 9110 §14).", "bytes=0-1023"));
  parameters.push_back(
      text("header", "If-Range", "The ETag for which the range counts.", "\"5f0c\""));
  parameters.push_back(text("header", "If-None-Match", "ETags that the client has.", "\"5f0c\""));
  return also_head(operation(
      tag, {variant ? "variant_content" : "content",
            variant ? "The bytes of a variant." : "The bytes of a medium.",
            "For readers of what shows the medium, for its owner, and by a signed address from the "
            "medium's `url`s for all.",
            std::move(parameters),
            bytes_answers("*/*", content_fields()),
            {401, 403, 404, 416},
            false}));
}

json::array playback_parameters() {
  json::array out{id("stream_id", "The stream.")};
  out.push_back(
      text("query", "token", "The viewer, of a playback address.", "AAAAAAAAAAAAAAAAAAAAAA"));
  for (auto& p : signature()) out.push_back(std::move(p));
  return out;
}

json::object playlist_path(const std::string& tag) {
  return also_head(operation(
      tag,
      {"playlist",
       "The playlist of a live stream.",
       "HLS (RFC 8216): the newest segments, with addresses that are signed as this one. Players "
       "start with the stream's `playback_url`.",
       playback_parameters(),
       {{"200",
         {{"description", "The playlist."},
          {"content", {{"application/vnd.apple.mpegurl", {{"schema", {{"type", "string"}}}}}}}}}},
       {401, 403, 404},
       false}));
}

json::object segment_path(const std::string& tag) {
  auto parameters = playback_parameters();
  parameters.insert(parameters.begin() + 1,
                    text("path", "file", "A file of the playlist.", "17.m4s"));
  parameters.push_back(
      text("header", "Range", "One range of bytes (RFC 9110 §14).", "bytes=0-1023"));
  parameters.push_back(text("header", "If-None-Match", "ETags that the client has.", "\"5f0c\""));
  const json::object fields{{"ETag", field("Names the bytes.")}, {"Accept-Ranges", field("bytes")}};
  return also_head(
      operation(tag, {"segment",
                      "A segment of a live stream, or its head.",
                      "Segments stay for a while after the playlist has left them out.",
                      std::move(parameters),
                      bytes_answers("*/*", fields),
                      {401, 403, 404, 416},
                      false}));
}

json::object ingest_path(const std::string& tag) {
  const auto verb = [&](const char* id_of, const char* summary, const char* description) {
    auto out =
        operation(tag, {id_of,
                        summary,
                        description,
                        {id("stream_id", "The stream."),
                         text("path", "key", "The stream's key.", "0197c9a26f007c3e.k8Jq"),
                         text("path", "file", "The file, as the encoder names it.", "index.m3u8")},
                        {{"204", {{"description", "Done."}}}},
                        {403, 404, 409, 410}});
    out["security"] = json::array{};  // the key is in the path
    return out;
  };
  constexpr auto files =
      "A segment, its head or the playlist of an encoder that pushes HLS. A playlist with ENDLIST "
      "ends "
      "the stream. A wrong key is refused before a byte is kept.";
  return {{"put", with_body(verb("push_file", "Brings a file of an encoder.", files),
                            content_of("*/*"), true)},
          {"post", with_body(verb("push_file.post", "Brings a file of an encoder.", files),
                             content_of("*/*"), true)},
          {"delete", verb("drop_file", "Removes a file of an encoder.",
                          "Encoders ask it for old segments; Nova keeps its own window.")}};
}

/// The domain that answers this step; empty: none.
std::string domain_of(const contract& all, std::string_view step) {
  const auto found = std::ranges::find_if(
      all.methods, [&](const method& m) { return m.options.transfer() == step; });
  return found == all.methods.end() ? std::string() : found->domain;
}

}  // namespace

json::object transfer_paths(const contract& all) {
  json::object out;
  if (const auto tag = domain_of(all, "open"); !tag.empty()) {
    out["/v1/uploads"] = uploads_path(tag);
    out["/v1/uploads/{upload_id}"] = upload_path(tag);
    out["/v1/media"] = media_path(tag, all);
  }
  if (const auto tag = domain_of(all, "read"); !tag.empty()) {
    out["/v1/media/{media_id}/content"] = content_path(tag, false);
    out["/v1/media/{media_id}/variants/{name}"] = content_path(tag, true);
  }
  if (const auto tag = domain_of(all, "play"); !tag.empty()) {
    out["/v1/streams/{stream_id}/live/index.m3u8"] = playlist_path(tag);
    out["/v1/streams/{stream_id}/live/{file}"] = segment_path(tag);
  }
  if (const auto tag = domain_of(all, "publish"); !tag.empty())
    out["/v1/ingest/{stream_id}/{key}/{file}"] = ingest_path(tag);
  return out;
}

std::vector<const pb::Descriptor*> transfer_messages(const contract& all) {
  const auto* medium = medium_message(all);
  if (medium == nullptr || domain_of(all, "open").empty()) return {};
  return {medium};
}

}  // namespace nova::codegen
