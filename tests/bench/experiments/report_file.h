// An experiment's report on disk. It is written anew after every part, so that an experiment that was interrupted goes
// on with --resume.
#pragma once

#include <filesystem>
#include <string>

#include "tests/bench/experiments/experiment_report.h"

namespace bauta::bench {

class ReportFile {
 public:
  /// `head` says how the figures are made. Behind it come the parts, an array `parts` of objects told apart by their
  /// `key`. With `resume` the parts of a file that is there are kept; the program ends where that has another head.
  ReportFile(std::filesystem::path path, Json head, bool resume, std::string parts = "runs", std::string key = "seed");

  bool has(const Json& part) const;  ///< a part with this value of the key
  void add(Json part);

 private:
  void save() const;

  std::filesystem::path path_;
  std::string parts_, key_;
  Json report_;
};

}  // namespace bauta::bench
