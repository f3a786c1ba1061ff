// The operators' methods (protocols/operations) as a bus in front of the node's: answers them itself, checks the operator role of
// accounts, and passes all other calls on. Composed in gateway/main.cpp. An act is recorded in the database of the domain that it
// concerns, in one transaction with its effect or before it.
#pragma once

#include "actors/runtime/node/node.hpp"
#include "storage/runtime/act_rows.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace nova::runtime {

class rebuild;
struct domain_seats;

/// "messaging.user.12.345": consumer, source, shard, seq.
struct letter_name {
  std::string consumer;
  letter_id id;
};
std::string to_string(const letter_name& name);
std::optional<letter_name> parse_letter_name(std::string_view text);

class operations final : public rpc::bus {
 public:
  /// Letters, sagas and acts in one answer: at most, and without a limit in the request.
  static constexpr std::int64_t max_page = 200, default_page = 50;

  /// Opens another connection to a domain's database, for a rebuild.
  using open_beside = std::function<std::shared_ptr<storage::database>(std::string_view domain)>;

  /// The node must outlive this object and every answer.
  operations(node& n, open_beside beside);
  /// Ends rebuilds that are under way. Call before the node stops. False when one did not end within the budget.
  bool stop(std::chrono::milliseconds budget);

  void call(rpc::call c) override;
  void attach(rpc::attachment a, std::function<void(result<void>)> attached) override {
    node_.attach(std::move(a), std::move(attached));
  }
  void detach(rpc::connection_id connection, const uuid& account) override {
    node_.detach(connection, account);
  }
  bool ready() const override { return node_.ready(); }
  void collect_metrics(metric_samples& out) const override { node_.collect_metrics(out); }

 private:
  using handler = void (operations::*)(rpc::call);

  void admitted(rpc::call c);
  void lag(rpc::call c);
  void acts(rpc::call c);
  // operations_letters.cpp
  void dead_letters(rpc::call c);
  void show_letter(rpc::call c);
  void retry_letter(rpc::call c);
  void discard_letter(rpc::call c);
  // operations_replay.cpp
  void replay(rpc::call c);
  void rebuild_model(rpc::call c, domain_seats& consumer);
  // operations_sagas.cpp
  void sagas(rpc::call c);
  void show_saga(rpc::call c);
  void retry_saga(rpc::call c);
  void compensate_saga(rpc::call c);
  void move_saga(rpc::call c, const std::string& saga_id, bool compensate,
                 const std::string& reason);

  storage::act_row act_of(const rpc::call& c, std::string_view act, std::string target,
                          std::string reason) const;
  /// Writes the record alone, for an act without a transaction of its own.
  void record(std::string_view domain, const storage::act_row& act,
              std::function<void(result<void>)> done);
  /// Null: this node has no such domain.
  storage::database* database_of(std::string_view domain) const;

  node& node_;
  const open_beside beside_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<rebuild>> rebuilds_;  ///< the last one of each domain
  std::unordered_map<std::uint32_t, handler> handlers_;
  const rpc::method* standing_ = nullptr;
  std::unordered_map<std::string_view, const rpc::method*> saga_movers_;  ///< by domain
};

}  // namespace nova::runtime
