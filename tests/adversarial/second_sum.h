// Two sums on one model, with and without the victim: their difference is its update.
#pragma once

#include "tests/adversarial/lab.h"

namespace bauta::testing {

/// A whole attempt of `who`, until the coordinator has the sum; the others are taken for lost.
inline std::optional<Words> sum_of(Lab& lab, const RoundId& id, const std::vector<PartnerIndex>& who) {
  coordinator::Round& round = *lab.coordinator.at(id).round;
  const auto reach = [&](auto size_of) {
    const bool reached = lab.drive(who, [&] { return size_of(round.counts()) == who.size(); });
    lab.coordinator.close_phase(id);
    return reached;
  };
  if (!reach([](const auto& counts) { return counts.u1; }) || !reach([](const auto& counts) { return counts.u2; }) ||
      !reach([](const auto& counts) { return counts.u3; }) ||
      !lab.drive(who, [&] { return round.ready_to_unmask(); })) {
    return std::nullopt;
  }
  // Before anybody asks for it.
  lab.coordinator.advance(id);
  return lab.sum(id);
}

}  // namespace bauta::testing
