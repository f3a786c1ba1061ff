// The real domains without runtime and database: a command finds its entity, the rules decide, reads are answered by
// row_source, decisions are judged and applied. Used by command_fuzz and protobuf_rpc_fuzz.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "tests/fuzz/fixed_sources.hpp"
#include "tests/fuzz/row_source.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace nova::fuzz {

class domain_stage {
 public:
  domain_stage();

  /// Forgets all entities.
  void clear();

  /// One command to its end. `account`: which of the known ones calls; `seed`: of what the database says; `attempt`: see
  /// runtime::context.
  rpc::reply_result carry_out(const rpc::method& method, rpc::message_ptr request, unsigned account,
                              std::uint32_t seed, int attempt = 0);

  /// A genuine refresh token of a known account's session.
  std::string refresh_token(unsigned account, unsigned session, std::uint32_t generation) const;

 private:
  struct active {
    std::unique_ptr<runtime::state_box> state;
    std::int64_t seq = -1, rev = -1;  ///< as last written; -1: not yet
  };
  struct place {
    const runtime::domain* domain;
    const runtime::entity_kind* kind;
    active* entity;
    std::string key;
  };
  result<place> find(const rpc::method& method, const rpc::message& request,
                     const rpc::caller& caller);
  active& activate(const runtime::entity_kind& kind, const std::string& key);
  runtime::erased_outcome decide(place& at, const runtime::erased_handler& handler,
                                 const rpc::message& m, runtime::context c, runtime::reads& r);
  void supply(const runtime::need& n, runtime::reads& r, const rpc::caller& caller);
  void apply(place& at, runtime::erased_decision& d);
  void tell(const runtime::event& e);
  void carry_event(const runtime::entity_effect& to, const rpc::event_type& type,
                   const rpc::message& body);

  std::vector<runtime::domain> domains_;
  std::map<std::pair<std::string_view, std::string>, active> entities_;
  counting_random random_;
  row_source rows_;
  unsigned depth_ = 0;  ///< of asks and events inside one another
};

}  // namespace nova::fuzz
