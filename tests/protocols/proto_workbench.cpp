#include "tests/protocols/proto_workbench.hpp"

#include "protocols/codegen/generator.hpp"

#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <fstream>
#include <memory>
#include <set>
#include <sstream>

namespace nova::codegen {

namespace {

namespace pb = google::protobuf;

class texts : public pb::compiler::SourceTree {
 public:
  explicit texts(const std::map<std::string, std::string>& replaced) : replaced_(replaced) {}

  pb::io::ZeroCopyInputStream* Open(const std::string& path) override {
    const auto found = replaced_.find(path);
    const auto& text = kept_.emplace_back(std::make_unique<std::string>(
        found != replaced_.end() ? found->second : source_text(path)));
    if (text->empty()) return nullptr;
    return new pb::io::ArrayInputStream(text->data(), static_cast<int>(text->size()));
  }

 private:
  const std::map<std::string, std::string>& replaced_;
  std::vector<std::unique_ptr<std::string>> kept_;
};

struct messages : pb::compiler::MultiFileErrorCollector {
  std::string text;
  void AddError(const std::string& file, int line, int, const std::string& message) override {
    text += file + ":" + std::to_string(line + 1) + ": " + message + "\n";
  }
};

class outputs : public pb::compiler::GeneratorContext {
 public:
  pb::io::ZeroCopyOutputStream* Open(const std::string& path) override {
    return new pb::io::StringOutputStream(&files[path]);
  }
  std::map<std::string, std::string> files;
};

/// As protoc hands files to a plugin: serialised, so that options come back with their extensions.
const pb::FileDescriptor* hand_over(const pb::FileDescriptor& file, pb::DescriptorPool& to) {
  if (const auto* known = to.FindFileByName(file.name())) return known;
  for (int i = 0; i < file.dependency_count(); ++i) hand_over(*file.dependency(i), to);
  pb::FileDescriptorProto proto, copy;
  file.CopyTo(&proto);
  copy.ParseFromString(proto.SerializeAsString());
  return to.BuildFile(copy);
}

}  // namespace

std::string source_text(const std::string& path) {
  for (const std::string root : {NOVA_SOURCE_ROOT "/", "/usr/include/"}) {
    std::ifstream file(root + path);
    std::stringstream text;
    text << file.rdbuf();
    if (!text.str().empty()) return text.str();
  }
  return {};
}

generated generate(const std::map<std::string, std::string>& replaced,
                   const std::vector<std::string>& paths, const std::string& parameter) {
  texts tree(replaced);
  messages errors;
  pb::compiler::Importer importer(&tree, &errors);
  pb::DescriptorPool pool;
  std::vector<const pb::FileDescriptor*> files;
  for (const auto& path : paths) {
    const auto* file = importer.Import(path);
    if (file == nullptr) return {errors.text.empty() ? "cannot import " + path : errors.text, {}};
    files.push_back(hand_over(*file, pool));
  }
  generated out;
  outputs context;
  if (!generator().GenerateAll(files, parameter, &context, &out.error) && out.error.empty())
    out.error = "failed";
  out.files = std::move(context.files);
  return out;
}

}  // namespace nova::codegen
