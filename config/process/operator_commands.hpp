// `nova events|sagas|account|acts …`: the commands for a running Nova, sent over the operators' socket of its data folder. Called by
// command_line (the options) and gateway/main.cpp (the call).
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace nova::config {

/// The operators' socket in the data folder of a running Nova.
inline constexpr std::string_view operators_socket_name = "operators.sock";

/// One call of a method for operators.
struct operator_call {
  std::string method;  ///< as the operators' socket takes it: "operations.lag"
  std::string params;  ///< JSON
  bool json = false;   ///< print the answer as JSON
};

/// Adds the commands to `app`; `each` is called with each command that takes options. The command that is parsed fills `call`, which
/// must live as long as `app`.
void add_operator_commands(CLI::App& app, operator_call& call,
                           const std::function<void(CLI::App&)>& each);

/// Calls the Nova that serves `folder` and prints its answer. The status to end with.
int operate(const std::filesystem::path& folder, const operator_call& call, std::ostream& out,
            std::ostream& err);

/// `answer` is the line of the socket. Without --json: a table for lists, else one line a field.
int print_answer(const std::string& answer, bool json, std::ostream& out, std::ostream& err);

}  // namespace nova::config
