// How long to wait before asking again.
#pragma once

#include <optional>

#include "common/base/clock.h"
#include "common/base/random_source.h"

namespace bauta::client {

struct BackoffSettings {
  Milliseconds first{250};
  Milliseconds most{30'000};
};

/// Doubles from `first` to `most` with every failure in a row, of which a random half to whole is taken, so that a
/// hundred clients do not return to a restarted coordinator in step.
class Backoff {
 public:
  explicit Backoff(BackoffSettings settings) : settings_(settings) {}

  void success() { failures_ = 0; }
  /// Never less than what the server asked for.
  Milliseconds failure(RandomSource& random, std::optional<Milliseconds> retry_after);

 private:
  BackoffSettings settings_;
  int failures_ = 0;
};

}  // namespace bauta::client
