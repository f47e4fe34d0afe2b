// How sure a share of hits is.
#pragma once

#include "common/evaluation/bootstrap.h"

namespace bauta {

/// The score interval of Wilson (1927) for `hits` of `trials` independent trials; also sound near 0 and 1, where the
/// usual one is not. `hits` may be fractional (ties that count in part). [0, 1] without trials.
Interval wilson_interval(double hits, double trials, double z = 1.959963984540054);

}  // namespace bauta
