// The answer of a domain that needs nothing of its own for a new account: it confirms, and changes nothing. Used by the handlers of
// user's RegistrationConfirmed.
#pragma once

#include "actors/runtime/api/decision.hpp"

#include <utility>

namespace nova::runtime {

/// `Answer` is the domain's own RegistrationConfirmed, and `type` its event. A refused registration is not confirmed.
template <class Answer, class State, class Event>
decision<State> confirm_registration(const State&, const Event& e, const rpc::event_type& type) {
  decision<State> d;
  if (e.refused()) return d;
  Answer answer;
  answer.set_account_id(e.account_id());
  answer.set_registration_id(e.registration_id());
  d.events.push_back({&type, share(std::move(answer))});
  return d;
}

}  // namespace nova::runtime
