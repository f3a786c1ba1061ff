// Runs the plugin in memory over .proto texts, so that tests can change a contract and look at what
// comes out.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace nova::codegen {

struct generated {
  std::string error;  ///< empty: success
  std::map<std::string, std::string> files;
};

/// `replaced` are texts by path that stand for, or beside, the files below the repository's root;
/// `parameter` is the plugin's: "" for the code of `paths`, "tables" for what lists all of them.
generated generate(const std::map<std::string, std::string>& replaced,
                   const std::vector<std::string>& paths, const std::string& parameter);

/// The text of a file of the repository.
std::string source_text(const std::string& path);

}  // namespace nova::codegen
