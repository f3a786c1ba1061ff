// Scenarios of streaming, by name from runner/main.cpp.
#pragma once

#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

namespace nova::bench {

/// Players of one stream fetch its playlist and its newest segment in each segment's time, from Nova and from nginx in turn; then
/// ffmpeg publishes to many streams at once, and each segment's arrival is held against its time.
void live(const run_options& options, report& out);

/// Viewers of a stream write in its chat at a fixed rate, and each message's way to every viewer is timed.
void live_chat(const run_options& options, report& out);

}  // namespace nova::bench
