#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "tests/support/round_harness.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

int property_cases() {
  const char* const text = std::getenv("BAUTA_PROPERTY_CASES");  // NOLINT(concurrency-mt-unsafe)
  return text ? std::atoi(text) : 500;                           // NOLINT(cert-err34-c)
}

std::uint64_t first_seed() {
  const char* const text = std::getenv("BAUTA_PROPERTY_SEED");  // NOLINT(concurrency-mt-unsafe)
  return text ? std::strtoull(text, nullptr, 10) : 1;
}

}  // namespace

TEST_CASE("random rounds give the exact sum of the survivors, or are void and nothing is unmasked") {
  int finished = 0;
  int voided = 0;
  for (int i = 0; i < property_cases(); ++i) {
    const std::uint64_t seed = first_seed() + static_cast<std::uint64_t>(i);
    CAPTURE(seed);
    SeededRandom random(seed);
    const std::size_t n = random.below(50) == 0 ? 13 + random.below(20) : 3 + random.below(10);
    const TestFederation federation(n);
    static constexpr std::uint32_t kLanes[] = {8, 12, 16, 32};
    const std::uint32_t lane = kLanes[random.below(4)];
    std::uint32_t widest = lane - 1;
    while (!check_lane_capacity(widest, lane, static_cast<std::uint32_t>(n)).ok()) --widest;
    if (widest < 2) continue;
    const auto bits = static_cast<std::uint32_t>(2 + random.below(widest - 1));
    const RoundDescriptor descriptor = test_descriptor(federation, 1 + random.below(300), bits, lane);

    Schedule schedule;
    schedule.order_seed = random.next();
    schedule.crash_percent = random.below(3) == 0 ? 20 : 0;
    const std::uint64_t drop_percent = random.below(3) * 15;
    for (const PartnerIndex u : descriptor.cohort) {
      if (random.below(100) < drop_percent) schedule.leaves[u] = static_cast<LeavesAfter>(random.below(6));
    }

    RoundHarness harness(federation, descriptor, random.next());
    const auto updates = random_updates(descriptor, random);
    const Outcome outcome = harness.run(updates, schedule);
    if (outcome.finished) {
      ++finished;
      CHECK(outcome.unmasked == outcome.expected);
      CHECK(outcome.survivors.size() >= descriptor.thresholds.n_min);
    } else {
      ++voided;
      CHECK_FALSE(outcome.void_reason.empty());
      // Shares leave only against a certificate; if too few came, nobody can have reconstructed anything.
      CHECK(outcome.shares_messages < descriptor.thresholds.shamir);
    }
  }
  MESSAGE(finished << " rounds finished, " << voided << " were void");
  CHECK(finished > property_cases() / 3);
  CHECK(voided > property_cases() / 20);
}
