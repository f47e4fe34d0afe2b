// Counters and gauges for Prometheus.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/net/http_observer.h"
#include "coordinator/api/round_runner.h"

namespace bauta::coordinator {

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// Any thread.
  void count(const HttpEvent& event);
  /// Control thread: what the gauges show from now on.
  void observe(const RunnerState& state, std::size_t partners_present, std::uint64_t spool_bytes);

  /// The text format of Prometheus; any thread.
  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bauta::coordinator
