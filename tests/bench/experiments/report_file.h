// An experiment's report on disk. It is written anew after every run, so that one that was interrupted goes on with
// --resume.
#pragma once

#include <cstdint>
#include <filesystem>

#include "tests/bench/experiments/experiment_report.h"

namespace bauta::bench {

class ReportFile {
 public:
  /// `head` says how the figures are made and has no "runs" yet. With `resume` the runs of a file that is there are
  /// kept; the program ends where that has another head.
  ReportFile(std::filesystem::path path, Json head, bool resume);

  bool has(std::uint64_t seed) const;
  void add(std::uint64_t seed, Json run);

 private:
  std::filesystem::path path_;
  Json report_;
};

}  // namespace bauta::bench
