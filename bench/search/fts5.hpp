// The reference of search's bench: SQLite FTS5 with the same terms, in one file, WAL, each commit on disk. Used by search.cpp.
#pragma once

#include "bench/search/truth.hpp"
#include "bench/support/report.hpp"

namespace nova::bench {

struct fts5_figures {
  double documents_per_s = 0;
  double bytes = 0;
  latencies reads;
};

/// Indexes the posts in commits of 100, then asks each question for the best 20.
fts5_figures run_fts5(const std::string& file, const std::vector<known_document>& posts,
                      const std::vector<std::string>& questions);

}  // namespace nova::bench
