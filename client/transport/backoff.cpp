#include "client/transport/backoff.h"

#include <algorithm>
#include <array>

namespace bauta::client {

Milliseconds Backoff::failure(RandomSource& random, std::optional<Milliseconds> retry_after) {
  Milliseconds whole = settings_.first;
  for (int i = 0; i < failures_ && whole < settings_.most; ++i) whole *= 2;
  whole = std::min(whole, settings_.most);
  ++failures_;
  std::array<std::uint8_t, 4> bytes{};
  random.fill(bytes);
  const auto half = static_cast<std::uint64_t>(whole.count()) / 2;
  const Milliseconds jittered(half + read_u32(bytes) % (static_cast<std::uint64_t>(whole.count()) - half + 1));
  return std::max(jittered, retry_after.value_or(Milliseconds(0)));
}

}  // namespace bauta::client
