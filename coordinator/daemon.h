// The whole coordinator as one object: state, threads, listeners. main() and the tests start and stop it.
#pragma once

#include <cstdint>
#include <memory>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/random_source.h"
#include "coordinator/settings.h"

namespace bauta::coordinator {

class Daemon {
 public:
  /// Opens the state, goes on with what the last process left, and listens. All references must outlive it. Errors:
  /// one line that says what and how to mend it.
  static Result<std::unique_ptr<Daemon>> start(const Settings& settings, const Clock& clock, RandomSource& random,
                                               const Logger& log);
  /// Cuts off whatever drain() has not ended; what is in the journal is safe at any time.
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  std::uint16_t partner_port() const;
  std::uint16_t operator_port() const;
  std::uint16_t health_port() const;

  /// Not ready any more; ends waiting requests, lets those under way finish within the grace period, closes the state.
  void drain();

 private:
  struct Impl;
  explicit Daemon(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bauta::coordinator
