// What holds for every decision, whatever was asked: it can be stored, told and answered. Used by domain_stage.
#pragma once

#include "actors/runtime/api/domain.hpp"

namespace nova::fuzz {

/// Parameters that PostgreSQL takes: text is UTF-8 without NUL, times are within timestamptz, lists fit their columns.
void claim_statement(const storage::statement& s);

/// `reply`: the type that a call is answered with; null for events.
void claim_decision(const runtime::erased_decision& d, const rpc::message_type* reply);

void claim_error(const error& e);

/// The same question twice is answered alike: handlers are pure.
void claim_same(const runtime::erased_outcome& a, const runtime::erased_outcome& b);

}  // namespace nova::fuzz
