// One JSON object a line: {name, value, unit, reference, reference_value, ratio, goal, met}.
#pragma once

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace bauta::bench {

inline double clock_seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}
/// CPU time of the calling thread: what a neighbour on the machine takes is not counted.
inline double thread_seconds() { return clock_seconds(CLOCK_THREAD_CPUTIME_ID); }
inline double elapsed_seconds() { return clock_seconds(CLOCK_MONOTONIC); }

/// The least CPU time of one call, over `repeats` calls after one to warm up.
template <class Work>
double best_seconds(int repeats, Work&& work) {
  work();
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < repeats; ++i) {
    const double start = thread_seconds();
    work();
    best = std::min(best, thread_seconds() - start);
  }
  return best;
}

struct Line {
  std::string name;
  double value = 0;
  std::string unit;
  /// What it is compared with, measured in the same run.
  std::optional<std::string> reference;
  double reference_value = 0;
  /// A bound on the ratio where there is a reference, else on the value.
  std::optional<double> goal;
  bool more_is_better = true;
};

/// Six significant digits: more would be noise.
inline double rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return std::strtod(text, nullptr);
}

inline void print(const Line& line) {
  nlohmann::ordered_json out;
  out["name"] = line.name;
  out["value"] = rounded(line.value);
  out["unit"] = line.unit;
  out["reference"] = nullptr;
  out["reference_value"] = nullptr;
  out["ratio"] = nullptr;
  double judged = line.value;
  if (line.reference) {
    judged = line.value / line.reference_value;
    out["reference"] = *line.reference;
    out["reference_value"] = rounded(line.reference_value);
    out["ratio"] = rounded(judged);
  }
  out["goal"] = nullptr;
  out["met"] = nullptr;
  if (line.goal) {
    out["goal"] = *line.goal;
    out["met"] = line.more_is_better ? judged >= *line.goal : judged <= *line.goal;
  }
  std::puts(out.dump().c_str());
  std::fflush(stdout);
}

/// The main() of a benchmark whose one argument is the rate of AES-128-CTR, the reference.
inline int run_with_rate(const char* program, int argc, char** argv, int (*run)(double aes_bytes_per_second)) {
  const double rate = argc == 2 ? std::strtod(argv[1], nullptr) : 0;
  if (rate > 0) return run(rate);
  std::fprintf(stderr, "usage: %s AES_BYTES_PER_SECOND (tests/bench/run.sh masking measures it)\n", program);
  return 2;
}

}  // namespace bauta::bench
