// Scenarios of media, by name from runner/main.cpp.
#pragma once

#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

namespace nova::bench {

/// A large file is fetched over a few connections from Nova and from nginx in turn; slow readers and slow writers: the server's memory
/// for each; an upload beside a bare write and fsync of the same bytes; a picture of 12 megapixels from its last byte until it is ready.
void download(const run_options& options, report& out);

}  // namespace nova::bench
